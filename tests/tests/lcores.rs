//! Every lcore has one holder, in the whole group.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn primary(group: &TestGroup) -> Process {
    group.peer(&format!("--no-huge -m 1 {}", lcore(3)))
}

fn secondary(id: u16) -> String {
    format!("--proc-type=secondary --wait 0 {}", lcore(id))
}

#[test]
fn an_lcore_that_is_held_is_refused_with_its_holder() {
    let group = TestGroup::of(PEER);
    let mut holder = primary(&group);
    let ended = Process::run(group.command("join", &secondary(3)));
    let why = ended.assert_refused();
    assert!(why.contains("lcore 3"), "{why}");
    assert!(why.contains("phalanx-peer") && why.contains(&format!("pid {}", holder.id())), "{why}");
    assert_eq!(holder.ask("members"), Ok("1".to_owned()), "who was refused is no member");
    Process::run(group.command("join", &secondary(4))).assert_success();
    holder.end().assert_success();
}

#[test]
fn one_lcore_of_several_that_is_held_refuses_all_and_keeps_none() {
    let group = TestGroup::of(PEER);
    let holder = primary(&group);
    let several = secondary(3).replace("3@", "(2,3,4)@");
    let ended = Process::run(group.command("join", &several));
    assert!(ended.assert_refused().contains("lcore 3"), "{ended}");
    Process::run(group.command("join", &several.replace("(2,3,4)@", "(2,4)@"))).assert_success();
    holder.end().assert_success();
}

#[test]
fn an_lcore_is_free_when_its_holder_leaves_or_is_killed() {
    let group = TestGroup::of(PEER);
    let holder = primary(&group);
    group.peer(&secondary(7)).end().assert_success();
    group.peer(&secondary(7)).kill().assert_killed();
    group.peer(&secondary(7)).end().assert_success();
    holder.end().assert_success();
}

#[test]
fn an_lcore_claimed_while_running_is_held_as_well() {
    let group = TestGroup::of(PEER);
    let mut holder = primary(&group);
    assert_eq!(holder.ask("claim 9"), Ok(String::new()));
    let ended = Process::run(group.command("join", &secondary(9)));
    assert!(ended.assert_refused().contains("lcore 9"), "{ended}");
    holder.end().assert_success();
}
