//! One mailbox: who has it, what is dropped, who is called.

use super::*;

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
        let _dead = mailbox.claim(groups[1].me().tag(), Class::Reply).unwrap();
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
fn who_sleeps_while_it_waits_for_one_that_dies_is_called() {
    let (groups, mut ports, platform) = three();
    let calls: &'static Calls = Box::leak(Box::default());
    ports[0].request(groups[1].me(), &name("echo"), &bytes(""), u64::MAX).unwrap();
    let sleep = ports[0].prepare_to_sleep(Bed::Word).unwrap();
    platform.dead.lock().unwrap().insert(1);
    assert_eq!(groups[2].sweep(), 1);
    assert_eq!(call_everybody(&groups[2], calls), 1);
    assert!(sleep.is_called() && calls.0.lock().unwrap()[0].who == groups[0].me());
    drop(sleep);
    assert_eq!(answers(&mut ports[0]).0, [(1, Outcome::Gone)]);
    assert_eq!(call_everybody(&groups[2], calls), 0, "nobody sleeps");
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
