//! Cargo inside of a test, and the workspace that it works on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Every file below a directory of the workspace, and its text.
///
/// # Panics
/// If one cannot be read.
pub fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    read_below(&workspace().join(dir), &mut found);
    found
}

fn read_below(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = fs::read_dir(dir) else { panic!("{} cannot be read", dir.display()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        match fs::read_to_string(&path) {
            _ if path.is_dir() => read_below(&path, found),
            Ok(text) => found.push((path, text)),
            Err(error) => panic!("{} cannot be read: {error}", path.display()),
        }
    }
}

/// The cargo that runs the tests, to be run in the workspace's root.
pub fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(workspace());
    command
}

/// The same with a target directory of its own, beside the profiles of this test's: for builds
/// with other flags, which would otherwise throw this build's results away.
pub fn cargo_apart(name: &str) -> Command {
    let mut command = cargo();
    command.env("CARGO_TARGET_DIR", target_dir().join(name));
    command
}

/// The directory that this test program was built into: `<target>/<profile>/deps/<program>`.
///
/// # Panics
/// If the program is not where cargo puts test programs.
pub fn target_dir() -> PathBuf {
    profile_dir().parent().map(Path::to_owned).unwrap_or_default()
}

/// The profile's name as `--profile` takes it: `dev`, `release`.
///
/// # Panics
/// As [`target_dir`].
pub fn profile() -> String {
    let dir = profile_dir();
    let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name == "debug" { "dev".to_owned() } else { name }
}

fn profile_dir() -> PathBuf {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => panic!("this program does not know its path: {error}"),
    };
    match program.ancestors().nth(2) {
        Some(dir) => dir.to_owned(),
        None => panic!("{} does not lie in a target directory", program.display()),
    }
}
