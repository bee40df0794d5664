//! The apps' programs, built once, in the profile of the tests; and this package's, optimised.
//!
//! Cargo builds a package's own binaries before its tests, those of other packages it does not.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::cargo;

/// The packages whose programs tests start.
const APPS: [&str; 6] =
    ["hotplug_mp", "mp_client", "mp_server", "phalanx", "simple_mp", "symmetric_mp"];

/// What `cargo build --message-format=json` says of each thing it has built.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Copies a program, to be run under its new name.
///
/// By a process of its own: while this one had the copy open to write it, whatever another test
/// starts at that moment would have it open too, and the kernel runs no program that is.
///
/// # Panics
/// If it cannot be copied.
pub fn copy_program(from: impl AsRef<Path>, to: &Path) {
    let copied = Command::new("cp").arg(from.as_ref()).arg(to).status();
    let is_there = copied.is_ok_and(|status| status.success());
    assert!(is_there, "{} cannot be copied to {}", from.as_ref().display(), to.display());
}

/// The program of an app, e.g. `simple_mp`.
///
/// # Panics
/// If it does not build, or there is no such app.
pub fn app(name: &str) -> PathBuf {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    match BUILT.get_or_init(|| build(&cargo::profile(), &APPS)).get(name) {
        Some(program) => program.clone(),
        None => panic!("there is no app '{name}'; those built are {APPS:?}"),
    }
}

/// A program of this package, optimised, whatever the tests are: for what takes long in a guest.
///
/// # Panics
/// If it does not build, or there is no such program.
pub fn optimised(name: &str) -> PathBuf {
    match build("release", &[name]).remove(name) {
        Some(program) => program,
        None => panic!("there is no program '{name}'"),
    }
}

fn build(profile: &str, programs: &[&str]) -> HashMap<String, PathBuf> {
    let mut command = cargo::cargo();
    command.args(["build", "--message-format=json-render-diagnostics", "--profile", profile]);
    // Of the whole workspace: of some packages alone cargo would turn on fewer features, and build
    // everything below them a second time.
    command.arg("--workspace").args(programs.iter().flat_map(|it| ["--bin", it]));
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{command:?} did not start: {error}"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    let messages = String::from_utf8_lossy(&output.stdout);
    messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(program)
        .collect()
}

fn program(message: Message) -> Option<(String, PathBuf)> {
    Some((message.target?.name, message.executable?))
}
