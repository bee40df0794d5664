//! The static programs, built once from their own workspace, as a user builds them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::cargo;
use crate::cpu::lcore;
use crate::group::TestGroup;

/// A static program, e.g. `worker`; in the release profile, for its size is part of the matter.
///
/// # Panics
/// If the workspace does not build.
pub fn static_program(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).join(name)
}

/// A static program in the group, on lcore 1, with its own arguments behind `-- `, and the runtime's before.
///
/// # Panics
/// As [`static_program`].
pub fn static_command(group: &TestGroup, program: &str, arguments: &str) -> Command {
    let mut command = group.other_command(&static_program(program));
    command.args(["--file-prefix", group.prefix()]).args(lcore(1).split_whitespace());
    let (runtime, own) = arguments.split_once("-- ").unwrap_or((arguments, ""));
    command.args(runtime.split_whitespace());
    command.arg("--").args(own.split_whitespace());
    command
}

fn build() -> PathBuf {
    let root = cargo::workspace().join("apps/static");
    let target = root.join("target");
    let mut command = cargo::cargo();
    // Flags of a sanitizer or a coverage run are for programs that have a runtime.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.env("CARGO_TARGET_DIR", &target).current_dir(root);
    let output = match command.args(["build", "--release", "--workspace", "--locked"]).output() {
        Ok(output) => output,
        Err(error) => panic!("{command:?} did not start: {error}"),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{errors}");
    target.join("release")
}
