//! Devices that go: from any process, once nobody has queues of them, or by force.

use phalanx_tests::group::TestGroup;
use phalanx_tests::peers::tell;
use phalanx_tests::process::Process;

use super::{all_see, end, group, named, refusal};

#[test]
fn what_any_process_detaches_nobody_sees_any_more() {
    let (group, mut all) = group(2);
    for name in ["net_null0", "net_null1", "net_ring0"] {
        tell(&mut all[0], &format!("attach {name}"));
    }
    tell(&mut all[2], "detach net_null1");
    all_see(&mut all, "0:net_null0 2:net_ring0");
    tell(&mut all[0], "detach vdev:net_null0");
    for peer in &mut all {
        tell(peer, "await-port is-going net_null1");
        tell(peer, "await-port is-gone net_null1");
        tell(peer, "await-port is-gone net_null0");
    }
    all_see(&mut all, "2:net_ring0");
    assert_eq!(tell(&mut all[1], "attach net_null1"), "0 theirs");
    all_see(&mut all, "0:net_null1 2:net_ring0");
    end(&group, all);
}

/// A port that runs, and somebody who has its queues.
fn with_queues_held() -> (TestGroup, Vec<Process>) {
    let (group, mut all) = group(2);
    tell(&mut all[0], "attach net_ring0");
    tell(&mut all[0], "port-up net_ring0 1 1");
    tell(&mut all[1], "open-rx net_ring0 0");
    tell(&mut all[1], "open-tx net_ring0 0");
    (group, all)
}

#[test]
fn a_port_whose_queues_are_held_stays_and_says_by_whom() {
    let (group, mut all) = with_queues_held();
    for asker in [0, 2] {
        let why = refusal(&mut all[asker], "detach net_ring0 50");
        let holder = named(&all[1]);
        assert!(why.contains("after 50 ms"), "{why}");
        assert!(why.contains(&format!("{holder}1) has Rx queue 0 of net_ring0")), "{why}");
        assert!(why.contains(&format!("{holder}1) has Tx queue 0 of net_ring0")), "{why}");
        tell(&mut all[1], "await-port is-going net_ring0");
        tell(&mut all[1], "await-port stays net_ring0");
    }
    assert_eq!(tell(&mut all[1], "port-send 2"), "2");
    assert_eq!(tell(&mut all[1], "port-receive"), "2");
    tell(&mut all[1], "drop-queues");
    tell(&mut all[2], "open-rx net_ring0 0");
    tell(&mut all[2], "drop-queues");
    tell(&mut all[2], "detach net_ring0 50");
    all_see(&mut all, "");
    end(&group, all);
}

#[test]
fn users_that_are_told_let_go_and_then_it_goes() {
    let (group, mut all) = with_queues_held();
    all[2].say("detach net_ring0 40000");
    tell(&mut all[1], "await-port is-going net_ring0");
    let why = refusal(&mut all[0], "open-rx net_ring0 0");
    assert!(why.contains("is detaching it"), "{why}");
    let why = refusal(&mut all[0], "detach net_ring0");
    assert!(why.contains("is detaching it already"), "{why}");
    tell(&mut all[1], "drop-queues");
    all[2].answer().unwrap();
    all_see(&mut all, "");
    end(&group, all);
}

#[test]
fn a_user_that_dies_has_let_go() {
    let (group, mut all) = with_queues_held();
    all[2].say("detach net_ring0 40000");
    tell(&mut all[1], "await-port is-going net_ring0");
    all.remove(1).kill().assert_killed();
    all[1].answer().unwrap();
    all_see(&mut all, "");
    end(&group, all);
}

#[test]
fn by_force_a_port_goes_from_under_its_users_and_does_nothing_any_more() {
    let (group, mut all) = with_queues_held();
    tell(&mut all[2], "detach net_ring0 0 force");
    all_see(&mut all, "");
    assert_eq!(tell(&mut all[1], "port-send 2"), "0");
    assert_eq!(tell(&mut all[1], "port-receive"), "0");
    let why = refusal(&mut all[2], "attach net_ring0");
    assert!(why.contains(&named(&all[1])), "{why}");
    tell(&mut all[1], "drop-queues");
    tell(&mut all[2], "attach net_ring0");
    tell(&mut all[0], "port-up net_ring0 1 1");
    tell(&mut all[1], "open-tx net_ring0 0");
    assert_eq!(tell(&mut all[1], "port-send 2"), "2");
    end(&group, all);
}

#[test]
fn an_owner_that_is_stopped_does_not_detach_it_later() {
    let (group, mut all) = with_queues_held();
    all[0].freeze();
    let why = refusal(&mut all[2], "detach net_ring0 0 force");
    assert!(why.contains("did not answer in time"), "{why}");
    all[0].thaw();
    // It has read the earlier one when it answers this.
    let why = refusal(&mut all[2], "detach net_ring0 50");
    assert!(why.contains("has Rx queue 0 of net_ring0"), "{why}");
    all_see(&mut all, "0:net_ring0");
    assert_eq!(tell(&mut all[1], "port-send 2"), "2");
    assert_eq!(tell(&mut all[1], "port-receive"), "2");
    tell(&mut all[1], "drop-queues");
    end(&group, all);
}

#[test]
fn a_port_whose_owner_dies_while_it_is_detached_stays() {
    let (group, mut all) = with_queues_held();
    all[2].say("detach net_ring0 40000");
    tell(&mut all[1], "await-port is-going net_ring0");
    all.remove(0).kill().assert_killed();
    let why = all[1].answer().unwrap_err();
    assert!(why.contains("it ended before it was done"), "{why}");
    all_see(&mut all, "0:net_ring0");
    assert_eq!(tell(&mut all[0], "port-send 1"), "1");
    tell(&mut all[0], "drop-queues");
    tell(&mut all[1], "open-rx net_ring0 0");
    assert_eq!(tell(&mut all[1], "port-receive"), "1");
    tell(&mut all[1], "drop-queues");
    tell(&mut all[0], "detach net_ring0");
    all_see(&mut all, "");
    end(&group, all);
}
