//! Messages between three processes: every direction, both kinds of request, descriptors.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::peers::{group_of, heard, secondary, tell};
use phalanx_tests::process::Process;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Milliseconds that no answer takes.
const LONG: &str = "30000";

#[test]
fn a_request_is_answered_in_every_direction() {
    let (_group, mut all) = group_of(PEER, 2);
    for peer in &mut all {
        tell(peer, "action echo echo");
    }
    for (from, peer) in all.iter_mut().enumerate() {
        for to in (0..3).filter(|to| *to != from) {
            let answer = tell(peer, &format!("ask {to} echo hello {LONG}"));
            assert_eq!(answer, format!("1/1 {to}=hello"));
        }
        let others: Vec<String> =
            (0..3).filter(|to| *to != from).map(|to| format!("{to}=all")).collect();
        let answer = tell(peer, &format!("ask all echo all {LONG}"));
        assert_eq!(answer, format!("2/2 {}", others.join(" ")));
    }
    assert_eq!(tell(&mut all[2], &format!("ask primary echo up {LONG}")), "1/1 0=up");
    let why = all[0].ask(&format!("ask primary echo up {LONG}")).expect_err("it is the primary");
    assert!(why.contains("which this process is"), "{why}");
}

#[test]
fn a_message_arrives_in_every_direction() {
    let (_group, mut all) = group_of(PEER, 2);
    for peer in &mut all {
        tell(peer, "action hear hear");
    }
    for from in 0..3 {
        assert_eq!(tell(&mut all[from], "tell all hear everybody"), "2");
        for to in (0..3).filter(|to| *to != from) {
            assert_eq!(heard(&mut all[to]), "everybody");
            tell(&mut all[from], &format!("tell {to} hear one"));
            assert_eq!(heard(&mut all[to]), "one");
        }
    }
    tell(&mut all[1], "tell primary hear up");
    assert_eq!(heard(&mut all[0]), "up");
}

