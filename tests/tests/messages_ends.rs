//! Every way in which a request, a handler or a peer can end while messages are under way.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::peers::{group_of, heard, secondary, tell};
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Milliseconds that no answer takes.
const LONG: &str = "30000";

#[test]
fn every_way_to_leave_a_request_unanswered_is_told_to_the_requester() {
    let (_group, mut all) = group_of(PEER, 1);
    for kind in ["panic", "drop"] {
        tell(&mut all[1], &format!("action {kind} {kind}"));
        assert_eq!(tell(&mut all[0], &format!("ask 1 {kind} now {LONG}")), "1/0 1=Dropped");
    }
    assert_eq!(tell(&mut all[0], &format!("ask 1 unknown now {LONG}")), "1/0 1=NoSuchAction");
    assert_eq!(tell(&mut all[0], &format!("ask 1 phalanx/ping well {LONG}")), "1/1 1=well");
}

#[test]
fn a_late_answer_is_dropped_and_given_to_no_other_request() {
    let (_group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action keep keep");
    tell(&mut all[1], "action echo echo");
    assert_eq!(tell(&mut all[0], "ask 1 keep first 20"), "1/0 1=TimedOut");
    assert_eq!(tell(&mut all[1], "answer-kept late"), "1");
    assert_eq!(tell(&mut all[0], &format!("ask 1 echo second {LONG}")), "1/1 1=second");
    assert_eq!(tell(&mut all[0], "dropped"), "1");
}

#[test]
fn a_peer_that_is_killed_while_it_is_asked_is_gone_at_once() {
    let (_group, mut all) = group_of(PEER, 2);
    tell(&mut all[1], "action keep keep");
    tell(&mut all[2], "action echo echo");
    for kind in ["ask", "ask-async"] {
        let mut victim = all.remove(1);
        tell(&mut victim, "heard");
        all[0].say(&format!("{kind} all keep me {LONG}"));
        std::thread::sleep(core::time::Duration::from_millis(50));
        victim.kill().assert_killed();
        let answer = all[0].answer().expect("an answer");
        let answer = if kind == "ask" { answer } else { heard(&mut all[0]) };
        assert!(answer.contains("1=Gone") && answer.contains("2=NoSuchAction"), "{answer}");
        all.insert(1, secondary(&_group, 1));
        tell(&mut all[1], "action keep keep");
    }
}

#[test]
fn who_is_killed_is_gone_however_it_was_asked_and_whether_the_asker_watches_or_not() {
    for mode in ["serve", "unwatched"] {
        let group = TestGroup::of(PEER);
        let mut asker =
            Process::start(group.command(mode, &format!("--no-huge -m 8 {}", lcore(0))));
        asker.await_line("joined ");
        for (kind, by_socket) in [("ask", ""), ("ask", " 1"), ("ask-async", "")] {
            let mut victim = secondary(&group, 1);
            let slot = tell(&mut victim, "slot").split(' ').next().unwrap_or_default().to_owned();
            tell(&mut victim, "action keep keep");
            asker.say(&format!("{kind} {slot} keep me {LONG}{by_socket}"));
            while tell(&mut victim, "kept") == "0" {
                std::thread::yield_now();
            }
            victim.kill().assert_killed();
            let answer = asker.answer().expect("an answer");
            let answer = if kind == "ask" { answer } else { heard(&mut asker) };
            assert!(answer.ends_with(&format!("1/0 {slot}=Gone")), "{mode} {kind}: {answer}");
        }
    }
}

#[test]
fn a_request_that_lies_unread_when_its_peer_leaves_ends_at_once() {
    let (_group, mut all) = group_of(PEER, 1);
    let mut leaver = all.remove(1);
    tell(&mut leaver, "action slow slow");
    // All threads for handlers are taken, so that the last requests are not begun.
    for _ in 0..40 {
        tell(&mut all[0], &format!("ask-async 1 slow 1000 {LONG}"));
    }
    leaver.end().assert_success();
    let mut ends = Vec::new();
    while ends.len() < 40 {
        ends.extend(
            heard(&mut all[0])
                .split("phalanx-msg-cb:")
                .map(str::to_owned)
                .filter(|it| !it.is_empty()),
        );
    }
    assert!(ends.iter().all(|end| !end.contains("TimedOut")), "{ends:?}");
}

#[test]
fn a_stopped_peer_costs_its_own_deadline_and_nobody_elses() {
    let (_group, mut all) = group_of(PEER, 2);
    for peer in &mut all[1..] {
        tell(peer, "action echo echo");
    }
    all[1].freeze();
    assert_eq!(tell(&mut all[0], "ask all echo here 300"), "2/1 1=TimedOut 2=here");
    assert_eq!(tell(&mut all[0], &format!("ask 2 echo still {LONG}")), "1/1 2=still");
    let full = (0..200).find_map(|_| all[0].ask("tell 1 echo more").err());
    assert!(full.is_some_and(|why| why.contains("queue is full")), "a bounded queue");
    let by_socket = (0..2000).find_map(|_| all[0].ask("tell 1 echo more 1").err());
    assert!(by_socket.is_some_and(|why| why.contains("queue is full")), "a bounded queue");
    all[1].thaw();
    assert_eq!(tell(&mut all[0], &format!("ask 1 echo again {LONG}")), "1/1 1=again");
}

#[test]
fn a_callback_runs_although_there_is_nobody_to_ask() {
    let (_group, mut all) = group_of(PEER, 0);
    tell(&mut all[0], &format!("ask-async all echo nobody {LONG}"));
    assert!(heard(&mut all[0]).ends_with(":0/0"));
}

#[test]
fn every_callback_of_a_process_that_leaves_while_it_asks_runs_once() {
    let (group, _all) = group_of(PEER, 0);
    for _ in 0..5 {
        let leaver = group.command("leave-asking", &format!("--proc-type=secondary {}", lcore(1)));
        let ended = Process::run(leaver);
        let line = ended.assert_success().stdout.lines().last().unwrap_or_default().to_owned();
        let words: Vec<&str> = line.split(' ').collect();
        let ["made", made, "called", called] = words[..] else { panic!("{ended}") };
        assert_eq!(made, called);
    }
}

#[test]
fn after_unregistering_no_handler_runs() {
    let (_group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action slow slow");
    all[0].say(&format!("ask 1 slow 300 {LONG}"));
    std::thread::sleep(core::time::Duration::from_millis(50));
    tell(&mut all[1], "forget slow");
    // It was waited for, so it has been answered.
    assert_eq!(all[0].answer(), Ok("1/1 1=300".to_owned()));
    assert_eq!(tell(&mut all[0], &format!("ask 1 slow 0 {LONG}")), "1/0 1=NoSuchAction");
    tell(&mut all[1], "action slow echo");
    assert_eq!(tell(&mut all[0], &format!("ask 1 slow again {LONG}")), "1/1 1=again");
}

#[test]
fn handlers_that_unregister_each_other_do_not_wait_for_ever() {
    let (_group, mut all) = group_of(PEER, 2);
    tell(&mut all[1], "action one cross");
    tell(&mut all[1], "action two cross");
    all[0].say(&format!("ask 1 one two {LONG}"));
    all[2].say(&format!("ask 1 two one {LONG}"));
    let answers = [0, 2].map(|asker| all[asker].answer().expect("an answer"));
    let ended = answers.iter().filter(|answer| *answer == "1/1 1=ended").count();
    let told = answers.iter().filter(|answer| answer.contains("it was not waited for")).count();
    assert_eq!((ended, told), (1, 1), "{answers:?}");
    assert_eq!(tell(&mut all[0], &format!("ask 1 one again {LONG}")), "1/0 1=NoSuchAction");
}

#[test]
fn a_handler_that_leaves_the_group_waits_for_none_that_waits_for_it() {
    let (group, mut all) = group_of(PEER, 0);
    let arguments = format!("--proc-type=secondary {}", lcore(1));
    let mut leaver = Process::start(group.command("leave-in-handler", &arguments));
    leaver.await_line("ready true");
    tell(&mut all[0], &format!("ask-async 1 wait it {LONG}"));
    tell(&mut all[0], "tell 1 leave now");
    let told = leaver.await_line("told: ");
    assert!(told.contains("leaves the group") || told.contains("not registered"), "{told}");
    leaver.end().assert_success();
    assert_eq!(tell(&mut all[0], "members"), "1");
}
