//! Messages through mailboxes, between real processes, some of which are killed or stopped.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A primary in slot 0 and `count` secondaries in the next slots, all listening.
fn group_of(count: u16) -> (TestGroup, Vec<Process>) {
    let group = TestGroup::of(PEER);
    let mut peers = vec![group.polling_peer(&format!("--no-huge -m 16 {}", lcore(0)))];
    peers.extend((1..=count).map(|id| secondary(&group, id)));
    for peer in &mut peers {
        peer.ask("listen").expect("a mailbox");
    }
    (group, peers)
}

fn secondary(group: &TestGroup, id: u16) -> Process {
    group.polling_peer(&format!("--proc-type=secondary {}", lcore(id)))
}

fn slot_of(peer: &mut Process) -> String {
    let id = peer.ask("slot").expect("it has one");
    id.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn messages_go_from_anybody_to_anybody() {
    let (_group, mut peers) = group_of(2);
    for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1), (2, 2)] {
        peers[from].ask(&format!("send {to} from-{from}")).expect("room");
        assert_eq!(peers[to].ask("hear"), Ok(format!("{from} from-{from}")));
    }
}

#[test]
fn a_request_to_all_is_answered_by_all() {
    let (_group, mut peers) = group_of(2);
    peers[1].say("echo 1");
    peers[2].say("echo 1");
    let result = peers[0].ask("ask-all 60000 hello");
    assert_eq!(result, Ok("1:hello 2:hello sent 2 received 2".to_owned()));
}

#[test]
fn a_dropped_request_a_killed_and_a_stopped_peer_each_have_their_result() {
    let (_group, mut peers) = group_of(4);
    peers[1].say("echo 1");
    peers[2].say("ignore 1");
    peers[3].freeze();
    let killed = peers.pop().expect("four secondaries");
    peers[0].say("ask-all 5000 hello");
    killed.kill().assert_killed();
    let result = peers[0].answer().expect("an end");
    let expected = "1:hello 2:Refused(Dropped) 3:TimedOut 4:Gone sent 4 received 1";
    assert_eq!(result, expected);
    // The late answer goes to nobody.
    peers[3].thaw();
    peers[3].ask("echo 1").expect("the old request");
    peers[3].say("echo 1");
    assert_eq!(peers[0].ask("ask 3 60000 new"), Ok("3:new sent 1 received 1".to_owned()));
}

#[test]
fn a_stopped_process_is_full_to_its_senders_and_loses_nothing() {
    let (_group, mut peers) = group_of(1);
    peers[1].freeze();
    for i in 0..40 {
        peers[0].ask(&format!("send 1 {i}")).expect("room");
    }
    let why = peers[0].ask("send 1 40").expect_err("no room");
    assert!(why.contains("all its 40 cells"), "{why}");
    peers[1].thaw();
    assert_eq!(peers[1].ask("take-frames 40"), Ok("1".to_owned()));
}

#[test]
fn what_one_sends_and_leaves_is_delivered() {
    let (group, mut peers) = group_of(0);
    let mut leaver = secondary(&group, 1);
    leaver.ask("listen").expect("a mailbox");
    leaver.ask("send 0 bye").expect("room");
    let slot = slot_of(&mut leaver);
    leaver.end().assert_success();
    assert_eq!(peers[0].ask("hear"), Ok(format!("{slot} bye")));
}

#[test]
fn three_floods_arrive_in_order() {
    let (_group, mut peers) = group_of(3);
    for sender in &mut peers[1..] {
        sender.say("flood 0 20000");
    }
    assert_eq!(peers[0].ask("take-frames 60000"), Ok("3".to_owned()));
}

/// Kills a sender in the middle of its flood, `rounds` times, beside one that goes on.
fn kill_senders(rounds: usize) {
    let (group, mut peers) = group_of(1);
    for _ in 0..rounds {
        let mut victim = secondary(&group, 2);
        victim.ask("listen").expect("a mailbox");
        victim.say("flood 0 1000000");
        // Somewhere in its flood: as long as the owner needs for a few of the frames.
        peers[0].ask("take-frames 300").expect("in order");
        victim.kill().assert_killed();
        let drained = peers[0].ask("take-all-frames").expect("in order, to the last");
        assert!(drained.ends_with(" 0"), "cells are left: {drained}");
        peers[1].say("flood 0 100");
        assert_eq!(peers[0].ask("take-frames 100"), Ok("1".to_owned()));
        peers[1].answer().expect("room for all");
    }
}

#[test]
fn a_sender_killed_in_the_middle_leaves_nothing_behind() {
    kill_senders(10);
}

#[test]
#[ignore = "a long proof: senders killed a thousand times"]
fn senders_killed_a_thousand_times_leave_nothing_behind() {
    kill_senders(1000);
}

#[test]
fn the_next_tenant_of_a_slot_gets_none_of_the_deads_mail() {
    let (group, mut peers) = group_of(1);
    peers[0].ask("send 1 old").expect("room");
    let slot = slot_of(&mut peers[1]);
    peers.remove(1).kill().assert_killed();
    let mut next = secondary(&group, 1);
    assert_eq!(slot_of(&mut next), slot);
    let why = peers[0].ask("send 1 early").expect_err("it has not opened its mailbox");
    assert!(why.contains("does not listen"), "{why}");
    next.ask("listen").expect("a mailbox");
    peers[0].ask("send 1 new").expect("room");
    assert_eq!(next.ask("hear"), Ok("0 new".to_owned()));
}