#[test]
fn messages_of_one_sender_are_handled_in_order() {
    let (_group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action hear hear");
    let mut seen = Vec::new();
    for batch in 0..20 {
        for index in 0..10 {
            tell(&mut all[0], &format!("tell 1 hear {}", batch * 10 + index));
        }
        while seen.len() < batch * 10 + 10 {
            let more = heard(&mut all[1]);
            seen.extend(more.split(' ').map(|word| word.parse::<usize>().expect("a number")));
        }
    }
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
}

#[test]
fn descriptors_arrive_and_their_files_can_be_read() {
    let (group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action echo echo");
    tell(&mut all[1], "action hear hear");
    tell(&mut all[1], "action give give");
    // Once its watcher tells of the last who came, it has all the descriptors that it keeps.
    tell(&mut all[1], "subscribe");
    let guest = secondary(&group, 2);
    tell(&mut all[1], &format!("await joined {}", guest.id()));
    let before = tell(&mut all[1], "descriptors");
    assert_eq!(tell(&mut all[0], &format!("ask 1 echo with: {LONG} 8")), "1/1 1=with:01234567");
    assert_eq!(tell(&mut all[0], &format!("ask 1 echo none {LONG} 0")), "1/1 1=none");
    tell(&mut all[0], "tell 1 hear two: 2");
    assert_eq!(heard(&mut all[1]), "two:01");
    assert_eq!(tell(&mut all[0], &format!("ask 1 give 8 {LONG}")), "1/1 1=:01234567");
    // The last handler has answered, and closes what it opened.
    let closed = (0..1000).any(|_| tell(&mut all[1], "descriptors") == before);
    assert!(closed, "{before} before, {} now", tell(&mut all[1], "descriptors"));
}

#[test]
fn nine_descriptors_and_a_byte_too_many_are_refused_before_anything_is_sent() {
    let (_group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action echo echo");
    let why = all[0].ask(&format!("ask 1 echo nine {LONG} 9")).expect_err("nine");
    assert!(why.contains("at most 8 descriptors"), "{why}");
    let why = all[0].ask(&format!("ask 1 echo x257 {LONG}")).expect_err("257 bytes");
    assert!(why.contains("at most 256 bytes"), "{why}");
    let answer = tell(&mut all[0], &format!("ask 1 echo x256 {LONG}"));
    assert_eq!(answer, format!("1/1 1={}", "a".repeat(256)));
    assert_eq!(tell(&mut all[0], &format!("ask 1 echo - {LONG}")), "1/1 1=");
}

#[test]
fn a_name_is_registered_once_and_every_bad_name_is_refused() {
    let (_group, mut all) = group_of(PEER, 0);
    let mut refused = |command: &str, why: &str| {
        let said = all[0].ask(command).expect_err(command);
        assert!(said.contains(why), "{said}");
    };
    refused(&format!("action {} echo", "n".repeat(64)), "at most 63 characters");
    refused("action phalanx/ping echo", "is already");
    refused("forget nobody", "not registered");
    refused("tell 0 hear me", "own");
    refused("tell 9 hear nobody", "no process lives there");
    assert_eq!(tell(&mut all[0], &format!("action {} echo", "n".repeat(63))), "");
    assert_eq!(tell(&mut all[0], "tell all hear nobody"), "0");
    assert_eq!(tell(&mut all[0], &format!("ask all hear nobody {LONG}")), "0/0");
}

#[test]
fn an_answer_may_come_from_another_thread_after_the_handler_has_returned() {
    let (_group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action later later");
    assert_eq!(tell(&mut all[0], &format!("ask 1 later later {LONG}")), "1/1 1=later");
}

#[test]
fn a_callback_runs_once_and_always_on_the_same_thread() {
    let (_group, mut all) = group_of(PEER, 2);
    tell(&mut all[1], "action echo echo");
    tell(&mut all[2], "action keep keep");
    let threads = [
        ("ask-async 1 echo here 30000", "1/1 1=here"),
        ("ask-async 2 keep never 20", "1/0 2=TimedOut"),
        ("ask-async all other nothing 30000", "2/0 1=NoSuchAction 2=NoSuchAction"),
    ]
    .map(|(command, wanted)| {
        tell(&mut all[0], command);
        let heard = heard(&mut all[0]);
        let (thread, what) = heard.split_once(':').expect("a thread");
        assert_eq!(what, wanted);
        thread.to_owned()
    });
    assert!(threads.iter().all(|thread| *thread == threads[0]), "{threads:?}");
    tell(&mut all[2], "answer-kept late");
    tell(&mut all[0], &format!("ask 2 phalanx/ping now {LONG}"));
    assert_eq!(tell(&mut all[0], "heard"), "");
}

#[test]
fn a_request_inside_a_handler_works_to_any_depth() {
    let (_group, mut all) = group_of(PEER, 1);
    for peer in &mut all {
        tell(peer, "action deeper deeper");
    }
    assert_eq!(tell(&mut all[0], &format!("ask 1 deeper 3 {LONG}")), "1/1 1=3-2-1-0");
    assert_eq!(tell(&mut all[0], &format!("ask 1 deeper 8 {LONG}")), "1/1 1=8-7-6-5-4-3-2-1-0");
}

#[test]
fn a_slow_handler_holds_up_nobody_else() {
    let (_group, mut all) = group_of(PEER, 2);
    tell(&mut all[1], "action slow slow");
    all[0].say(&format!("ask 1 slow 2000 {LONG}"));
    std::thread::sleep(core::time::Duration::from_millis(50));
    // Answered while the slow one still runs, or the answers would come in the other order.
    assert_eq!(tell(&mut all[2], &format!("ask 1 phalanx/ping quick {LONG}")), "1/1 1=quick");
    assert_eq!(tell(&mut all[1], "heard"), "");
    assert_eq!(all[0].answer(), Ok("1/1 1=2000".to_owned()));
}

#[test]
fn a_process_whose_descriptors_are_more_than_its_limit_still_takes_datagrams() {
    let (_group, mut all) = group_of(PEER, 1);
    tell(&mut all[1], "action mine primary-only");
    let before = limit_descriptors(&all[1], Some(1));
    // The proof of who asks comes by socket.
    assert_eq!(tell(&mut all[0], "ask 1 mine yes 10000"), "1/1 1=yes");
    while tell(&mut all[1], "dropped") == "0" {
        std::thread::yield_now();
    }
    limit_descriptors(&all[1], before);
    assert_eq!(tell(&mut all[0], &format!("ask 1 mine again {LONG}")), "1/1 1=again");
}

/// Sets how many descriptors a process may have, below what it has open: then it may not wait for
/// them any more (`poll` fails). Returns what it was.
fn limit_descriptors(peer: &Process, limit: Option<u64>) -> Option<u64> {
    let pid = i32::try_from(peer.id()).ok().and_then(Pid::from_raw);
    let get = || prlimit(pid, Resource::Nofile, getrlimit(Resource::Nofile));
    let before = get().expect("our own child");
    let set = Rlimit { current: limit, maximum: before.maximum };
    prlimit(pid, Resource::Nofile, set).expect("our own child");
    before.current
}

#[test]
fn an_action_for_a_role_takes_that_roles_requests_and_refuses_others() {
    let (_group, mut all) = group_of(PEER, 2);
    tell(&mut all[1], "action mine primary-only");
    tell(&mut all[1], "action ours secondaries-only");
    assert_eq!(tell(&mut all[0], &format!("ask 1 mine yes {LONG}")), "1/1 1=yes");
    assert_eq!(tell(&mut all[0], &format!("ask 1 ours no {LONG}")), "1/0 1=NotAllowed");
    assert_eq!(tell(&mut all[2], &format!("ask 1 mine no {LONG}")), "1/0 1=NotAllowed");
    assert_eq!(tell(&mut all[2], &format!("ask 1 ours yes {LONG}")), "1/1 1=yes");
}

#[test]
fn a_private_group_has_no_messages_and_says_so() {
    let group = TestGroup::of(PEER);
    let mut peer = group.peer(&format!("--no-huge -m 8 --no-shconf {}", lcore(0)));
    let why = peer.ask("ask all echo me 10").expect_err("nobody else can be there");
    assert!(why.contains("private group"), "{why}");
}

#[test]
fn memory_is_allocated_in_handlers_and_messages_are_sent_in_between() {
    let (_group, mut all) = group_of(PEER, 1);
    for peer in &mut all {
        tell(peer, "action allocate allocate");
    }
    all[0].say("mix 3000 1");
    all[1].say("mix 3000 0");
    assert_eq!(all[0].answer(), Ok("3000".to_owned()));
    assert_eq!(all[1].answer(), Ok("3000".to_owned()));
}

#[test]
#[ignore = "a long proof: 100,000 times"]
fn memory_and_messages_mix_a_hundred_thousand_times() {
    let (_group, mut all) = group_of(PEER, 1);
    for peer in &mut all {
        tell(peer, "action allocate allocate");
    }
    for _ in 0..20 {
        all[0].say("mix 5000 1");
        all[1].say("mix 5000 0");
        assert_eq!(all[0].answer(), Ok("5000".to_owned()));
        assert_eq!(all[1].answer(), Ok("5000".to_owned()));
    }
}
