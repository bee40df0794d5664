//! Devices that come: from any process, in all or in none, whoever dies meanwhile.

use core::time::Duration;
use std::thread::sleep;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::peers::{secondary, tell};
use phalanx_tests::process::Process;
use phalanx_tests::scratch::Scratch;

use super::{PEER, all_see, end, group, named, refusal};

#[test]
fn what_any_process_attaches_all_see_and_the_primary_owns() {
    let (group, mut all) = group(2);
    assert_eq!(tell(&mut all[0], "attach net_null0,size=64"), "0 mine");
    assert_eq!(tell(&mut all[1], "attach vdev:net_ring0"), "1 theirs");
    for peer in &mut all {
        tell(peer, "await-port is-there net_null0");
        tell(peer, "await-port is-there net_ring0");
    }
    all_see(&mut all, "0:net_null0 1:net_ring0");
    tell(&mut all[0], "port-up net_ring0 1 1");
    tell(&mut all[1], "open-rx net_ring0 0");
    tell(&mut all[2], "open-tx net_ring0 0");
    assert_eq!(tell(&mut all[2], "port-send 3"), "3");
    assert_eq!(tell(&mut all[1], "port-receive"), "3");
    all.push(secondary(&group, 3));
    all_see(&mut all, "0:net_null0 1:net_ring0");
    end(&group, all);
}

#[test]
fn what_is_there_is_not_attached_again_and_what_is_not_there_is_not_detached() {
    let (group, mut all) = group(1);
    tell(&mut all[0], "attach net_null0");
    for peer in 0..2 {
        let why = refusal(&mut all[peer], "attach net_null0,size=64");
        let owner = named(&all[0]);
        assert!(why.contains("net_null0 was to be attached and the group has it already"), "{why}");
        assert!(why.contains(&owner), "{why}");
        let why = refusal(&mut all[peer], "detach net_nul0");
        assert!(why.contains("did you mean net_null?"), "{why}");
        let why = refusal(&mut all[peer], "detach net_null1");
        assert!(why.contains("net_null1 was to be detached and is not there"), "{why}");
        assert!(why.contains("did you mean \"net_null0\"?"), "{why}");
        let why = refusal(&mut all[peer], "attach net_ring1,peer=net_ring0");
        assert!(why.contains("there is no such port"), "{why}");
        let why = refusal(&mut all[peer], "attach net_pcap0,rx_pcap=/nowhere/x.pcap");
        assert!(why.contains("/nowhere/x.pcap"), "{why}");
    }
    all_see(&mut all, "0:net_null0");
    end(&group, all);
}

#[test]
fn one_that_refuses_keeps_it_from_all_and_is_named_with_its_reason() {
    let (group, mut all) = group(2);
    tell(&mut all[2], "guard refuse it has no room for that");
    for asker in 0..3 {
        let why = refusal(&mut all[asker], "attach net_ring0");
        assert!(why.contains(&named(&all[2])), "{why}");
        assert!(why.contains("cannot use it: it has no room for that"), "{why}");
    }
    all_see(&mut all, "");
    all.pop().unwrap().end().assert_success();
    tell(&mut all[1], "attach net_ring0");
    // Nobody heard of those that came to nothing.
    tell(&mut all[1], "detach net_ring0");
    tell(&mut all[0], "await-port is-there net_ring0");
    tell(&mut all[0], "await-port is-gone net_ring0");
    end(&group, all);
}

#[test]
fn one_that_is_stopped_is_named_in_time_and_nothing_is_left() {
    let (group, mut all) = group(2);
    all[2].freeze();
    let why = refusal(&mut all[1], "attach net_null0");
    assert!(why.contains(&named(&all[2])), "{why}");
    assert!(why.contains("did not answer in time"), "{why}");
    all[2].thaw();
    all_see(&mut all, "");
    tell(&mut all[1], "attach net_null0");
    all_see(&mut all, "0:net_null0");
    end(&group, all);
}

