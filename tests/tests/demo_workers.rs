//! Which program the demo's workers are: the static one where it is found, this one where it is not; either
//! way the demo says so and its books balance.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use phalanx_tests::binaries::{app, copy_program};
use phalanx_tests::cargo::workspace;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::static_programs::static_program;

/// A place for programs, in that of a group.
struct Installation(TestGroup);

impl Installation {
    fn new() -> Self {
        Self(TestGroup::of("phalanx"))
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.base().join(name);
        fs::create_dir_all(path.parent().expect("a place"))
            .expect("the scratch directory can be written");
        path
    }

    /// The tool, and what stands beside it.
    fn tool(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        copy_program(app("phalanx"), &path);
        path
    }

    fn worker(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        copy_program(static_program("worker"), &path);
        path
    }

    fn demo(&self, tool: &Path, more: &[&str]) -> Ended {
        let mut command: Command = self.0.other_command(tool);
        command.args(["demo", "--packets", "5000", "--pps", "0"]).args(more);
        Process::run(command)
    }
}

/// The line that says which program the workers are; the books balance, and nothing is lost.
#[track_caller]
fn workers(ended: &Ended) -> String {
    let stdout = &ended.assert_success().stdout;
    let is_balanced = stdout.contains("the books balance: in = out + recovered, lost 0");
    assert!(is_balanced, "{ended}");
    let count = |name: &str| {
        let line = stdout.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
    };
    assert_eq!(count("packets in "), Some(5000), "{ended}");
    let out = count("packets out ").zip(count("recovered ")).map(|(out, back)| out + back);
    assert_eq!(out, Some(5000), "{ended}");
    assert_eq!((count("lost "), count("buffers gone ")), (Some(0), Some(0)), "{ended}");
    let line = stdout.lines().find(|line| line.starts_with("workers: "));
    line.unwrap_or_else(|| panic!("no line says which workers: {ended}")).to_owned()
}

#[test]
fn the_demo_of_a_build_serves_by_the_static_worker_of_its_workspace() {
    let built = static_program("worker");
    let installation = Installation::new();
    let line = workers(&installation.demo(&app("phalanx"), &[]));
    assert_eq!(
        line,
        format!("workers: the static {} (its workspace is this program's)", built.display())
    );
}

#[test]
fn the_demo_serves_by_a_static_worker_beside_it() {
    let installation = Installation::new();
    let (tool, worker) = (installation.tool("bin/phalanx"), installation.worker("bin/worker"));
    let line = workers(&installation.demo(&tool, &[]));
    assert_eq!(
        line,
        format!("workers: the static {} (it lies beside this program)", worker.display())
    );
}

#[test]
fn the_demo_finds_a_static_worker_in_another_target_directory() {
    let installation = Installation::new();
    let (tool, worker) =
        (installation.tool("t/debug/phalanx"), installation.worker("t/release/worker"));
    let line = workers(&installation.demo(&tool, &[]));
    let why = "it is in this program's target directory";
    assert_eq!(line, format!("workers: the static {} ({why})", worker.display()));
}

#[test]
fn the_demo_of_another_target_directory_finds_its_workspace() {
    let installation = Installation::new();
    let tool = installation.tool("t/debug/phalanx");
    let worker = installation.worker("a workspace/apps/static/target/release/worker");
    // As cargo writes it beside each program.
    let root = installation.path("a workspace").display().to_string().replace(' ', "\\ ");
    let sources = ["apps/demo_lane/src/control.rs", "apps/phalanx/src/main.rs", "core/src/lib.rs"];
    let sources: String = sources.iter().map(|it| format!(" {root}/{it}")).collect();
    let made_of = format!("{}:{sources}\n", tool.display());
    fs::write(installation.path("t/debug/phalanx.d"), made_of).expect("it can be written");
    let line = workers(&installation.demo(&tool, &[]));
    assert_eq!(
        line,
        format!("workers: the static {} (its workspace is this program's)", worker.display())
    );
}

#[test]
fn cargo_says_where_the_workspace_is_as_the_demo_reads_it() {
    let text = fs::read_to_string(app("phalanx").with_extension("d")).expect("cargo writes it");
    let source = workspace().join("apps/phalanx/src/main.rs").display().to_string();
    assert!(text.contains(&format!(" {}", source.replace(' ', "\\ "))), "{text}");
}

#[test]
fn the_demo_serves_by_itself_where_there_is_no_static_worker_and_says_so() {
    let installation = Installation::new();
    let tool = installation.tool("bin/phalanx");
    let line = workers(&installation.demo(&tool, &[]));
    assert!(line.starts_with("workers: this program itself (the static one is neither "), "{line}");
    assert!(
        line.contains("cargo build --release --manifest-path apps/static/Cargo.toml"),
        "{line}"
    );
}
