//! Each way to wait, between processes: who waits and who sends may die, and the other side goes on.

use std::fs;
use std::process::Command;
use std::time::Instant;

use phalanx_tests::cpu::{lcore, lcore_in_turn};
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{PATIENCE, Process};
use phalanx_tests::static_programs::static_program;
use phalanx_tests::step::trace::Traced;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Of x86-64: the system call `futex`, and its operations that wake who sleeps in any process, on a word or on bits of
/// it; `write`, and where an answer goes.
const FUTEX: &str = "202";
const WAKE: &str = "0x1";
const WAKE_BITSET: &str = "0xa";
const WRITE: &str = "1";
const STDOUT: &str = "0x1";

/// A group with both rings, of which `ping` is made as `kind` says.
fn group_with(kind: &str) -> (TestGroup, Process) {
    let group = TestGroup::of(PEER);
    let mut first = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    first.ask(&format!("{kind} ping 1024 single")).expect("a ring");
    first.ask("ring pong 1024 single").expect("a ring");
    (group, first)
}

/// Somebody who sends, and may die of it.
fn sender(group: &TestGroup) -> Process {
    group.peer(&format!("--proc-type=secondary {}", lcore(2)))
}

/// A static worker that waits as `how` says, and its slot.
fn waiting(group: &TestGroup, how: &str) -> (Process, String) {
    let mut command: Command = group.other_command(&static_program("worker-probe"));
    command.args(["--file-prefix", group.prefix(), &lcore_in_turn(1), "--", "sleep"]);
    let mut worker = Process::start(with(command, how));
    let said = worker.await_line("static worker in slot ");
    worker.await_line("waiting");
    let slot = said.split(' ').nth(4).unwrap_or_default().trim_end_matches(',').to_owned();
    (worker, slot)
}

fn with(mut command: Command, how: &str) -> Command {
    command.args(how.split_whitespace());
    command
}

/// Until the worker sleeps, if its way to wait is one that sleeps.
fn settle(worker: &Process, how: &str) {
    let sleeps = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", worker.id())).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
    };
    let deadline = Instant::now() + PATIENCE;
    while !how.contains("spin") && !sleeps() {
        assert!(Instant::now() < deadline, "process {} does not sleep", worker.id());
        std::thread::yield_now();
    }
}

/// Sends by the ring, and wants all of it back.
#[track_caller]
fn round(sender: &mut Process, producer: u32) {
    sender.ask(&format!("produce ping {producer} 1000")).expect("room, in time");
    assert_eq!(sender.ask("consume pong 1000"), Ok(format!("{producer}:1000")));
}

