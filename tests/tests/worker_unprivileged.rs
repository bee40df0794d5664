//! Static workers, and the demo, of an ordinary user: what the machine allows works, and a line says what was left out.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;

use phalanx_tests::binaries::{app, copy_program};
use phalanx_tests::cpu::lcore;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;
use phalanx_tests::static_programs::static_program;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A user without rights.
const NOBODY: u32 = 65_534;

/// A place of nobody's own, programs included: nobody may not look into the workspace.
struct Home {
    place: Scratch,
    /// The command that makes one nobody.
    nobody: Vec<String>,
}

impl Home {
    fn new() -> Option<Self> {
        require::root()?;
        let nobody = require::as_nobody()?;
        let home = Self { place: Scratch::new(), nobody };
        copy_program(PEER, &home.path("peer"));
        copy_program(app("phalanx"), &home.path("phalanx"));
        for name in ["worker", "worker-probe"] {
            copy_program(static_program(name), &home.path(name));
        }
        fs::create_dir(home.path("run")).expect("a directory");
        for name in ["", "run", "peer", "phalanx", "worker", "worker-probe"] {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(home.path(name), mode).expect("its owner may");
        }
        chown(home.path("run"), Some(NOBODY), Some(NOBODY)).expect("root may");
        Some(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A program, started by nobody, who may not lock memory either.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let (first, rest) = self.nobody.split_first().expect("a command");
        let mut command = Command::new(first);
        command.args(rest).args(["sh", "-c", "ulimit -l 0; exec \"$0\" \"$@\""]);
        command.arg(self.path(program)).args(arguments).current_dir("/");
        command.env("RUNTIME_DIRECTORY", self.path("run")).env_remove("XDG_RUNTIME_DIR");
        command
    }

    fn primary(&self) -> Process {
        let lcore = lcore(0);
        let eal = ["serve", "--no-huge", "-m", "4"];
        let arguments: Vec<&str> = eal.into_iter().chain(lcore.split(' ')).collect();
        let mut primary = Process::start(self.command("peer", &arguments));
        primary.await_line("joined ");
        primary
    }
}

#[test]
fn an_ordinary_user_runs_a_worker_and_reads_in_the_logs_which_call_it_was_refused() {
    let Some(home) = Home::new() else { return };
    let mut first = home.primary();
    let (probe, lcore) = (home.path("worker-probe").display().to_string(), lcore(1));
    let words = ["run", &probe, "--sched=fifo:50"];
    let arguments: Vec<&str> =
        words.into_iter().chain(lcore.split(' ')).chain(["--", "open"]).collect();
    let ended = Process::run(home.command("phalanx", &arguments));
    assert_eq!(ended.status.code(), Some(159), "sandboxed all the same: {ended}");
    assert!(ended.stderr.contains("--sched fifo:50 is left out"), "{ended}");
    assert!(ended.stderr.contains("raise the limit with `ulimit -l unlimited`"), "{ended}");
    assert_eq!(first.ask("members"), Ok("1".to_owned()), "who died is no member");

    let logs = Process::run(home.command("phalanx", &["logs"]));
    let text = &logs.assert_success().stdout;
    let line = text.lines().find(|line| line.contains("openat (257)"));
    assert!(line.is_some_and(|line| line.contains("worker-probe")), "{logs}");
    first.end().assert_success();
}

#[test]
fn an_ordinary_user_runs_a_worker_that_serves_and_ends_it() {
    let Some(home) = Home::new() else { return };
    let mut first = home.primary();
    first.ask("waitable-ring ping 1024 single").expect("a ring");
    first.ask("ring pong 1024 single").expect("a ring");
    let (probe, lcore) = (home.path("worker-probe").display().to_string(), lcore(1));
    let words = ["run", "--restart", "1", &probe];
    let arguments: Vec<&str> =
        words.into_iter().chain(lcore.split(' ')).chain(["--", "sleep"]).collect();
    let mut worker = Process::start(home.command("phalanx", &arguments));
    worker.await_line("waiting");
    for _ in 0..3 {
        first.ask("produce ping 7 1000").expect("room");
        assert_eq!(first.ask("consume pong 1000").as_deref(), Ok("7:1000"));
    }
    worker.terminate().assert_success();
    first.end().assert_success();
}

#[test]
fn an_ordinary_user_has_the_demo_with_4_kb_pages_and_static_workers() {
    let Some(home) = Home::new() else { return };
    let demo = ["demo", "--packets", "5000", "--pps", "0"];
    let ended = Process::run(home.command("phalanx", &demo));
    let said = &ended.assert_success().stdout;
    let notices = said.lines().filter(|line| line.contains("using 4 KB pages, as with --no-huge"));
    assert_eq!(notices.count(), 1, "{ended}");
    let workers = format!("workers: the static {}", home.path("worker").display());
    assert!(said.contains(&workers), "{ended}");
    assert!(said.contains("the books balance: in = out + recovered, lost 0"), "{ended}");
    assert!(ended.stderr.contains("raise the limit with `ulimit -l unlimited`"), "{ended}");
}
