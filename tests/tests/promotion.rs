//! The primary is a role: the group goes on without one, and a member takes it over.

use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn primary(id: u16) -> String {
    format!("--proc-type=primary --no-huge -m 4 --wait 5 {}", lcore(id))
}

fn secondary(id: u16) -> String {
    format!("--proc-type=secondary --wait 5 {}", lcore(id))
}

/// A primary on lcore 0 and `count` secondaries on the next ones.
fn group_of(count: u16) -> (TestGroup, Process, Vec<Process>) {
    let group = TestGroup::of(PEER);
    let first = group.peer(&primary(0));
    let secondaries = (1..=count).map(|id| group.peer(&secondary(id))).collect();
    (group, first, secondaries)
}

fn promote(group: &TestGroup, arguments: &[&str]) -> Command {
    let mut command = group.other_command(&app("phalanx"));
    command.args(["promote", "--file-prefix", group.prefix()]).args(arguments);
    command
}

#[track_caller]
fn assert_one_primary(peers: &mut [Process]) -> usize {
    let roles: Vec<String> =
        peers.iter_mut().map(|peer| peer.ask("role").expect("a role")).collect();
    let primaries: Vec<usize> =
        (0..roles.len()).filter(|index| roles[*index] == "primary").collect();
    assert_eq!(primaries.len(), 1, "{roles:?}");
    primaries[0]
}

#[test]
fn without_a_primary_the_group_goes_on() {
    let (group, first, mut others) = group_of(2);
    let second = &mut others[0];
    second.ask("ring lane 64 multi").expect("a ring");
    first.kill().assert_killed();
    second.ask("zone big 8000000").expect("memory grows without a primary");
    let third = &mut others[1];
    third.ask("find-zone big").expect("it is there for the others");
    third.ask("produce lane 1 10").expect("there is room");
    assert_eq!(others[0].ask("consume lane 10"), Ok("1:10".to_owned()));
    Process::run(group.command("join", &secondary(3))).assert_success();
    others[0].ask("free-zone big").expect("it is there");
    for other in others {
        other.end().assert_success();
    }
    group.assert_nothing_left();
}

#[test]
fn a_secondary_takes_the_role_of_a_dead_primary() {
    let (group, first, mut others) = group_of(2);
    let why = others[0].ask("promote").expect_err("the primary lives");
    assert!(why.contains(&format!("pid {}", first.id())) && why.contains("lives"), "{why}");
    first.kill().assert_killed();
    assert_eq!(others[0].ask("promote"), Ok(String::new()));
    assert_eq!(others[0].ask("role"), Ok("primary".to_owned()));
    let why = others[0].ask("promote").expect_err("it is primary already");
    assert!(why.contains("already"), "{why}");
    let why = others[1].ask("promote").expect_err("there is a primary again");
    assert!(why.contains(&format!("pid {}", others[0].id())), "{why}");
    let why = Process::run(group.command("join", &primary(3))).assert_refused().to_owned();
    assert!(why.contains(&format!("pid {}", others[0].id())), "a new primary is refused: {why}");
    others.remove(0).kill().assert_killed();
    Process::run(group.command("join", &primary(3))).assert_success();
}

#[test]
fn a_living_primary_hands_its_role_over_only_if_asked_so() {
    let (group, mut first, mut others) = group_of(2);
    assert_eq!(others[0].ask("promote living"), Ok(String::new()));
    assert_eq!(first.ask("role"), Ok("secondary".to_owned()));
    assert_eq!(others[0].ask("role"), Ok("primary".to_owned()));
    first.ask("zone still 64").expect("it is a member as before");
    assert_eq!(first.ask("promote living"), Ok(String::new()), "and back");
    others.push(first);
    assert_eq!(assert_one_primary(&mut others), 2);
    drop(others);
    Process::run(group.command("join", &primary(0))).assert_success();
}

