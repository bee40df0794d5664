//! `phalanx run`: the right limits, the worker's own end, and a new start for one that ends badly.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;
use phalanx_tests::static_programs::static_program;
use rustix::process::{Pid, Signal, kill_process};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn run(arguments: &[&str]) -> Command {
    let mut command = Command::new(app("phalanx"));
    command.arg("run").args(arguments);
    command
}

/// The shell as a worker that does what `script` says.
fn shell(options: &[&str], script: &str) -> Command {
    run(&[options, &["sh", "-c", script]].concat())
}

/// The limit of this name, as `/proc` has it: what holds, and how far it may be raised.
fn limit<'a>(limits: &'a str, name: &str) -> (&'a str, &'a str) {
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let mut words = line.split_whitespace();
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

#[test]
fn a_worker_has_an_ordinary_stack_and_as_much_as_it_may_have_of_the_rest() {
    for options in [&[][..], &["--restart", "1"]] {
        let ended = Process::run(run(&[options, &["cat", "/proc/self/limits"]].concat()));
        let limits = &ended.assert_success().stdout;
        assert_eq!(limit(limits, "Max stack size").0, "8388608", "{ended}");
        for name in ["Max locked memory", "Max realtime priority"] {
            let (holds, most) = limit(limits, name);
            assert_eq!(holds, most, "{name}: {ended}");
        }
    }
}

#[test]
fn a_stack_that_may_not_be_so_big_is_as_big_as_it_may_be() {
    let script = "ulimit -s 4096 && exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(app("phalanx")).args([
        "run",
        "cat",
        "/proc/self/limits",
    ]);
    let ended = Process::run(command);
    let limits = &ended.assert_success().stdout;
    assert_eq!(limit(limits, "Max stack size").0, "4194304", "{ended}");
}

#[test]
fn a_worker_joins_under_a_limit_on_the_stack_that_would_put_it_into_the_window() {
    let Some(before) = require::unlimited_stack() else { return };
    let group = TestGroup::of(PEER);
    let mut first = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    first.ask("ring ping 1024 single").unwrap();
    first.ask("ring pong 1024 single").unwrap();
    // 95 TiB: what the kernel maps below such a stack lies in the window.
    let mut words = before.iter().map(|word| word.replace("unlimited", "102005473280"));
    let mut command = group.other_command(words.next().expect("a shell").as_ref());
    command.args(words).arg(app("phalanx")).arg("run").arg(static_program("echo"));
    command.args(["--file-prefix", group.prefix()]).args(lcore(1).split_whitespace());
    let mut worker = Process::start(command);
    worker.await_line("static worker in slot 1, lcore 1");
    end(worker.id());
    worker.end().assert_success();
    first.end().assert_success();
    group.assert_nothing_left();
}

fn end(process: u32) {
    let pid = Pid::from_raw(process.cast_signed()).expect("a process has an id");
    kill_process(pid, Signal::TERM).expect("it runs");
}

#[test]
fn the_exit_code_is_the_workers() {
    for code in [0, 7, 255] {
        let ended = Process::run(shell(&[], &format!("exit {code}")));
        assert_eq!(ended.status.code(), Some(code), "{ended}");
        assert_eq!(ended.stderr, "", "{ended}");
    }
}

#[test]
fn a_signal_that_ends_the_worker_is_seen() {
    let ended = Process::run(shell(&[], "kill -9 $$"));
    assert_eq!(ended.status.signal(), Some(9), "{ended}");
    let ended = Process::run(shell(&["--restart", "1"], "kill -9 $$"));
    assert_eq!(ended.status.code(), Some(128 + 9), "{ended}");
}

#[test]
fn a_worker_that_ends_badly_is_started_anew_as_often_as_asked() {
    let scratch = Scratch::new();
    let lives = scratch.path().join("lives");
    let script = format!("echo life >>{}; exit 3", lives.display());
    let ended = Process::run(shell(&["--restart", "2"], &script));
    assert_eq!(ended.status.code(), Some(3), "{ended}");
    assert_eq!(fs::read_to_string(&lives).expect("it has lived").lines().count(), 3);
    assert_eq!(ended.stderr.matches("started anew").count(), 2, "{ended}");
}

#[test]
fn a_worker_that_ends_well_is_not_started_again() {
    let scratch = Scratch::new();
    let lives = scratch.path().join("lives");
    // Badly the first time, well the second.
    let script = format!("echo life >>{0}; test $(wc -l <{0}) = 2", lives.display());
    let ended = Process::run(shell(&["--restart", "9"], &script));
    ended.assert_success();
    assert_eq!(fs::read_to_string(&lives).expect("it has lived").lines().count(), 2);
}

#[test]
fn who_is_told_to_end_tells_the_worker_and_starts_no_other() {
    let script = "trap 'echo told; exit 5' TERM; echo up; while :; do sleep 0.01; done";
    let mut watched = Process::start(shell(&["--restart", "9"], script));
    watched.await_line("up");
    end(watched.id());
    let ended = watched.end();
    assert_eq!(ended.status.code(), Some(5), "{ended}");
    assert_eq!(ended.stdout, "up\ntold\n", "{ended}");
}

#[test]
fn a_static_worker_that_panics_is_started_anew_in_the_same_group() {
    let group = TestGroup::of(PEER);
    let mut first = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    let mut command = group.other_command(&app("phalanx"));
    command.args(["run", "--restart", "1"]).arg(static_program("worker-probe"));
    command.args(["--file-prefix", group.prefix()]).args(lcore(1).split_whitespace());
    command.args(["--", "panic"]);
    let ended = Process::run(command);
    assert_eq!(ended.status.code(), Some(101), "{ended}");
    assert_eq!(ended.stderr.matches("as it was told").count(), 2, "it lived twice: {ended}");
    assert_eq!(first.ask("members"), Ok("1".to_owned()));
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn what_cannot_be_started_is_refused_in_one_line() {
    for options in [&[][..], &["--restart", "3"]] {
        let ended = Process::run(run(&[options, &["/nowhere/worker", "-l", "1"]].concat()));
        let why = ended.assert_refused();
        assert!(why.contains("/nowhere/worker cannot be started"), "{why}");
    }
    let ended = Process::run(run(&["--restart", "often", "worker"]));
    assert!(ended.assert_refused().contains("'often'"), "{ended}");
}

#[test]
fn the_help_of_run_says_limits_exit_status_and_an_example() {
    let help = Process::run(run(&["--help"]));
    for words in ["8 MB of stack", "Exit status", "128 and the signal", "phalanx run --restart 3"] {
        assert!(help.assert_success().stdout.contains(words), "'{words}' is not in {help}");
    }
}