#[test]
fn one_that_dies_while_it_is_asked_is_in_nobodys_way() {
    let (group, mut all) = group(2);
    tell(&mut all[2], "guard kill 0");
    assert_eq!(tell(&mut all[1], "attach net_null0"), "0 theirs");
    all.pop().unwrap().kill();
    all_see(&mut all, "0:net_null0");
    end(&group, all);
}

#[test]
fn an_owner_that_dies_before_all_have_agreed_leaves_nothing() {
    let (group, mut all) = group(2);
    let primary = all.remove(0);
    tell(&mut all[0], &format!("guard kill {}", primary.id()));
    let why = refusal(&mut all[1], "attach net_null0");
    assert!(why.contains(&named(&primary)), "{why}");
    assert!(why.contains("it ended before it was done"), "{why}");
    primary.kill();
    all_see(&mut all, "");
    all.remove(0).end().assert_success();
    assert_eq!(tell(&mut all[0], "attach net_null0"), "0 mine", "there is no primary");
    all_see(&mut all, "0:net_null0");
    end(&group, all);
}

#[test]
fn what_was_asked_for_is_done_although_the_asker_dies() {
    let (group, mut all) = group(2);
    let mut asker = all.remove(1);
    tell(&mut all[1], &format!("guard kill {}", asker.id()));
    asker.say("attach net_null0");
    asker.end().assert_killed();
    tell(&mut all[0], "await-port is-there net_null0");
    all_see(&mut all, "0:net_null0");
    end(&group, all);
}

#[test]
fn one_that_starts_in_between_sees_what_is_attached_meanwhile() {
    let (group, mut all) = group(1);
    tell(&mut all[1], "guard wait");
    all[0].say("attach net_null0");
    let mut late = secondary(&group, 2);
    tell(&mut all[1], "guard-go");
    // On a machine that is very busy the others may have been too slow: then it is not there, for anybody.
    if all[0].answer().is_err() {
        assert_eq!(tell(&mut late, "ports"), "");
        tell(&mut all[0], "attach net_null0");
    }
    all.push(late);
    all_see(&mut all, "0:net_null0");
    end(&group, all);
}

/// Looks until `port` is being attached.
fn await_coming(peer: &mut Process, port: &str) {
    for _ in 0..500 {
        if refusal(peer, &format!("open-rx {port} 0")).contains("attaching") {
            return;
        }
        sleep(Duration::from_millis(5));
    }
    panic!("nobody attaches {port}");
}

#[test]
fn a_port_that_is_coming_is_in_nobodys_way_at_the_one_that_it_names() {
    let (group, mut all) = group(2);
    tell(&mut all[0], "attach net_ring0");
    tell(&mut all[0], "port-up net_ring0 1 1");
    tell(&mut all[2], "guard wait");
    tell(&mut all[2], "guard refuse it has no room for that");
    all[0].say("attach net_ring1,peer=net_ring0");
    await_coming(&mut all[1], "net_ring1");
    tell(&mut all[1], "open-rx net_ring0 0");
    tell(&mut all[1], "open-tx net_ring0 0");
    tell(&mut all[2], "guard-go");
    all[0].answer().unwrap_err();
    assert_eq!(tell(&mut all[1], "port-send 2"), "2");
    assert_eq!(tell(&mut all[1], "port-receive"), "2");
    all.pop().unwrap().end().assert_success();
    let why = refusal(&mut all[0], "attach net_ring1,peer=net_ring0");
    assert!(why.contains(&named(&all[1])), "{why}");
    assert!(why.contains("was to be joined with another"), "{why}");
    tell(&mut all[1], "drop-queues");
    tell(&mut all[0], "attach net_ring1,peer=net_ring0");
    tell(&mut all[0], "port-up net_ring1 1 1");
    tell(&mut all[1], "open-tx net_ring0 0");
    tell(&mut all[1], "open-rx net_ring1 0");
    assert_eq!(tell(&mut all[1], "port-send 2"), "2");
    assert_eq!(tell(&mut all[1], "port-receive"), "2");
    end(&group, all);
}

