//! Which program the demo's workers are: the static one where it is found, this one where it is not or is refused;
//! either way the demo says so and its books balance.

use std::fs;
use std::os::unix::fs::PermissionsExt;
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

    /// A worker that is none.
    fn script(&self, name: &str, text: &str, mode: u32) {
        let path = self.path(name);
        fs::write(&path, text).expect("the scratch directory can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its owner may");
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

#[test]
fn a_static_worker_that_is_refused_is_quoted_and_the_demo_serves_by_itself() {
    let installation = Installation::new();
    let tool = installation.tool("bin/phalanx");
    installation.script(
        "bin/worker",
        "#!/bin/sh\necho it is of another build >&2\nexit 1\n",
        0o755,
    );
    let ended = installation.demo(&tool, &[]);
    assert!(workers(&ended).starts_with("workers: the static "), "{ended}");
    for worker in ["worker 0: ", "worker 1: "] {
        let line =
            ended.stdout.lines().find(|line| line.starts_with(worker) && line.contains("ended"));
        let line = line.unwrap_or_else(|| panic!("nothing is said of {worker}: {ended}"));
        for words in [
            "ended before it served (exit status: 1) and said: it is of another build",
            "this program itself serves instead",
            "cargo build --release --manifest-path apps/static/Cargo.toml",
        ] {
            assert!(line.contains(words), "'{words}' is not in {line}");
        }
    }
    let ended = installation.demo(&tool, &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.assert_success().stdout)
        .unwrap_or_else(|error| panic!("{error}: {ended}"));
    assert_eq!(report["balanced"], true, "{ended}");
    assert_eq!(report["workers"][1]["program"], tool.display().to_string(), "{ended}");
    assert!(
        ended.stderr.contains("worker 1: ") && ended.stderr.contains("serves instead"),
        "{ended}"
    );
}

#[test]
fn a_static_worker_that_is_no_program_or_is_silent_does_not_end_the_demo() {
    for (text, mode, why) in [
        ("#!/bin/sh\nexit 0\n", 0o755, "ended before it served (exit status: 0) and said: nothing"),
        ("#!/bin/sh\nkill -SEGV $$\n", 0o755, "ended before it served (signal: 11 (SIGSEGV)"),
        ("no program", 0o644, "cannot be started: "),
    ] {
        let installation = Installation::new();
        let tool = installation.tool("bin/phalanx");
        installation.script("bin/worker", text, mode);
        let ended = installation.demo(&tool, &[]);
        workers(&ended);
        assert!(ended.stdout.contains(why), "'{why}' is not in {ended}");
    }
}

#[test]
fn a_static_worker_that_is_refused_when_it_is_started_anew_is_replaced_too() {
    let installation = Installation::new();
    let tool = installation.tool("bin/phalanx");
    let worker = installation.worker("bin/the-worker");
    // Two processes serve; the third, which is to follow the one that is killed half-way, is refused.
    let text = format!(
        "#!/bin/sh\nfor life in 0 1; do mkdir {0}.$life 2>/dev/null && exec {0} \"$@\"; done\necho two are enough >&2\nexit 1\n",
        worker.display()
    );
    installation.script("bin/worker", &text, 0o755);
    let ended = installation.demo(&tool, &[]);
    workers(&ended);
    assert!(
        ended.stdout.contains("and said: two are enough; this program itself serves"),
        "{ended}"
    );
    assert_eq!(ended.stdout.matches("serves instead").count(), 1, "{ended}");
}
