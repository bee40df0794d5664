//! Cargo inside of a test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root.
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
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