#[test]
fn everyone_is_told_of_a_new_primary() {
    let (_group, first, mut others) = group_of(2);
    others[1].ask("subscribe").expect("it watches");
    first.kill().assert_killed();
    others[0].ask("promote").expect("there is no primary");
    let pid = others[0].id();
    others[1].ask(&format!("await changed-its-role {pid}")).expect("it is told");
}

#[test]
fn of_all_that_try_at_once_exactly_one_becomes_primary() {
    for how in ["promote", "promote living"] {
        let (_group, first, mut others) = group_of(4);
        first.kill().assert_killed();
        let mut primaries = 0;
        for round in 0..100 {
            others.iter_mut().for_each(|other| other.say(how));
            let won = others.iter_mut().filter_map(|other| other.answer().ok()).count();
            let now = assert_one_primary(&mut others);
            // Of those who took it from a living one each had it for a moment.
            assert!(won == 1 || how != "promote", "round {round}: {won} have won");
            assert!(won >= 1, "round {round}: nobody has won");
            primaries += 1;
            // The next round begins without a primary.
            let pid = others[now].id();
            let winner = others.remove(now);
            winner.kill().assert_killed();
            let id = u16::try_from(round % 200 + 5).expect("an lcore");
            others.push(_group.peer(&secondary(id)));
            assert_ne!(others.last().map(Process::id), Some(pid));
        }
        assert_eq!(primaries, 100);
    }
}

#[test]
fn a_process_that_is_told_while_it_takes_the_role_itself_takes_it_once() {
    let (group, first, mut others) = group_of(2);
    others[1].ask("subscribe").expect("it watches");
    first.kill().assert_killed();
    others[0].say("promote");
    // To the tool it is one whether it has obeyed or was primary already; the process itself, if it
    // is second, is told that it is.
    Process::run(promote(&group, &["--slot", "1"])).assert_success();
    if let Err(why) = others[0].answer() {
        assert!(why.contains("already"), "{why}");
    }
    let pid = others[0].id();
    others[1].ask(&format!("await changed-its-role {pid}")).expect("it is told");
    assert_eq!(others[1].ask(&format!("count changed-its-role {pid}")), Ok("1".to_owned()));
}

#[test]
fn the_table_says_who_has_the_role_however_it_was_taken_and_given_up() {
    let (_group, first, mut others) = group_of(1);
    others.push(first);
    for _ in 0..20 {
        // Each takes it from the other, and is asked for it by the other at the same time.
        others.iter_mut().for_each(|peer| peer.say("promote living"));
        others.iter_mut().for_each(|peer| drop(peer.answer()));
        let slot = [1, 0][assert_one_primary(&mut others)];
        assert_eq!(others[0].ask("primaries"), Ok(slot.to_string()));
    }
}

#[test]
fn the_tool_tells_a_secondary_to_become_primary_and_waits_until_it_is() {
    let (group, first, mut others) = group_of(2);
    let refused = Process::run(promote(&group, &["--slot", "2"]));
    let why = refused.assert_refused();
    assert!(why.contains("--from-living") && why.contains(&first.id().to_string()), "{why}");
    first.kill().assert_killed();
    let ended = Process::run(promote(&group, &["--slot", "2"]));
    let text = &ended.assert_success().stdout;
    assert!(text.contains(&format!("pid {}", others[1].id())), "{text}");
    assert_eq!(others[1].ask("role"), Ok("primary".to_owned()));
    // Asked again, it is so already: what was asked for is so.
    let again = Process::run(promote(&group, &["--slot", "2"]));
    assert_eq!(again.assert_success().stdout, ended.stdout);
}

#[test]
fn the_tool_chooses_a_secondary_that_is_not_stopped() {
    let (group, first, mut others) = group_of(2);
    first.kill().assert_killed();
    others[0].freeze();
    let ended = Process::run(promote(&group, &["--json"]));
    let report: serde_json::Value =
        serde_json::from_str(&ended.assert_success().stdout).expect("JSON");
    assert_eq!(report["pid"], others[1].id());
    others[0].thaw();
    assert_eq!(assert_one_primary(&mut others), 1);
}

