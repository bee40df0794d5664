//! Who may be asked what, and what comes of it.

use super::*;

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
