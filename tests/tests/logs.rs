//! What processes log: decoded afterwards, with file and line, whoever said it and however it ended.

#[path = "logs/lies.rs"]
mod lies;
#[path = "logs/program.rs"]
mod program;

use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::scratch::Scratch;
use phalanx_tests::static_programs::static_program;
use serde_json::Value;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn logs(group: &TestGroup, arguments: &str) -> Ended {
    let mut command = group.other_command(&app("phalanx"));
    command.args(["logs", "--file-prefix", group.prefix()]).args(arguments.split_whitespace());
    Process::run(command)
}

/// All lines, as objects.
#[track_caller]
fn lines(group: &TestGroup, arguments: &str) -> Vec<Value> {
    let ended = logs(group, &format!("--json {arguments}"));
    let parsed = ended.assert_success().stdout.lines().map(serde_json::from_str);
    parsed.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {ended}"))
}

/// The line whose text contains `text`.
#[track_caller]
fn line<'l>(lines: &'l [Value], text: &str) -> &'l Value {
    let has = |line: &&Value| line["text"].as_str().is_some_and(|it| it.contains(text));
    lines.iter().find(has).unwrap_or_else(|| panic!("no line has '{text}': {lines:#?}"))
}

/// Where a line was said: file and line number.
fn place(line: &Value) -> (&str, u64) {
    (line["file"].as_str().unwrap_or_default(), line["line"].as_u64().unwrap_or_default())
}

fn primary(group: &TestGroup) -> Process {
    group.peer(&format!("--no-huge -m 4 {}", lcore(0)))
}

/// A static program on lcore 1 with a deed, run to its end; the group is as it was, and its primary
/// goes on.
fn probe(group: &TestGroup, first: &mut Process, deed: &str) -> Ended {
    let mut command = group.other_command(&static_program("worker-probe"));
    command.args(["--file-prefix", group.prefix()]).args(lcore(1).split_whitespace());
    let ended = Process::run(with(command, deed));
    assert_eq!(first.ask("members"), Ok("1".to_owned()), "who died is no member");
    // Whoever comes reaps it, and gets its lcore.
    group.peer(&format!("--proc-type=secondary {}", lcore(1))).end().assert_success();
    ended
}

/// A secondary in slot 1. One that is started while somebody still reaps that slot has the next one.
fn tenant_of_slot_1(group: &TestGroup) -> Process {
    for _ in 0..100 {
        let mut second = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
        if second.ask("slot").expect("a slot").starts_with("1 ") {
            return second;
        }
        second.end().assert_success();
    }
    panic!("slot 1 was never free");
}

fn with(mut command: Command, deed: &str) -> Command {
    command.args(["--", deed]);
    command
}

#[test]
fn a_line_of_a_process_is_shown_with_level_file_and_line() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    first.ask("log 4711").unwrap();
    let lines = lines(&group, "");
    let said = line(&lines, "the peer speaks of 4711");
    assert_eq!((&said["level"], &said["slot"]), (&Value::from("WARN"), &Value::from(0)));
    assert_eq!(said["pid"], Value::from(first.id()));
    let (file, number) = place(said);
    assert!(file.ends_with("phalanx-peer/obey.rs") && number > 0, "{said}");
    let people = logs(&group, "");
    assert!(people.stdout.contains("WARN  the peer speaks of 4711 ("), "{people}");
    assert!(people.stdout.contains("obey.rs:"), "{people}");
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_line_of_a_static_worker_is_shown_with_file_and_line() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    probe(&group, &mut first, "log").assert_success();
    let lines = lines(&group, "--slot 1");
    let said = line(&lines, "a line with 42 and words");
    assert!(place(said).0.ends_with("worker_probe/src/main.rs"), "{said}");
    line(&lines, "static worker, lcore 1, sandboxed: true");
    first.end().assert_success();
}

#[test]
fn what_the_core_does_is_in_the_log_of_who_did_it() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let mut second = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    let dead = second.id();
    second.say("die");
    drop(second);
    group.peer(&format!("--proc-type=secondary {}", lcore(1))).end().assert_success();
    let lines = lines(&group, "");
    line(&lines, &format!("the process {dead} of slot 1: Reaped"));
    first.end().assert_success();
}