#[test]
fn the_tool_takes_the_role_from_a_living_primary_if_told_so() {
    let (group, mut first, mut others) = group_of(1);
    Process::run(promote(&group, &["--from-living"])).assert_success();
    assert_eq!(first.ask("role"), Ok("secondary".to_owned()));
    assert_eq!(others[0].ask("role"), Ok("primary".to_owned()));
}

fn refusal(group: &TestGroup, arguments: &[&str]) -> String {
    Process::run(promote(group, arguments)).assert_refused().to_owned()
}

#[test]
fn what_cannot_be_told_is_refused_in_one_sentence() {
    let (group, first, mut others) = group_of(1);
    let why = refusal(&group, &["--slot", "9"]);
    assert!(why.contains("nobody lives in slot 9") && why.contains("[1]"), "{why}");
    let why = refusal(&group, &["--slot", "9999"]);
    assert!(why.contains("slot 9999"), "{why}");
    others[0].freeze();
    let why = refusal(&group, &["--slot", "1", "--wait", "0"]);
    assert!(why.contains(&format!("kill -CONT {}", others[0].id())), "{why}");
    let why = refusal(&group, &[]);
    assert!(why.contains("no secondary"), "{why}");
    others[0].thaw();
    assert_eq!(others[0].ask("role"), Ok("secondary".to_owned()), "the order was taken back");
    first.kill().assert_killed();
    others[0].freeze();
    let why = refusal(&group, &["--slot", "1", "--wait", "0"]);
    assert!(why.contains("stays secondary"), "there is no primary now, and {why}");
    others[0].thaw();
    others[0].ask("members").expect("it goes on");
    assert_eq!(others[0].ask("role"), Ok("secondary".to_owned()), "it is not obeyed later");
    drop(others);
    let why = refusal(&group, &[]);
    assert!(why.contains("dead"), "{why}");
}

#[test]
fn a_stopped_primary_keeps_its_role() {
    let (group, mut first, mut others) = group_of(1);
    first.freeze();
    let why = others[0].ask("promote living").expect_err("it gives nothing up");
    assert!(why.contains(&format!("kill -CONT {}", first.id())), "{why}");
    let why = refusal(&group, &["--from-living"]);
    assert!(why.contains("stays primary"), "{why}");
    first.thaw();
    assert_eq!(first.ask("role"), Ok("primary".to_owned()), "the order was taken back");
    assert_eq!(others[0].ask("promote living"), Ok(String::new()));
}

#[test]
fn a_process_without_a_watcher_obeys_nobody_and_promotes_itself() {
    let (group, first, _) = group_of(0);
    let mut blind = Process::start(group.command("blind", &secondary(1)));
    blind.await_line("joined ");
    first.kill().assert_killed();
    let why = refusal(&group, &["--slot", "1", "--wait", "0"]);
    assert!(why.contains("no watcher"), "{why}");
    assert_eq!(blind.ask("promote"), Ok(String::new()));
    assert_eq!(blind.ask("role"), Ok("primary".to_owned()));
}

#[track_caller]
fn joined_as(ended: &Ended, role: &str) {
    assert!(ended.assert_success().stdout.contains(&format!("joined {role}")), "{ended}");
}

#[test]
fn auto_joins_a_group_whose_secondary_has_taken_the_role_over() {
    let (group, first, mut others) = group_of(1);
    first.kill().assert_killed();
    others[0].ask("promote").expect("there is no primary");
    let auto = format!("--proc-type=auto --no-huge -m 4 {}", lcore(3));
    joined_as(&Process::run(group.command("join", &auto)), "secondary");
    drop(others);
    joined_as(&Process::run(group.command("join", &auto)), "primary");
}
