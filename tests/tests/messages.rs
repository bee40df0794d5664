//! Messages between three processes: every direction, both kinds of request, descriptors, and
//! every way in which a request can end.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Milliseconds that no answer takes.
const LONG: &str = "30000";

/// A primary in slot 0 and `count` secondaries behind it.
fn group_of(count: u16) -> (TestGroup, Vec<Process>) {
    let group = TestGroup::of(PEER);
    let mut all = vec![group.peer(&format!("--no-huge -m 8 {}", lcore(0)))];
    all.extend((1..=count).map(|id| secondary(&group, id)));
    (group, all)
}

fn secondary(group: &TestGroup, id: u16) -> Process {
    group.peer(&format!("--proc-type=secondary {}", lcore(id)))
}

#[track_caller]
fn tell(peer: &mut Process, command: &str) -> String {
    peer.ask(command).unwrap_or_else(|why| panic!("{command}: {why}"))
}

/// Waits until the peer has heard something.
fn heard(peer: &mut Process) -> String {
    loop {
        let heard = tell(peer, "heard");
        if !heard.is_empty() {
            return heard;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_request_is_answered_in_every_direction() {
    let (_group, mut all) = group_of(2);
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
    let (_group, mut all) = group_of(2);
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
    let (_group, mut all) = group_of(1);
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
    let (group, mut all) = group_of(1);
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
    let (_group, mut all) = group_of(1);
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
    let (_group, mut all) = group_of(0);
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
fn every_way_to_leave_a_request_unanswered_is_told_to_the_requester() {
    let (_group, mut all) = group_of(1);
    for kind in ["panic", "drop"] {
        tell(&mut all[1], &format!("action {kind} {kind}"));
        assert_eq!(tell(&mut all[0], &format!("ask 1 {kind} now {LONG}")), "1/0 1=Dropped");
    }
    assert_eq!(tell(&mut all[0], &format!("ask 1 unknown now {LONG}")), "1/0 1=NoSuchAction");
    assert_eq!(tell(&mut all[0], &format!("ask 1 phalanx/ping well {LONG}")), "1/1 1=well");
}

#[test]
fn an_answer_may_come_from_another_thread_after_the_handler_has_returned() {
    let (_group, mut all) = group_of(1);
    tell(&mut all[1], "action later later");
    assert_eq!(tell(&mut all[0], &format!("ask 1 later later {LONG}")), "1/1 1=later");
}

#[test]
fn a_late_answer_is_dropped_and_given_to_no_other_request() {
    let (_group, mut all) = group_of(1);
    tell(&mut all[1], "action keep keep");
    tell(&mut all[1], "action echo echo");
    assert_eq!(tell(&mut all[0], "ask 1 keep first 20"), "1/0 1=TimedOut");
    assert_eq!(tell(&mut all[1], "answer-kept late"), "1");
    assert_eq!(tell(&mut all[0], &format!("ask 1 echo second {LONG}")), "1/1 1=second");
    assert_eq!(tell(&mut all[0], "dropped"), "1");
}

#[test]
fn a_peer_that_is_killed_while_it_is_asked_is_gone_at_once() {
    let (_group, mut all) = group_of(2);
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
    let (_group, mut all) = group_of(1);
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
    let (_group, mut all) = group_of(2);
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
fn a_callback_runs_once_and_always_on_the_same_thread() {
    let (_group, mut all) = group_of(2);
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
fn a_callback_runs_although_there_is_nobody_to_ask() {
    let (_group, mut all) = group_of(0);
    tell(&mut all[0], &format!("ask-async all echo nobody {LONG}"));
    assert!(heard(&mut all[0]).ends_with(":0/0"));
}

#[test]
fn every_callback_of_a_process_that_leaves_while_it_asks_runs_once() {
    let (group, _all) = group_of(0);
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
fn a_request_inside_a_handler_works_to_any_depth() {
    let (_group, mut all) = group_of(1);
    for peer in &mut all {
        tell(peer, "action deeper deeper");
    }
    assert_eq!(tell(&mut all[0], &format!("ask 1 deeper 3 {LONG}")), "1/1 1=3-2-1-0");
    assert_eq!(tell(&mut all[0], &format!("ask 1 deeper 8 {LONG}")), "1/1 1=8-7-6-5-4-3-2-1-0");
}

#[test]
fn a_slow_handler_holds_up_nobody_else() {
    let (_group, mut all) = group_of(2);
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
    let (_group, mut all) = group_of(1);
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
    let (_group, mut all) = group_of(2);
    tell(&mut all[1], "action mine primary-only");
    tell(&mut all[1], "action ours secondaries-only");
    assert_eq!(tell(&mut all[0], &format!("ask 1 mine yes {LONG}")), "1/1 1=yes");
    assert_eq!(tell(&mut all[0], &format!("ask 1 ours no {LONG}")), "1/0 1=NotAllowed");
    assert_eq!(tell(&mut all[2], &format!("ask 1 mine no {LONG}")), "1/0 1=NotAllowed");
    assert_eq!(tell(&mut all[2], &format!("ask 1 ours yes {LONG}")), "1/1 1=yes");
}

#[test]
fn after_unregistering_no_handler_runs() {
    let (_group, mut all) = group_of(1);
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
    let (_group, mut all) = group_of(2);
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
    let (group, mut all) = group_of(0);
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

#[test]
fn a_private_group_has_no_messages_and_says_so() {
    let group = TestGroup::of(PEER);
    let mut peer = group.peer(&format!("--no-huge -m 8 --no-shconf {}", lcore(0)));
    let why = peer.ask("ask all echo me 10").expect_err("nobody else can be there");
    assert!(why.contains("private group"), "{why}");
}

#[test]
fn memory_is_allocated_in_handlers_and_messages_are_sent_in_between() {
    let (_group, mut all) = group_of(1);
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
    let (_group, mut all) = group_of(1);
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