#[test]
fn a_worker_that_breaks_its_sandbox_is_named_with_the_call_after_it_was_reaped() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let ended = probe(&group, &mut first, "open");
    assert_eq!(ended.status.code(), Some(159), "{ended}");
    let lines = lines(&group, "");
    let said = line(&lines, "ended for the system call openat (257)");
    assert_eq!((&said["slot"], &said["level"]), (&Value::from(1), &Value::from("ERROR")));
    assert!(said["program"].as_str().unwrap_or_default().ends_with("worker-probe"), "{said}");
    first.ask("ring r 8 single").unwrap();
    first.end().assert_success();
}

#[test]
fn a_call_that_a_worker_has_no_name_for_is_named_by_who_reads_its_last_words() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let ended = probe(&group, &mut first, "parent");
    assert!(ended.stderr.contains("the system call 110, which"), "{ended}");
    line(&lines(&group, "--slot 1"), "ended for the system call getppid (110), which");
    first.end().assert_success();
}

#[test]
fn the_last_words_of_a_worker_say_what_ended_it() {
    for (deed, words) in [
        ("panic", "main.rs"),
        ("panic", "as it was told"),
        ("overflow", "its stack has overflowed"),
        ("outside", "ended for a bad access at 0x210000000000"),
        ("hole", "a part of the shared window that has no memory behind it"),
    ] {
        let group = TestGroup::of(PEER);
        let mut first = primary(&group);
        probe(&group, &mut first, deed);
        let lines = lines(&group, "--slot 1");
        assert_eq!(line(&lines, words)["level"], "ERROR", "{deed}");
        first.end().assert_success();
    }
}

#[test]
fn a_flood_drops_the_newest_counts_them_and_keeps_the_last_words() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    probe(&group, &mut first, "flood");
    let lines = lines(&group, "--slot 1");
    let kept = |lines: &[Value]| {
        let texts = lines.iter().filter_map(|line| line["text"].as_str());
        texts.filter(|text| text.contains("of a flood")).count() as u64
    };
    let counted = |kind: &str, field: &str| -> u64 {
        let of_kind = lines.iter().filter(|line| line["kind"] == kind);
        of_kind.filter_map(|line| line[field].as_u64()).sum()
    };
    let (kept, dropped) = (kept(&lines), counted("dropped", "lines"));
    assert!(kept > 0 && dropped > 0, "{kept} kept, {dropped} dropped");
    line(&lines, "ended with an error: the flood is over");
    // What stood and gave its room to the last words is neither; lines of the runtime's own are dropped
    // beside those of the flood.
    assert!((9_990..=10_010).contains(&(kept + dropped)), "{kept} kept, {dropped} dropped");
    first.end().assert_success();
}

#[test]
fn a_reader_that_comes_late_is_told_how_much_was_overwritten() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    first.ask("log 1").unwrap();
    // Each flood fills the log, and what is older than half a second goes for the next.
    for _ in 0..2 {
        first.ask("log-flood 3000").unwrap();
        std::thread::sleep(core::time::Duration::from_millis(600));
    }
    let lines = lines(&group, "--slot 0");
    assert_eq!(lines[0]["kind"], "missed", "{:?}", lines.first());
    assert!(lines[0]["records"].as_u64().unwrap_or_default() > 1000, "{:?}", lines.first());
    assert!(lines.iter().all(|line| line["text"] != "the peer speaks of 1"));
    let people = logs(&group, "--slot 0").assert_success().stdout.clone();
    assert!(
        people.contains("earlier lines were overwritten before they were read"),
        "{people:.300}"
    );
    first.end().assert_success();
}

#[test]
fn a_panic_of_a_program_with_a_standard_library_is_in_its_log() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let mut second = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    second.say("panic");
    second.line_or_end("never said");
    drop(second);
    let lines = lines(&group, "--slot 1");
    let said = line(&lines, "as it was told");
    assert!(said["text"].as_str().unwrap_or_default().contains("obey.rs"), "{said}");
    first.end().assert_success();
}

#[test]
fn the_logs_of_a_dead_group_are_read_as_its_last_process_left_them() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    first.ask("log 1").unwrap();
    let pid = first.id();
    first.kill().assert_killed();
    for _ in 0..2 {
        let lines = lines(&group, "");
        let said = line(&lines, "the peer speaks of 1");
        assert_eq!(said["pid"], Value::from(pid));
    }
    // With --follow too, which ends at once: nobody lives in it.
    assert!(logs(&group, "--follow").assert_success().stdout.contains("speaks of 1"));
}

