//! Ports of several processes of one fake group.

use std::sync::Mutex;

use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::{Group, ProcessId, ProcessInfo, Role};
use crate::message::{
    ActionName, Answer, Bed, Call, Class, Dropped, Finished, Frame, Inbox, InboxError, Kind,
    Mailbox, NobodySleeps, Outcome, Payload, Post, Reason, SendError, Wake, attend,
};
use crate::name::Name;

type Small = Port<4, 4>;

const SECOND: u64 = 1_000_000_000;

fn name(text: &str) -> ActionName {
    ActionName::new(text).unwrap()
}

fn bytes(text: &str) -> Payload {
    Payload::new(text.as_bytes()).unwrap()
}

/// A primary and two secondaries, each with an action "echo".
fn three() -> ([Group; 3], [Small; 3], &'static FakePlatform) {
    let (primary, platform) = fake::group();
    let groups = [1, 2].map(|slot| fake::join(primary.window(), slot, platform));
    let groups = [primary, groups[0], groups[1]];
    let ports = groups.each_ref().map(|group| {
        let mut port = Small::open(group, &NobodySleeps).unwrap();
        port.register(&name("echo"), Allowed::Anyone).unwrap();
        port
    });
    (groups, ports, platform)
}

/// Answers everything with what came.
fn echo(port: &mut Small) {
    while let Some(incoming) = port.next() {
        if let Incoming::Request { payload, token, .. } = incoming {
            token.answer(&payload).unwrap();
        }
    }
}

/// What comes to a port, as far as answers go: each peer's slot and outcome, and the end.
fn answers(port: &mut Small) -> (Vec<(u16, Outcome)>, Option<Finished>) {
    let mut all = Vec::new();
    while let Some(incoming) = port.next() {
        match incoming {
            Incoming::Answer(Answer { peer, outcome, .. }) => all.push((peer.slot(), outcome)),
            Incoming::Finished(done) => return (all, Some(done)),
            other => panic!("{other:?}"),
        }
    }
    (all, None)
}

