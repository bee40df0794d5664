//! Static workers under whatever starts, signals and forbids them: each ends with its reason or goes on, and the
//! group is unharmed.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;
use phalanx_tests::static_programs::static_command;
use rustix::process::{Pid, Signal, kill_process};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn primary(group: &TestGroup) -> Process {
    group.peer(&format!("--no-huge -m 4 {}", lcore(0)))
}

/// The same command, started by a shell that does `before` first: its `"$@"` is the command.
fn by_shell(command: &Command, script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// A probe that spins, and has said so.
fn spinning(group: &TestGroup, runtime: &str) -> Process {
    let mut worker =
        Process::start(static_command(group, "worker-probe", &format!("{runtime} -- wait")));
    worker.await_line("static worker in slot 1");
    worker
}

#[test]
fn a_worker_that_was_started_without_standard_descriptors_writes_into_nobodys_file() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let command = static_command(&group, "worker-probe", "-- panic");
    for closed in ["<&- >&- 2>&-", "<&- >&-", "2>&-", ">&- 2>&-"] {
        let script = format!("exec \"$0\" \"$@\" {closed}");
        let ended = Process::run(by_shell(&command, &script));
        assert_eq!(ended.status.code(), Some(101), "{closed}: {ended}");
    }
    assert_eq!(first.ask("members"), Ok("1".to_owned()));
    group.peer(&format!("--proc-type=secondary {}", lcore(1))).end().assert_success();
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_worker_ends_for_a_signal_that_was_sent_and_says_who_sent_it() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    for signal in [Signal::SEGV, Signal::BUS, Signal::SYS] {
        let worker = spinning(&group, "");
        worker.signal(signal);
        let ended = worker.end();
        assert_eq!(ended.status.code(), Some(128 + signal.as_raw()), "{ended}");
        let sender =
            format!("signal {}, which process {} sent", signal.as_raw(), std::process::id());
        assert!(ended.stderr.contains(&sender), "{sender}: {ended}");
        assert!(logs(&group).contains(&sender), "its last words are in the log");
    }
    first.end().assert_success();
}

fn logs(group: &TestGroup) -> String {
    let mut logs = group.other_command(&app("phalanx"));
    logs.args(["logs", "--file-prefix", group.prefix()]);
    Process::run(logs).assert_success().stdout.clone()
}

#[test]
fn a_worker_goes_on_when_nobody_reads_what_it_says() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let mut command = static_command(&group, "worker-probe", "-- log");
    // A pipe whose other end is closed before the worker says its first line.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    let status = command.status().expect("it starts");
    assert_eq!((status.code(), status.signal()), (Some(0), None));
    first.end().assert_success();
}

#[test]
fn a_worker_that_waits_for_its_group_ends_when_it_is_asked_to() {
    let group = TestGroup::of(PEER);
    let worker = Process::start(static_command(&group, "worker-probe", "--wait 3600 -- wait"));
    let pid = Pid::from_raw(worker.id() as i32).expect("a process has an id");
    // It sleeps between two looks once it has its handlers.
    while !catches_term(worker.id()) {
        std::thread::yield_now();
    }
    kill_process(pid, Signal::TERM).expect("it runs");
    let ended = worker.end();
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
}

fn catches_term(pid: u32) -> bool {
    let caught = status_of(pid, "SigCgt:");
    u64::from_str_radix(caught.trim(), 16)
        .is_ok_and(|set| set & 1 << (Signal::TERM.as_raw() - 1) != 0)
}

/// A line of `/proc/PID/status`, without its name.
fn status_of(pid: u32, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().trim().to_owned()
}

#[test]
fn what_the_filter_lets_pass_the_empty_rule_set_still_forbids() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let ended = Process::run(static_command(&group, "walls-probe", "-- open"));
    ended.assert_success();
    let errno = rustix::io::Errno::ACCESS.raw_os_error();
    if phalanx_linux::sys::landlock::version().is_ok() {
        assert!(ended.stdout.contains(&format!("opened with error {errno}")), "{ended}");
    } else {
        println!("SKIPPED: this kernel has no Landlock");
    }
    let ended = Process::run(static_command(&group, "walls-probe", "--no-sandbox -- open"));
    assert!(ended.assert_success().stdout.contains("opened with error 0"), "{ended}");
    first.end().assert_success();
}

#[test]
fn a_sandboxed_worker_that_needs_more_memory_than_there_is_gets_a_sentence() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let ended = Process::run(static_command(&group, "walls-probe", "-- grow"));
    let said = &ended.assert_success().stdout;
    assert!(
        said.contains("this process is sandboxed and cannot ask the system for memory"),
        "{ended}"
    );
    // Others can: and what the worker has left is in nobody's way.
    first.ask("ring more 1048576 single").expect("memory grows");
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_worker_whose_sandbox_was_refused_does_not_say_that_it_has_one() {
    let Some(()) = require::strace() else { return };
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let command = static_command(&group, "worker-probe", "-- log");
    let traced = "exec strace -o /dev/null -e inject=seccomp:error=ENOSYS \"$0\" \"$@\"";
    let ended = Process::run(by_shell(&command, traced));
    assert!(ended.assert_success().stdout.contains("not sandboxed"), "{ended}");
    assert!(ended.stderr.contains("it runs without"), "{ended}");
    first.end().assert_success();
}

#[test]
fn a_worker_has_its_cpu_its_class_its_memory_locked_and_no_descriptor_too_many() {
    let Some(()) = require::root() else { return };
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let worker = spinning(&group, "--sched fifo:7");
    let pid = worker.id();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields: Vec<&str> =
        stat.rsplit(") ").next().unwrap_or_default().split_whitespace().collect();
    // Fields 40 and 41 of the manual, of which the first two are left out here: FIFO is class 1.
    assert_eq!((fields[37], fields[38]), ("7", "1"), "{stat}");
    let locked: u64 = status_of(pid, "VmLck:").trim_end_matches(" kB").trim().parse().expect("kB");
    assert!(locked >= 200, "image, stack and tables are locked: {locked} kB");
    let allowed = status_of(pid, "Cpus_allowed_list:");
    assert!(allowed.parse::<usize>().is_ok(), "one CPU, and not {allowed}");
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs") {
        let entry = entry.expect("a descriptor");
        let number: u32 = entry.file_name().to_string_lossy().parse().expect("a number");
        let what = fs::read_link(entry.path()).expect("a link");
        let what = what.to_string_lossy();
        let is_the_groups = what.contains(group.prefix());
        assert!(
            number < 3 || is_the_groups && !fs::metadata(entry.path()).is_ok_and(|it| it.is_dir()),
            "{number}: {what}"
        );
    }
    worker.terminate().assert_success();
    first.end().assert_success();
}