#[test]
fn a_slots_next_tenant_leaves_the_words_of_the_last() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let mut pids = Vec::new();
    for about in [1, 2] {
        let mut second = tenant_of_slot_1(&group);
        second.ask(&format!("log {about}")).unwrap();
        pids.push(second.id());
        second.kill().assert_killed();
    }
    let lines = lines(&group, "--slot 1");
    for (about, pid) in [1, 2].into_iter().zip(pids) {
        let said = line(&lines, &format!("the peer speaks of {about}"));
        assert_eq!(said["pid"], Value::from(pid));
    }
    first.end().assert_success();
}

#[test]
fn lines_come_by_time_whoever_said_them() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let mut second = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    for about in 0..6 {
        let who = if about % 2 == 0 { &mut first } else { &mut second };
        who.ask(&format!("log {about}")).unwrap();
    }
    let lines = lines(&group, "");
    let texts = lines.iter().filter_map(|line| line["text"].as_str());
    let spoken: Vec<_> = texts.filter(|text| text.contains("speaks of")).collect();
    let expected: Vec<_> = (0..6).map(|about| format!("the peer speaks of {about}")).collect();
    assert_eq!(spoken, expected);
    second.end().assert_success();
    first.end().assert_success();
}

#[test]
fn a_follower_hears_what_is_said_later_until_the_group_is_dead() {
    let group = TestGroup::of(PEER);
    let mut first = primary(&group);
    let mut command = group.other_command(&app("phalanx"));
    command.args(["logs", "--follow", "--file-prefix", group.prefix()]);
    let mut follower = Process::start(command);
    first.ask("log 1").unwrap();
    follower.await_line("the peer speaks of 1");
    first.ask("log 2").unwrap();
    follower.await_line("the peer speaks of 2");
    first.kill().assert_killed();
    follower.end().assert_success();
}

#[test]
fn a_program_that_is_gone_is_named_by_its_build_id_and_can_be_given() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let place = Scratch::new();
    let moved = place.path().join("moved-probe");
    std::fs::copy(static_program("worker-probe"), &moved).expect("a copy");
    let mut command = group.other_command(&moved);
    command.args(["--file-prefix", group.prefix()]).args(lcore(1).split_whitespace());
    Process::run(with(command, "log")).assert_success();
    std::fs::remove_file(&moved).expect("it is ours");
    let without = lines(&group, "--slot 1");
    let why = without[0]["why"].as_str().unwrap_or_default();
    let id = without[0]["build_id"].as_str().unwrap_or_default();
    assert_eq!((&without[0]["kind"], id.len()), (&Value::from("undecoded"), 40), "{without:?}");
    assert!(why.contains(id) && why.contains("--elf PATH"), "{why}");
    let probe = static_program("worker-probe");
    let dir = probe.parent().expect("it lies somewhere");
    for given in [format!("--elf {}", probe.display()), format!("--elf-dir {}", dir.display())] {
        let lines = lines(&group, &format!("--slot 1 {given}"));
        line(&lines, "a line with 42 and words");
    }
    first.end().assert_success();
}

#[test]
fn a_stripped_program_is_decoded_by_its_unstripped_copy() {
    let group = TestGroup::of(PEER);
    let first = primary(&group);
    let place = Scratch::new();
    let stripped = place.path().join("stripped");
    let probe = static_program("worker-probe");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&probe).status();
    assert!(strip.expect("strip runs").success());
    let mut command = group.other_command(&stripped);
    command.args(["--file-prefix", group.prefix()]).args(lcore(1).split_whitespace());
    Process::run(with(command, "log")).assert_success();
    let without = lines(&group, "--slot 1");
    assert!(without[0]["why"].as_str().unwrap_or_default().contains("unstripped"), "{without:?}");
    let lines = lines(&group, &format!("--slot 1 --elf {}", probe.display()));
    line(&lines, "a line with 42 and words");
    first.end().assert_success();
}

#[test]
fn logs_refuses_what_it_cannot_read_in_one_sentence() {
    let group = TestGroup::of(PEER);
    assert!(logs(&group, "").assert_refused().contains("there is no group"));
    let first = primary(&group);
    let why = logs(&group, "--elf /nowhere/worker").assert_refused().to_owned();
    assert!(why.contains("/nowhere/worker cannot be read"), "{why}");
    let why = logs(&group, "--slot 64").assert_refused().to_owned();
    assert!(why.contains("64"), "{why}");
    first.end().assert_success();
}
