//! A process that dies is noticed, reaped by one of the others, and all of them are told; one
//! that is only stopped is left alone.

use core::time::Duration;
use std::process::Command;
use std::thread;

use phalanx_linux::liveness::{FIRST_SLOT_BYTE, PRIMARY_BYTE};
use phalanx_linux::lockfile::unlock;
use phalanx_linux::process::End;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use rustix::fd::AsFd;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A primary on lcore 0 and `count` secondaries on the next ones.
fn group_of(count: u16) -> (TestGroup, Process, Vec<Process>) {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    let secondaries = (1..=count).map(|id| group.peer(&secondary(id))).collect();
    (group, primary, secondaries)
}

fn secondary(id: u16) -> String {
    format!("--proc-type=secondary --wait 0 {}", lcore(id))
}

#[test]
fn a_death_is_told_to_everyone_once_with_what_was_recovered() {
    let (_group, mut primary, mut others) = group_of(3);
    let doomed = others.remove(0);
    primary.ask("subscribe").expect("it watches");
    others.iter_mut().for_each(|other| drop(other.ask("subscribe").expect("it watches")));
    let (pid, first) = (doomed.id(), primary.id());
    doomed.kill().assert_killed();
    for survivor in [&mut primary].into_iter().chain(&mut others) {
        let died = survivor.ask(&format!("await died {pid}")).expect("it is told");
        let reaped = survivor.ask(&format!("await was-reaped {pid}")).expect("it is told");
        assert!(reaped.contains("1 lcores"), "{reaped}");
        // How it ended, the kernel does not always tell who is not the parent; never anything else.
        let is_right = |told: &str| !told.contains("exited") && !told.contains("signal 1");
        assert!(is_right(&died) && is_right(&reaped), "{died}; {reaped}");
        // Who came after it had hold of it from the beginning.
        let is_newer = survivor.id() != first && kernel_keeps_ends();
        let is_known = died.contains("signal 9") && reaped.contains("signal 9");
        assert!(is_known || !is_newer, "{died}; {reaped}");
        for kind in ["died", "was-reaped"] {
            assert_eq!(survivor.ask(&format!("count {kind} {pid}")), Ok("1".to_owned()));
        }
    }
}

/// Whether the kernel tells who has a pidfd how a process ended that was waited for (6.15).
fn kernel_keeps_ends() -> bool {
    let mut child = Command::new("true").spawn().expect("a program");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).expect("it is not waited for");
    child.wait().expect("our own child");
    let keeps = End::of(pidfd.as_fd(), child.id()) != End::Unknown;
    if !keeps {
        println!("SKIPPED: how a process ended is kept with its pidfd from Linux 6.15 on");
    }
    keeps
}

#[test]
fn who_comes_and_goes_in_good_order_is_told_of_too() {
    let (group, mut primary, _) = group_of(0);
    primary.ask("subscribe").expect("it watches");
    let guest = group.peer(&secondary(1));
    let pid = guest.id();
    primary.ask(&format!("await joined {pid}")).expect("it is told");
    guest.end().assert_success();
    primary.ask(&format!("await left {pid}")).expect("it is told");
    assert_eq!(primary.ask(&format!("count died {pid}")), Ok("0".to_owned()));
}

#[test]
fn what_the_dead_held_is_free_when_the_survivors_are_told() {
    let (group, mut primary, mut others) = group_of(1);
    primary.ask("ring lane 64 single").expect("a ring");
    primary.ask("subscribe").expect("it watches");
    let mut doomed = others.remove(0);
    doomed.ask("hold lane").expect("nobody has it");
    let pid = doomed.id();
    doomed.kill().assert_killed();
    primary.ask(&format!("await was-reaped {pid}")).expect("it is told");
    assert_eq!(primary.ask("claim 1"), Ok(String::new()), "the lcore");
    assert_eq!(primary.ask("hold lane"), Ok(String::new()), "the ring's end");
    let mut next = group.peer(&secondary(2));
    let slot = next.ask("slot").expect("a slot");
    assert!(slot.starts_with("1 "), "the slot of the dead is taken again, not {slot}");
}