/// Both sides are killed while the other waits, and started anew; nothing is lost.
fn survive_on_a_ring(kind: &str, how: &str) {
    let (group, mut first) = group_with(kind);
    let (worker, _) = waiting(&group, how);
    for _ in 0..10 {
        settle(&worker, how);
        round(&mut first, 7);
    }
    settle(&worker, how);
    worker.kill().assert_killed();
    first.ask("produce ping 7 1000").expect("room");
    let (worker, _) = waiting(&group, how);
    assert_eq!(first.ask("consume pong 1000").as_deref(), Ok("7:1000"), "what came meanwhile");

    let mut second = sender(&group);
    settle(&worker, how);
    round(&mut second, 8);
    settle(&worker, how);
    second.kill().assert_killed();
    round(&mut first, 7);
    let mut second = sender(&group);
    settle(&worker, how);
    second.ask("produce ping 9 1000").expect("room");
    second.kill().assert_killed();
    assert_eq!(first.ask("consume pong 1000").as_deref(), Ok("9:1000"), "what the dead one sent");
    settle(&worker, how);
    worker.terminate().assert_success();
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_worker_that_sleeps_until_woken_and_who_wakes_it_survive_each_other() {
    survive_on_a_ring("waitable-ring", "woken ring");
}

#[test]
fn a_worker_that_spins_on_a_ring_and_who_sends_survive_each_other() {
    for kind in ["ring", "waitable-ring"] {
        survive_on_a_ring(kind, "spin ring");
    }
}

#[test]
fn a_worker_that_naps_on_a_ring_and_who_sends_survive_each_other() {
    // Nobody wakes it where the ring is no waitable one.
    for kind in ["ring", "waitable-ring"] {
        survive_on_a_ring(kind, "nap ring");
    }
}

#[test]
fn a_worker_does_not_sleep_until_woken_where_nobody_wakes() {
    let (group, first) = group_with("ring");
    let mut command = group.other_command(&static_program("worker-probe"));
    command.args(["--file-prefix", group.prefix(), &lcore_in_turn(1), "--", "sleep"]);
    let ended = Process::run(with(command, "woken ring"));
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    assert!(ended.stderr.contains("RingConfig::waitable"), "{ended}");
    first.end().assert_success();
}

/// Asks the worker in `slot`, and wants its answer.
#[track_caller]
fn question(sender: &mut Process, slot: &str) {
    let asked = sender.ask(&format!("ask {slot} turn abc 30000"));
    assert_eq!(asked, Ok(format!("1/1 {slot}=cba")));
}

#[test]
fn a_worker_that_waits_for_mail_in_each_way_and_who_sends_survive_each_other() {
    for how in ["woken mail", "spin mail", "nap mail"] {
        let (group, mut first) = group_with("ring");
        let (worker, slot) = waiting(&group, how);
        for _ in 0..10 {
            settle(&worker, how);
            question(&mut first, &slot);
        }
        settle(&worker, how);
        worker.kill().assert_killed();
        let (mut worker, slot) = waiting(&group, how);
        question(&mut first, &slot);

        let mut second = sender(&group);
        settle(&worker, how);
        question(&mut second, &slot);
        settle(&worker, how);
        second.kill().assert_killed();
        question(&mut first, &slot);
        let mut second = sender(&group);
        settle(&worker, how);
        assert_eq!(second.ask(&format!("tell {slot} turn last-words")).as_deref(), Ok("1"));
        second.kill().assert_killed();
        worker.await_line("heard last-words");
        settle(&worker, how);
        worker.terminate().assert_success();
        first.end().assert_success();
        group.assert_nothing_left();
    }
}

#[test]
fn what_a_sender_put_in_is_found_if_it_dies_before_it_wakes() {
    for how in ["woken ring", "nap ring"] {
        let (group, mut first) = group_with("waitable-ring");
        let (worker, _) = waiting(&group, how);
        let mut second = sender(&group);
        settle(&worker, how);
        second.ask("put ping 8 1000").expect("room");
        second.kill().assert_killed();
        assert_eq!(first.ask("consume pong 1000").as_deref(), Ok("8:1000"));
        settle(&worker, how);
        round(&mut first, 7);
        worker.terminate().assert_success();
        first.end().assert_success();
    }
}

/// Has `sender` do as `command` says up to the system call by which it wakes who sleeps, and kills it there:
/// the word to sleep on is cleared, and nobody is woken.
fn die_at_the_wake(mut sender: Process, command: &str) {
    let traced = Traced::seize(sender.id());
    traced.interrupt();
    sender.say(command);
    let path = format!("/proc/{}/syscall", sender.id());
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "it wakes nobody");
        assert!(traced.go_to_system_call(), "it ended and has woken nobody");
        let call = fs::read_to_string(&path).unwrap_or_default();
        let words: Vec<&str> = call.split(' ').collect();
        match words[..] {
            [FUTEX, _, WAKE | WAKE_BITSET, ..] => break,
            // It has answered: who is to be woken was not asleep at that moment.
            [WRITE, STDOUT, ..] => sender.say(command),
            _ => {}
        }
    }
    traced.kill();
}

#[test]
fn what_a_sender_put_in_is_found_if_it_dies_when_the_word_is_cleared_and_nobody_woken() {
    if cfg!(not(target_arch = "x86_64")) {
        println!("SKIPPED: system calls are known by x86-64 numbers only");
        return;
    }
    for how in ["woken ring", "nap ring"] {
        let (group, mut first) = group_with("waitable-ring");
        let (worker, _) = waiting(&group, how);
        let second = group.still_peer(&format!("--proc-type=secondary {}", lcore(2)));
        settle(&worker, how);
        die_at_the_wake(second, "produce ping 8 1");
        assert_eq!(first.ask("consume pong 1").as_deref(), Ok("8:1"), "{how}");
        settle(&worker, how);
        round(&mut first, 7);
        worker.terminate().assert_success();
        first.end().assert_success();
    }
    for how in ["woken mail", "nap mail"] {
        let (group, mut first) = group_with("ring");
        let (mut worker, slot) = waiting(&group, how);
        let second = sender(&group);
        settle(&worker, how);
        die_at_the_wake(second, &format!("tell {slot} turn last-words"));
        worker.await_line("heard last-words");
        settle(&worker, how);
        question(&mut first, &slot);
        worker.terminate().assert_success();
        first.end().assert_success();
    }
}