#[test]
fn a_message_goes_from_anybody_to_anybody() {
    let (groups, mut ports, _) = three();
    for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 0)] {
        ports[from].send(groups[to].me(), &name("echo"), &bytes("hi")).unwrap();
        match ports[to].next() {
            Some(Incoming::Message { from: sender, name: action, payload }) => {
                assert_eq!(sender, groups[from].me());
                assert_eq!((action, payload), (name("echo"), bytes("hi")));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ports[0].send_to_all(&name("echo"), &bytes("all")), 2);
    assert!(ports[1].next().is_some() && ports[2].next().is_some() && ports[0].next().is_none());
}

#[test]
fn a_request_to_one_is_answered_and_ends() {
    let (groups, mut ports, _) = three();
    let to = groups[2].me();
    let request = ports[1].request(to, &name("echo"), &bytes("x"), SECOND).unwrap();
    echo(&mut ports[2]);
    let (all, done) = answers(&mut ports[1]);
    assert_eq!(all, [(2, Outcome::Answered(bytes("x")))]);
    assert_eq!(done, Some(Finished { request, nb_sent: 1, nb_received: 1 }));
    assert!(ports[1].next().is_none());
}

#[test]
fn a_request_to_all_has_one_result_a_peer() {
    let (_, mut ports, _) = three();
    assert!(ports[2].unregister(&name("echo")) && !ports[2].unregister(&name("echo")));
    let request = ports[0].request_all(&name("echo"), &bytes("x"), SECOND).unwrap();
    echo(&mut ports[1]);
    echo(&mut ports[2]);
    let (all, done) = answers(&mut ports[0]);
    let refused = Outcome::Refused(Reason::UnknownAction);
    assert_eq!(all, [(1, Outcome::Answered(bytes("x"))), (2, refused)]);
    assert_eq!(done, Some(Finished { request, nb_sent: 2, nb_received: 1 }));
}

#[test]
fn a_request_to_all_of_nobody_ends() {
    let (group, _) = fake::group();
    let mut port = Small::open(&group, &NobodySleeps).unwrap();
    let request = port.request_all(&name("echo"), &bytes(""), SECOND).unwrap();
    let (all, done) = answers(&mut port);
    assert_eq!((all.len(), done), (0, Some(Finished { request, nb_sent: 0, nb_received: 0 })));
}

#[test]
fn a_request_that_is_dropped_is_refused_at_once() {
    let (groups, mut ports, _) = three();
    ports[0].request(groups[1].me(), &name("echo"), &bytes(""), SECOND).unwrap();
    drop(ports[1].next().unwrap());
    assert_eq!(answers(&mut ports[0]).0, [(1, Outcome::Refused(Reason::Dropped))]);
}

#[test]
fn a_token_may_be_kept_and_answered_later_by_another_thread() {
    let (groups, mut ports, _) = three();
    ports[0].request(groups[1].me(), &name("echo"), &bytes(""), SECOND).unwrap();
    let Some(Incoming::Request { token, .. }) = ports[1].next() else { panic!("a request") };
    assert_eq!(answers(&mut ports[0]), (vec![], None));
    std::thread::spawn(move || token.answer(&bytes("late")).unwrap()).join().unwrap();
    assert_eq!(answers(&mut ports[0]).0, [(1, Outcome::Answered(bytes("late")))]);
}

#[test]
fn a_handler_may_ask_and_send_itself() {
    let (groups, mut ports, _) = three();
    let [me, to] = [groups[1].me(), groups[2].me()];
    ports[0].send(me, &name("echo"), &bytes("go")).unwrap();
    let mut seen = 0;
    let handled = ports[1].poll(10, &mut |port, _| {
        seen += 1;
        port.request(to, &name("echo"), &bytes("nested"), SECOND).unwrap();
    });
    assert_eq!((handled, seen), (1, 1));
    echo(&mut ports[2]);
    assert_eq!(answers(&mut ports[1]).0, [(2, Outcome::Answered(bytes("nested")))]);
}

#[test]
fn a_peer_that_never_answers_costs_the_deadline_and_its_late_reply_nobody() {
    let (groups, mut ports, _) = three();
    let to = groups[1].me();
    ports[0].request(to, &name("echo"), &bytes("1"), 1).unwrap();
    let Some(Incoming::Request { token, .. }) = ports[1].next() else { panic!("a request") };
    // The fake clock goes on with every look.
    let (all, done) = answers(&mut ports[0]);
    assert_eq!((all, done.unwrap().nb_received), (vec![(1, Outcome::TimedOut)], 0));
    ports[0].request(to, &name("echo"), &bytes("2"), SECOND).unwrap();
    token.answer(&bytes("late")).unwrap();
    echo(&mut ports[1]);
    assert_eq!(answers(&mut ports[0]).0, [(1, Outcome::Answered(bytes("2")))]);
    assert_eq!(ports[0].facts().dropped(Dropped::Unexpected), 1);
}

#[test]
fn a_peer_that_dies_while_it_is_asked_is_gone() {
    let (groups, mut ports, platform) = three();
    ports[0].request_all(&name("echo"), &bytes(""), u64::MAX).unwrap();
    platform.dead.lock().unwrap().insert(1);
    echo(&mut ports[2]);
    let (mut all, mut done) = (Vec::new(), None);
    while done.is_none() {
        let (some, end) = answers(&mut ports[0]);
        all.extend(some);
        done = end;
    }
    assert_eq!(all, [(2, Outcome::Answered(bytes(""))), (1, Outcome::Gone)]);
    groups[0].sweep();
    let error = ports[0].send(groups[1].me(), &name("echo"), &bytes("")).unwrap_err();
    assert_eq!(error, SendError::Gone { target: groups[1].me() });
}

#[test]
fn who_has_not_opened_its_mailbox_is_told_apart_from_who_is_gone() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let mut port = Small::open(&group, &NobodySleeps).unwrap();
    let target = other.me();
    let error = port.send(target, &name("echo"), &bytes("")).unwrap_err();
    assert_eq!(error, SendError::NotListening { target });
    let error = port.request(target, &name("echo"), &bytes(""), SECOND).unwrap_err();
    assert_eq!(error, RequestError::Unsent(SendError::NotListening { target }));
    assert!(port.next().is_none());
}

