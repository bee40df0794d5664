//! What is left of processes that came and went by the hundred, or were all killed: nothing.

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn secondary(id: u16) -> String {
    format!("--proc-type=secondary --wait 0 {}", lcore(id))
}

/// A group of three, all killed at once, with a half-made file of a start that was killed.
fn killed() -> TestGroup {
    let group = TestGroup::of(PEER);
    let mut all = vec![group.peer(&format!("--no-huge -m 4 {}", lcore(0)))];
    all[0].ask("ring lane 64 multi").expect("a ring");
    all.extend((1..3).map(|id| group.peer(&secondary(id))));
    all.into_iter().for_each(|peer| peer.kill().assert_killed());
    std::fs::write(group.dir().join("group.new"), "half").expect("our own directory");
    assert!(!group.memory_files().is_empty());
    group
}

#[test]
fn the_next_start_removes_what_a_killed_group_left_and_nothing_of_another() {
    let neighbour = TestGroup::of(PEER);
    let mut other = neighbour.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    other.ask("zone mine 64").expect("a zone");
    let kept = neighbour.memory_files();
    let group = killed();
    let old = group.memory_files();
    let mut next = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    assert!(group.memory_files().iter().all(|file| !old.contains(file)), "{old:?}");
    assert!(!group.leftovers().contains(&"group.new".to_owned()));
    next.ask("find-ring lane").expect_err("a group of its own");
    next.end().assert_success();
    group.assert_nothing_left();
    assert_eq!(neighbour.memory_files(), kept);
    other.ask("find-zone mine").expect("untouched");
}

#[test]
fn clean_removes_what_a_killed_group_left() {
    let group = killed();
    let mut clean = group.other_command(&app("phalanx"));
    clean.args(["clean", "--file-prefix", group.prefix()]);
    Process::run(clean).assert_success();
    group.assert_nothing_left();
}

#[test]
fn two_hundred_secondaries_come_and_go_and_leave_nothing() {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    primary.ask("subscribe").expect("it watches");
    let belongings = |primary: &mut Process| {
        ["threads", "descriptors", "backed"].map(|what| primary.ask(what).expect("a number"))
    };
    let before = belongings(&mut primary);
    for round in 0..50 {
        let four: Vec<Process> = (1..=4).map(|id| group.peer(&secondary(id))).collect();
        for (index, peer) in four.into_iter().enumerate() {
            let pid = peer.id();
            // One of four leaves in good order.
            if index == round % 4 {
                peer.end().assert_success();
                primary.ask(&format!("await left {pid}")).expect("it is told");
            } else {
                peer.kill().assert_killed();
                primary.ask(&format!("await was-reaped {pid}")).expect("it is told");
            }
        }
    }
    assert_eq!(primary.ask("members"), Ok("1".to_owned()));
    assert_eq!(belongings(&mut primary), before);
    primary.end().assert_success();
    group.assert_nothing_left();
}