#[test]
fn of_two_that_attach_the_same_at_once_one_wins_and_the_other_is_told() {
    let (group, mut all) = group(2);
    for _ in 0..10 {
        all.iter_mut().for_each(|peer| peer.say("attach net_null0"));
        let answers: Vec<_> = all.iter_mut().map(Process::answer).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let lost = answers.iter().filter_map(|answer| answer.as_ref().err());
        for why in lost {
            assert!(why.contains("already") || why.contains("is attaching it"), "{why}");
        }
        all_see(&mut all, "0:net_null0");
        all.iter_mut().for_each(|peer| peer.say("detach net_null0"));
        let answers: Vec<_> = all.iter_mut().map(Process::answer).collect();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let lost = answers.iter().filter_map(|answer| answer.as_ref().err());
        for why in lost {
            let is_told = why.contains("is not there") || why.contains("is detaching it");
            assert!(is_told || why.contains("has been closed"), "{why}");
        }
        all_see(&mut all, "");
    }
    end(&group, all);
}

#[test]
fn what_comes_in_a_message_is_not_trusted() {
    let (group, mut all) = group(1);
    for text in ["x", "net_null0", "%s%n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let answer = tell(&mut all[1], &format!("ask 0 port.plug {text} 5000"));
        assert!(answer.contains("this is no errand"), "{answer}");
        let answer = tell(&mut all[1], &format!("ask 0 port.coming {text} 5000"));
        assert!(answer.contains("there is no port of this name"), "{answer}");
    }
    all_see(&mut all, "");
    end(&group, all);
}

#[test]
fn arguments_that_are_longer_than_a_message_reach_the_owner_whole() {
    let (group, mut all) = group(1);
    let scratch = Scratch::new();
    let path = scratch.path().join("x".repeat(220));
    let devargs = format!("net_pcap0,tx_pcap={}", path.display());
    assert!(devargs.len() > 247);
    assert_eq!(tell(&mut all[1], &format!("attach {devargs}")), "0 theirs");
    tell(&mut all[0], "port-up net_pcap0 1 1");
    assert!(path.exists());
    let why = refusal(&mut all[1], &format!("attach net_pcap1,tx_pcap=/{}", "x".repeat(600)));
    assert!(why.contains("512"), "{why}");
    end(&group, all);
}

#[test]
fn what_the_group_or_its_owner_leaves_alone_nobody_attaches() {
    for (option, wanted) in
        [("-b 00:1e.7", "leave it alone (-b 0000:00:1e.7)"), ("--no-pci", "--no-pci")]
    {
        let group = TestGroup::of(PEER);
        let primary = group.peer(&format!("--no-huge -m 8 {option} {}", lcore(0)));
        let mut all = vec![primary, secondary(&group, 1)];
        for peer in &mut all {
            let why = refusal(peer, "attach 00:1e.7");
            assert!(
                why.contains("0000:00:1e.7 was to be attached") && why.contains(wanted),
                "{why}"
            );
            let why = refusal(peer, "attach net_ring0,peer=net_ring0");
            assert!(why.contains("to be joined with itself"), "{why}");
        }
        end(&group, all);
    }
}

#[test]
fn a_process_alone_attaches_without_messages() {
    let group = TestGroup::of(PEER);
    let mut alone = group.still_peer(&format!("--no-huge -m 8 {}", lcore(0)));
    assert_eq!(tell(&mut alone, "attach net_null0"), "0 mine");
    let other = secondary(&group, 1);
    let why = refusal(&mut alone, "attach net_null1");
    assert!(why.contains("started without their service"), "{why}");
    tell(&mut alone, "detach net_null0");
    end(&group, vec![alone, other]);
}