#[test]
fn a_process_that_is_still_starting_ignores_what_it_does_not_know_yet() {
    let (group, _) = fake::group();
    let region = group.region();
    let info = ProcessInfo { pid: 7, role: Role::Secondary, name: Name::cut("young"), command: "" };
    let me = group.test_enter(1, &info, 0).unwrap();
    let young = fake::member(group.window(), me, group.platform());
    let mut young_port = Small::open(&young, &NobodySleeps).unwrap();
    let mut port = Small::open(&group, &NobodySleeps).unwrap();
    port.request_all(&name("echo"), &bytes(""), SECOND).unwrap();
    echo(&mut young_port);
    let (all, done) = answers(&mut port);
    assert_eq!(all, [(1, Outcome::Refused(Reason::Ignored))]);
    assert_eq!(done.unwrap().nb_sent, 0);
    assert!(region.process(1).is_some());
}

#[test]
fn an_action_for_the_primary_refuses_others() {
    let (groups, mut ports, _) = three();
    ports[2].register(&name("stop"), Allowed::Primary).unwrap();
    let to = groups[2].me();
    ports[1].request(to, &name("stop"), &bytes(""), SECOND).unwrap();
    ports[1].send(to, &name("stop"), &bytes("")).unwrap();
    assert!(ports[2].next().is_none());
    assert_eq!(answers(&mut ports[1]).0, [(2, Outcome::Refused(Reason::NotAllowed))]);
    assert_eq!(ports[2].facts().dropped(Dropped::NotAllowed), 1);
    ports[0].send(to, &name("stop"), &bytes("")).unwrap();
    assert!(matches!(ports[2].next(), Some(Incoming::Message { .. })));
}

#[test]
fn registering_twice_or_beyond_the_table_is_refused() {
    let (_, mut ports, _) = three();
    let again = ports[0].register(&name("echo"), Allowed::Anyone).unwrap_err();
    assert_eq!(again, RegisterError::Exists { name: name("echo") });
    for text in ["a", "b", "c"] {
        ports[0].register(&name(text), Allowed::Anyone).unwrap();
    }
    let full = ports[0].register(&name("d"), Allowed::Anyone).unwrap_err();
    assert_eq!(full, RegisterError::Full { actions: 4 });
}

#[test]
fn a_process_has_one_mailbox_and_an_observer_none() {
    let (group, platform) = fake::group();
    let inbox = Inbox::open(&group).unwrap();
    assert_eq!(Inbox::open(&group).unwrap_err(), InboxError::Open);
    drop(inbox);
    assert!(Inbox::open(&group).is_ok());
    let observer = fake::observe(group.window(), platform);
    assert_eq!(Inbox::open(&observer).unwrap_err(), InboxError::Observer);
    let post = Post::new(&observer, &NobodySleeps);
    let error = post.message(group.me(), &name("echo"), &bytes("")).unwrap_err();
    assert_eq!(error, SendError::Observer);
}

#[test]
fn a_mailbox_that_is_given_back_and_opened_again_has_lost_nothing() {
    let (group, _) = fake::group();
    let post = Post::new(&group, &NobodySleeps);
    let mut inbox = Inbox::open(&group).unwrap();
    for text in ["1", "2", "3"] {
        post.message(group.me(), &name("echo"), &bytes(text)).unwrap();
    }
    assert_eq!(inbox.next().unwrap().payload, bytes("1"));
    drop(inbox);
    let mut inbox = Inbox::open(&group).unwrap();
    assert_eq!(inbox.next().unwrap().payload, bytes("2"));
    assert_eq!(inbox.next().unwrap().payload, bytes("3"));
}

#[test]
fn what_was_sent_to_the_slots_last_tenant_is_dropped() {
    let (groups, ports, platform) = three();
    ports[0].send(groups[1].me(), &name("echo"), &bytes("old")).unwrap();
    platform.dead.lock().unwrap().insert(1);
    platform.dead.lock().unwrap().remove(&1);
    let next = fake::join(groups[0].window(), 1, platform);
    let mut inbox = Inbox::open(&next).unwrap();
    assert_eq!(inbox.facts().dropped(Dropped::Stale), 1);
    let post = Post::new(&groups[0], &NobodySleeps);
    let old = post.frame(groups[1].me(), Kind::Message, 0, &name("echo"), &bytes(""));
    assert_eq!(post.send(&old), Err(SendError::Gone { target: groups[1].me() }));
    post.message(next.me(), &name("echo"), &bytes("new")).unwrap();
    assert_eq!(inbox.next().unwrap().payload, bytes("new"));
    assert!(inbox.next().is_none());
}