#[test]
fn a_death_without_any_watcher_is_reaped_by_the_next_who_joins() {
    let group = TestGroup::of(PEER);
    let blind = |arguments: &str| {
        let mut peer = Process::start(group.command("blind", arguments));
        peer.await_line("joined ");
        peer
    };
    let mut primary = blind(&format!("--no-huge -m 4 {}", lcore(0)));
    let why = primary.ask("subscribe").expect_err("it does not watch");
    assert!(why.contains("watcher"), "{why}");
    assert_eq!(primary.ask("threads"), Ok("1".to_owned()));
    blind(&secondary(1)).kill().assert_killed();
    Process::run(group.command("join", &secondary(1))).assert_success();
    primary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_stopped_process_is_never_reaped() {
    let (group, mut primary, mut others) = group_of(2);
    primary.ask("subscribe").expect("it watches");
    others[0].freeze();
    // Everything that makes a watcher look: somebody comes, goes, and dies.
    Process::run(group.command("join", &secondary(3))).assert_success();
    let doomed = others.remove(1);
    let pid = doomed.id();
    doomed.kill().assert_killed();
    primary.ask(&format!("await was-reaped {pid}")).expect("it is told");
    let stopped = others[0].id();
    assert_eq!(primary.ask(&format!("count died {stopped}")), Ok("0".to_owned()));
    let why = Process::run(group.command("join", &secondary(1))).assert_refused().to_owned();
    assert!(why.contains(&format!("pid {stopped}")), "its lcore is its own: {why}");
    others[0].thaw();
    assert_eq!(others[0].ask("members"), Ok("2".to_owned()));
    others[0].ask("zone mine 64").expect("it is a member as before");
}

#[test]
fn a_death_while_a_watcher_is_stopped_is_told_when_it_goes_on() {
    let (_group, mut primary, mut others) = group_of(2);
    let mut sleeper = others.remove(0);
    sleeper.ask("subscribe").expect("it watches");
    primary.ask("subscribe").expect("it watches");
    sleeper.freeze();
    let doomed = others.remove(0);
    let pid = doomed.id();
    doomed.kill().assert_killed();
    primary.ask(&format!("await was-reaped {pid}")).expect("one watcher is enough");
    sleeper.thaw();
    sleeper.ask(&format!("await was-reaped {pid}")).expect("it is told late");
    assert_eq!(sleeper.ask(&format!("count was-reaped {pid}")), Ok("1".to_owned()));
}

#[test]
fn the_reaper_may_die_too() {
    for _ in 0..5 {
        let (_group, mut primary, mut others) = group_of(4);
        primary.ask("subscribe").expect("it watches");
        let pids: Vec<u32> = others.iter().map(Process::id).collect();
        others.drain(..).for_each(|other| other.kill().assert_killed());
        for pid in pids {
            primary.ask(&format!("await was-reaped {pid}")).expect("the last one reaps them all");
        }
        assert_eq!(primary.ask("members"), Ok("1".to_owned()));
    }
}

#[test]
fn a_process_that_has_lost_its_slot_is_refused_from_then_on() {
    let (group, mut primary, mut others) = group_of(1);
    primary.ask("subscribe").expect("it watches");
    let mut lost = others.remove(0);
    let pid = lost.id();
    lose_bytes(&group, pid, &[FIRST_SLOT_BYTE + 1]);
    // Somebody who looks finds a slot that nobody holds.
    Process::run(group.command("join", &secondary(2))).assert_success();
    primary.ask(&format!("await was-reaped {pid}")).expect("it is dead to the group");
    for command in ["zone late 64", "claim 9", "ring late 64 multi"] {
        let why = lost.ask(command).expect_err("it is no member any more");
        assert!(why.contains("slot 1 generation 1"), "{command}: {why}");
    }
    let mut next = group.peer(&secondary(1));
    let slot = next.ask("slot").expect("a slot");
    assert!(slot.starts_with("1 ") && slot != "1 1", "another tenant of slot 1, not {slot}");
    assert_eq!(primary.ask("members"), Ok("2".to_owned()));
    lost.end();
    assert_eq!(next.ask("members"), Ok("2".to_owned()), "who is lost takes nobody with it");
}

#[test]
fn memory_that_a_living_process_maps_is_never_wiped() {
    let (group, mut lost, _) = group_of(0);
    lost.ask("ring lane 64 multi").expect("a ring");
    lost.ask("move lane lane").expect("a ring");
    lost.ask("produce lane 1 5").expect("there is room");
    let files = group.memory_files();
    // To the kernel's locks nobody lives in the group any more, and yet it does.
    lose_bytes(&group, lost.id(), &[PRIMARY_BYTE, FIRST_SLOT_BYTE]);
    let mut next = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    next.ask("find-ring lane").expect_err("a group of its own");
    assert!(files.iter().all(|file| file.exists()), "{files:?}");
    lost.ask("stop-moving").expect("it still has its memory");
    next.end().assert_success();
    lost.end();
}

#[test]
fn leaving_ends_the_watchers_threads_and_closes_its_descriptors() {
    let group = TestGroup::of(PEER);
    let mut peer = Process::start(group.command("leave", &format!("--no-huge -m 4 {}", lcore(0))));
    let before = peer.await_line("before");
    let after = peer.await_line("after");
    assert_eq!(before.trim_start_matches("before "), after.trim_start_matches("after "));
    peer.end().assert_success();
}

/// Lets go of the kernel's locks behind the back of the process that holds it, by a copy
/// of its descriptor of the group file.
fn lose_bytes(group: &TestGroup, pid: u32, bytes: &[u64]) {
    let id = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    let pidfd = pidfd_open(id, PidfdFlags::empty()).expect("it lives");
    let file = group.group_file();
    let held = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("our own child").flatten();
    let is_group = |entry: &std::fs::DirEntry| {
        std::fs::read_link(entry.path()).is_ok_and(|target| target == file)
    };
    let mut count = 0;
    for entry in held.filter(is_group) {
        let number = entry.file_name().to_string_lossy().parse().expect("a number");
        let copy = pidfd_getfd(&pidfd, number, PidfdGetfdFlags::empty()).expect("our own child");
        for byte in bytes {
            unlock(copy.as_fd(), *byte).expect("a lock of a description");
        }
        count += 1;
    }
    assert!(count > 0, "process {pid} has no descriptor of {}", file.display());
    // Nothing tells that it has happened; the test holds however long this is.
    thread::sleep(Duration::from_millis(10));
}
