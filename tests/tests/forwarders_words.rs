//! What the forwarding programs say, and on which stream; and signals that come while they start.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::first_allowed;
use phalanx_tests::forwarders::Forwarders;
use phalanx_tests::process::{Ended, Process};
use rustix::process::Signal;

/// Two ports that give and swallow empty packets.
const PORTS: &str = "--vdev net_null0 --vdev net_null1";

/// A program with all its words before a `--`, which is not there.
fn without_dashes(group: &Forwarders, program: &str, words: &str) -> Ended {
    let mut command = group.group.other_command(&app(program));
    command.args(["--file-prefix", group.group.prefix(), "--no-huge"]);
    command.args(words.split_whitespace());
    Process::run(command)
}

#[test]
fn dashes_that_were_forgotten_are_named_in_each_program() {
    let group = Forwarders::new();
    for (program, words, own) in [
        (
            "symmetric_mp",
            "--vdev net_null0 -p 3 --num-procs=1 --proc-id=0",
            "-p, --num-procs, --proc-id",
        ),
        ("mp_server", "--vdev net_null0 -p 3 -n 1", "-p, -n"),
        ("mp_client", "--proc-type=secondary --wait 1 -n 0", "-n"),
    ] {
        let ended = without_dashes(&group, program, words);
        assert_eq!(ended.status.code(), Some(1), "{ended}");
        let why = format!(
            "{program}: `--` is missing: the EAL's options stand before it, and {own} behind it\n"
        );
        assert!(ended.stderr.starts_with(&why), "{ended}");
    }
    // Nothing was touched.
    assert!(!group.group.dir().exists());
}

/// A server with two lcores that says its statistics as JSON.
fn json_server(group: &Forwarders) -> Command {
    let lcores = format!("--proc-type=primary --lcores (0,1)@({}) {PORTS}", first_allowed());
    group.command("mp_server", 0, &lcores, "-p 3 -n 1 --json")
}

#[test]
fn a_server_that_says_json_says_nothing_else_on_standard_output() {
    let group = Forwarders::new();
    let mut server = Process::start(json_server(&group));
    server.await_line("{\"ports\"");
    let ended = server.terminate();
    for line in ended.assert_success().stdout.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "'{line}': {ended}");
    }
    for line in ["Creating mbuf pool", "Port 0 init ... done:", "Checking link status"] {
        assert!(ended.stderr.contains(line), "'{line}' is missing: {ended}");
    }
}

#[test]
fn a_standard_output_that_nobody_reads_ends_a_server_with_a_sentence() {
    let group = Forwarders::new();
    let server = json_server(&group);
    let mut shell = group.group.other_command("/bin/sh".as_ref());
    shell.args(["-c", "{ \"$@\"; echo \"ended $?\" >&2; } | head -n 1", "sh"]);
    shell.arg(server.get_program()).args(server.get_args());
    let ended = Process::run(shell);
    assert!(ended.stderr.contains("ended 1"), "{ended}");
    let why = "mp_server: standard output was to be written and nobody reads it any more";
    assert!(ended.stderr.contains(why), "{ended}");
}

/// Whether the process hears `SIGTERM`.
fn hears_the_signal(id: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) >> (Signal::TERM.as_raw() - 1) & 1 == 1
}

#[test]
fn a_signal_in_the_middle_of_a_start_leaves_nothing() {
    for _ in 0..5 {
        let group = Forwarders::new();
        let own = "-p 3 --num-procs 1 --proc-id 0";
        let process = Process::start(group.command("symmetric_mp", 0, PORTS, own));
        while !hears_the_signal(process.id()) {
            std::thread::yield_now();
        }
        process.signal(Signal::TERM);
        let ended = process.end();
        // By itself, whether it had started or not.
        assert_eq!(ended.status.signal(), None, "{ended}");
        group.group.assert_nothing_left();
    }
}

#[test]
fn a_start_that_waits_gives_up_when_it_is_told_to() {
    let group = Forwarders::new();
    let eal = "--proc-type=secondary --wait 600";
    let process = Process::start(group.command("mp_client", 0, eal, "-n 0"));
    while !hears_the_signal(process.id()) {
        std::thread::yield_now();
    }
    process.signal(Signal::TERM);
    let ended = process.end();
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    assert!(
        ended.stderr.contains("mp_client: the start waited for its group and was told to end"),
        "{ended}"
    );
}

#[test]
fn a_secondary_in_another_programs_group_is_told_so() {
    let group = Forwarders::new();
    let server = group.server(PORTS, "-p 3 -n 1 --no-screen");
    let own = "-p 3 --num-procs 1 --proc-id 0";
    let ended = Process::run(group.command("symmetric_mp", 9, "--proc-type=secondary", own));
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    let why =
        format!("the ports of this group run for another program, mp_server (pid {})", server.id());
    assert!(ended.stderr.contains(&why), "{ended}");
}