#[test]
fn a_message_of_who_has_left_comes_and_its_request_does_not() {
    let (groups, mut ports, _) = three();
    let to = groups[0].me();
    ports[1].send(to, &name("echo"), &bytes("bye")).unwrap();
    ports[1].request(to, &name("echo"), &bytes(""), SECOND).unwrap();
    groups[1].test_leave();
    assert!(matches!(ports[0].next(), Some(Incoming::Message { .. })));
    assert!(ports[0].next().is_none());
    assert_eq!(ports[0].facts().dropped(Dropped::SenderGone), 1);
}

#[test]
fn a_frame_that_lies_about_its_sender_is_dropped() {
    let (groups, mut ports, _) = three();
    let post = Post::new(&groups[1], &NobodySleeps);
    let honest = post.frame(groups[0].me(), Kind::Message, 0, &name("echo"), &bytes(""));
    let future = ProcessId::new(1, groups[1].me().generation() + 512);
    for sender in [groups[2].me(), ProcessId::new(9, 1), future] {
        post.send(&Frame { sender, ..honest }).unwrap();
    }
    post.send(&honest).unwrap();
    assert!(ports[0].next().is_some() && ports[0].next().is_none());
    assert_eq!(ports[0].facts().dropped(Dropped::Forged), 3);
}

#[test]
fn noise_in_a_mailbox_is_counted_and_the_next_message_comes() {
    let (groups, mut ports, _) = three();
    let mailbox = &groups[0].region().mailboxes[0];
    for noise in 0..100u64 {
        let claim = mailbox.claim(groups[1].me().tag(), Class::Reply).unwrap();
        claim.fill((0..48).map(|i| noise.wrapping_mul(i).rotate_left(i as u32)));
        claim.publish(48).unwrap().ring();
        ports[1].send(groups[0].me(), &name("echo"), &bytes("good")).unwrap();
        assert!(matches!(ports[0].next(), Some(Incoming::Message { .. })));
    }
    assert_eq!(ports[0].facts().dropped(Dropped::Malformed), 100);
}

#[test]
fn descriptors_do_not_go_into_a_mailbox() {
    let (groups, ..) = three();
    let post = Post::new(&groups[1], &NobodySleeps);
    let frame = post.frame(groups[0].me(), Kind::Message, 0, &name("echo"), &bytes(""));
    let with = Frame { descriptors: 1, ..frame };
    assert_eq!(post.send(&with), Err(SendError::Descriptors { count: 1 }));
}

#[test]
fn a_full_mailbox_is_an_error_to_the_sender_and_replies_still_come() {
    let (groups, mut ports, _) = three();
    let (me, slow) = (groups[0].me(), groups[1].me());
    let request = ports[1].request(me, &name("echo"), &bytes("q"), SECOND).unwrap();
    let full = (0..100).find_map(|_| ports[0].send(slow, &name("echo"), &bytes("")).err());
    let class = Class::Message;
    assert_eq!(full, Some(SendError::Full { target: slow, class }));
    echo(&mut ports[0]);
    let mut replies = 0;
    while let Some(incoming) = ports[1].next() {
        replies += usize::from(
            matches!(incoming, Incoming::Answer(Answer { request: r, .. }) if r == request),
        );
    }
    assert_eq!((replies, ports[1].facts().refused), (1, 1));
}

#[test]
fn a_full_mailbox_of_a_dead_process_says_that_it_is_gone() {
    let (groups, ports, platform) = three();
    platform.dead.lock().unwrap().insert(1);
    let error =
        (0..100).find_map(|_| ports[0].send(groups[1].me(), &name("echo"), &bytes("")).err());
    assert_eq!(error, Some(SendError::Gone { target: groups[1].me() }));
}

#[test]
fn cells_of_dead_senders_are_freed_by_who_finds_the_box_full() {
    let (groups, ports, platform) = three();
    let mailbox = &groups[0].region().mailboxes[0];
    for _ in 0..64 {
        let claim = mailbox.claim(groups[1].me().tag(), Class::Reply).unwrap();
        drop(claim);
    }
    let full = ports[2].send(groups[0].me(), &name("echo"), &bytes("")).unwrap_err();
    assert!(matches!(full, SendError::Full { .. }));
    platform.dead.lock().unwrap().insert(1);
    ports[2].send(groups[0].me(), &name("echo"), &bytes("")).unwrap();
    assert_eq!(ports[0].facts().mended, 64);
}

/// Remembers whom it was to wake.
#[derive(Default)]
struct Calls(Mutex<Vec<Call>>);

impl Wake for Calls {
    fn wake(&self, call: Call) {
        self.0.lock().unwrap().push(call);
    }
}

#[test]
fn a_sleeper_is_called_with_the_word_it_sleeps_on() {
    let (groups, mut ports, _) = three();
    let calls: &'static Calls = Box::leak(Box::default());
    let post = Post::new(&groups[1], calls);
    let who = groups[0].me();
    let sleep = ports[0].prepare_to_sleep(Bed::Word).unwrap();
    let word = sleep.word();
    assert!(!sleep.is_called());
    post.message(who, &name("echo"), &bytes("")).unwrap();
    assert!(sleep.is_called());
    drop(sleep);
    assert_eq!(calls.0.lock().unwrap().as_slice(), [Call { who, bed: Bed::Word, word }]);
    assert!(ports[0].prepare_to_sleep(Bed::Word).is_err());
    assert!(ports[0].next().is_some());
    // Awake again: nobody calls.
    post.message(who, &name("echo"), &bytes("")).unwrap();
    assert_eq!(calls.0.lock().unwrap().len(), 1);
}

/// Puts a frame in as far as a sender comes that is killed between making it ready and ringing.
fn make_ready_and_die(mailbox: &Mailbox, frame: &Frame) {
    let claim = mailbox.claim(frame.sender.tag(), Class::Message).unwrap();
    let bytes = frame.encode();
    claim.fill(bytes.chunks_exact(8).map(|it| u64::from_le_bytes(it.try_into().unwrap())));
    let _unrung = claim.publish(48).unwrap();
}

#[test]
fn the_reaper_calls_who_was_left_asleep_beside_a_message() {
    let (groups, mut ports, platform) = three();
    let calls: &'static Calls = Box::leak(Box::default());
    let sleep = ports[0].prepare_to_sleep(Bed::Socket).unwrap();
    let mailbox = &groups[0].region().mailboxes[0];
    let post = Post::new(&groups[1], calls);
    let frame = post.frame(groups[0].me(), Kind::Message, 0, &name("echo"), &bytes("last"));
    make_ready_and_die(mailbox, &frame);
    assert_eq!(attend(&groups[2], calls), 0);
    assert!(calls.0.lock().unwrap().is_empty());
    platform.dead.lock().unwrap().insert(1);
    attend(&groups[2], calls);
    assert_eq!(calls.0.lock().unwrap().len(), 1);
    assert!(sleep.is_called());
    drop(sleep);
    assert!(matches!(ports[0].next(), Some(Incoming::Message { .. })));
}

#[test]
fn a_sweep_brings_what_a_dead_sender_had_not_rung_for() {
    let (groups, mut ports, platform) = three();
    let mailbox = &groups[0].region().mailboxes[0];
    let post = Post::new(&groups[1], &NobodySleeps);
    let frame = post.frame(groups[0].me(), Kind::Message, 0, &name("echo"), &bytes("last"));
    make_ready_and_die(mailbox, &frame);
    platform.dead.lock().unwrap().insert(1);
    assert!(ports[0].next().is_none());
    assert_eq!(groups[2].sweep(), 1);
    assert!(matches!(ports[0].next(), Some(Incoming::Message { .. })));
    assert_eq!(ports[0].facts().in_use, 0);
}
