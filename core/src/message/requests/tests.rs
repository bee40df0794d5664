//! Requests in flight, on a clock and peers that the test plays.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::group::ProcessId;
use crate::message::{ActionName, Frame, Kind, Payload, Reason};

const ME: ProcessId = ProcessId::new(9, 3);

fn peer(slot: u16) -> ProcessId {
    ProcessId::new(slot, 5)
}

fn name() -> ActionName {
    ActionName::new("ask").unwrap()
}

fn requests(room: usize) -> Requests<Vec<Flight>> {
    Requests::new(ME, vec![Flight::FREE; room])
}

fn reply(request: u64, from: ProcessId, kind: Kind) -> Frame {
    let payload = Payload::new(&request.to_le_bytes()).unwrap();
    Frame { kind, request, sender: from, target: ME, name: name(), payload, descriptors: 0 }
}

/// A request to the slots, sealed.
fn ask(requests: &mut Requests<Vec<Flight>>, slots: &[u16], deadline_ns: u64) -> u64 {
    let request = requests.begin(&name(), deadline_ns).unwrap();
    for slot in slots {
        assert!(requests.expect(request, peer(*slot)));
    }
    requests.seal(request);
    request
}

#[test]
fn each_peer_gives_one_answer_and_the_request_ends_once() {
    let mut requests = requests(2);
    let request = ask(&mut requests, &[1, 2], 100);
    let from_two = requests.accept(&reply(request, peer(2), Kind::Reply)).unwrap();
    assert_eq!((from_two.request, from_two.peer), (request, peer(2)));
    assert!(matches!(from_two.outcome, Outcome::Answered(_)));
    assert_eq!(requests.finished(), None);
    assert_eq!(requests.accept(&reply(request, peer(2), Kind::Reply)), None);
    let refusal = Kind::Refusal(Reason::UnknownAction);
    let from_one = requests.accept(&reply(request, peer(1), refusal)).unwrap();
    assert_eq!(from_one.outcome, Outcome::Refused(Reason::UnknownAction));
    assert_eq!(requests.finished(), Some(Finished { request, nb_sent: 2, nb_received: 1 }));
    assert_eq!((requests.finished(), requests.in_flight()), (None, 0));
}

#[test]
fn a_request_to_nobody_ends_at_once() {
    let mut requests = requests(1);
    let request = ask(&mut requests, &[], 100);
    assert_eq!(requests.finished(), Some(Finished { request, nb_sent: 0, nb_received: 0 }));
}

#[test]
fn one_deadline_holds_for_all_and_ends_those_that_are_due() {
    let mut requests = requests(2);
    let request = ask(&mut requests, &[1, 2, 3], 100);
    ask(&mut requests, &[1], 101);
    requests.accept(&reply(request, peer(2), Kind::Reply)).unwrap();
    assert_eq!((requests.overdue(99), requests.next_deadline()), (None, Some(100)));
    for slot in [1, 3] {
        let expected = Answer { request, peer: peer(slot), outcome: Outcome::TimedOut };
        assert_eq!(requests.overdue(100), Some(expected));
    }
    assert_eq!((requests.overdue(100), requests.next_deadline()), (None, Some(101)));
    assert_eq!(requests.finished(), Some(Finished { request, nb_sent: 3, nb_received: 1 }));
}

#[test]
fn a_late_reply_is_never_given_to_another_request() {
    let mut requests = requests(1);
    let first = ask(&mut requests, &[1], 100);
    assert!(requests.overdue(100).is_some() && requests.finished().is_some());
    let second = ask(&mut requests, &[1], 200);
    assert_ne!(first, second);
    assert_eq!(requests.accept(&reply(first, peer(1), Kind::Reply)), None);
    assert!(requests.accept(&reply(second, peer(1), Kind::Reply)).is_some());
}

#[test]
fn a_reply_to_the_slots_last_tenant_finds_no_request() {
    let mut old = Requests::new(ProcessId::new(9, 2), vec![Flight::FREE; 1]);
    let mut new = requests(1);
    let (old, new_one) = (ask(&mut old, &[1], 100), ask(&mut new, &[1], 100));
    assert_ne!(old, new_one);
    assert_eq!(new.accept(&reply(old, peer(1), Kind::Reply)), None);
}

#[test]
fn an_answer_counts_only_from_who_was_asked_and_under_the_name_asked_for() {
    let mut requests = requests(1);
    let request = ask(&mut requests, &[1], 100);
    assert_eq!(requests.accept(&reply(request, peer(2), Kind::Reply)), None);
    assert_eq!(requests.accept(&reply(request, ProcessId::new(1, 6), Kind::Reply)), None);
    assert_eq!(requests.accept(&reply(request, peer(1), Kind::Request)), None);
    let other = ActionName::new("other").unwrap();
    let renamed = Frame { name: other, ..reply(request, peer(1), Kind::Reply) };
    assert_eq!(requests.accept(&renamed), None);
    assert!(requests.accept(&reply(request, peer(1), Kind::Reply)).is_some());
}

#[test]
fn a_peer_that_is_still_starting_is_not_counted() {
    let mut requests = requests(1);
    let request = ask(&mut requests, &[1, 2], 100);
    let ignored = reply(request, peer(1), Kind::Refusal(Reason::Ignored));
    assert!(requests.accept(&ignored).is_some());
    requests.accept(&reply(request, peer(2), Kind::Reply)).unwrap();
    assert_eq!(requests.finished(), Some(Finished { request, nb_sent: 1, nb_received: 1 }));
}

#[test]
fn a_peer_that_could_not_be_asked_is_not_counted_and_not_waited_for() {
    let mut requests = requests(1);
    let request = requests.begin(&name(), 100).unwrap();
    assert!(requests.expect(request, peer(1)) && requests.expect(request, peer(2)));
    assert!(!requests.expect(request, peer(2)));
    requests.unsent(request, peer(1));
    requests.unsent(request, peer(1));
    requests.accept(&reply(request, peer(2), Kind::Reply)).unwrap();
    // Not before everybody has been asked.
    assert_eq!(requests.finished(), None);
    requests.seal(request);
    assert!(!requests.expect(request, peer(3)));
    assert_eq!(requests.finished(), Some(Finished { request, nb_sent: 1, nb_received: 1 }));
}

#[test]
fn a_dead_peer_answers_that_it_is_gone() {
    let mut requests = requests(2);
    let request = ask(&mut requests, &[1, 2], u64::MAX);
    let other = ask(&mut requests, &[2], u64::MAX);
    for of in [request, other] {
        let expected = Answer { request: of, peer: peer(2), outcome: Outcome::Gone };
        assert_eq!(requests.gone(|who| who == peer(2)), Some(expected));
    }
    assert_eq!(requests.gone(|who| who == peer(2)), None);
    assert_eq!(requests.finished().map(|done| done.request), Some(other));
}

#[test]
fn a_full_table_refuses_and_a_cancelled_request_makes_room() {
    let mut requests = requests(1);
    let request = ask(&mut requests, &[1], 100);
    assert_eq!(requests.begin(&name(), 1), Err(TooManyRequests { in_flight: 1 }));
    assert!(requests.cancel(request) && !requests.cancel(request) && !requests.cancel(0));
    assert!(requests.begin(&name(), 1).is_ok());
}

#[test]
fn sixty_four_peers_are_asked_at_once() {
    let mut requests = requests(1);
    let slots: Vec<u16> = (0..64).collect();
    let request = ask(&mut requests, &slots, 100);
    assert!(!requests.expect(request, ProcessId::new(64, 1)));
    for slot in slots {
        requests.accept(&reply(request, peer(slot), Kind::Reply)).unwrap();
    }
    assert_eq!(requests.finished(), Some(Finished { request, nb_sent: 64, nb_received: 64 }));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(u8, u64),
    Reply(usize, u16, Option<Reason>),
    Tick(u64),
    Die(u16),
    Finish,
}

fn step() -> impl Strategy<Value = Step> {
    let reason = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Reason::Ignored)),
        1 => Just(Some(Reason::Dropped))
    ];
    prop_oneof![
        3 => (any::<u8>(), 0u64..50).prop_map(|(slots, wait)| Step::Ask(slots, wait)),
        8 => (0usize..20, 0u16..8, reason).prop_map(|(i, slot, r)| Step::Reply(i, slot, r)),
        2 => (0u64..20).prop_map(Step::Tick),
        1 => (0u16..8).prop_map(Step::Die),
        2 => Just(Step::Finish),
    ]
}

/// What the model knows of a request in flight: who is due, sent, received, the deadline.
type Known = (BTreeSet<u16>, u16, u16, u64);

#[test]
fn every_request_gives_each_answer_once_and_one_end() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner.run(&proptest::collection::vec(step(), 1..200), |steps| agree(&steps)).unwrap();
}

fn agree(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut requests = requests(4);
    let mut model: BTreeMap<u64, Known> = BTreeMap::new();
    let (mut all, mut now) = (Vec::new(), 0);
    for step in steps {
        match *step {
            Step::Ask(slots, wait) => {
                let begun = requests.begin(&name(), now + wait);
                prop_assert_eq!(begun.is_ok(), model.len() < 4);
                let Ok(request) = begun else { continue };
                let due: BTreeSet<u16> = (0..8).filter(|slot| slots & 1 << slot != 0).collect();
                for slot in &due {
                    requests.expect(request, peer(*slot));
                }
                requests.seal(request);
                let sent = due.len() as u16;
                prop_assert!(model.insert(request, (due, sent, 0, now + wait)).is_none());
                all.push(request);
            }
            Step::Reply(index, slot, reason) => {
                let Some(request) = all.get(index).copied() else { continue };
                let kind = reason.map_or(Kind::Reply, Kind::Refusal);
                let accepted = requests.accept(&reply(request, peer(slot), kind)).is_some();
                let known = model.get_mut(&request);
                let due = known.is_some_and(|(due, sent, received, _)| {
                    let was_due = due.remove(&slot);
                    *received += u16::from(was_due && reason.is_none());
                    *sent -= u16::from(was_due && reason == Some(Reason::Ignored));
                    was_due
                });
                prop_assert_eq!(accepted, due);
            }
            Step::Tick(by) => {
                now += by;
                while let Some(answer) = requests.overdue(now) {
                    let (due, .., deadline) = model.get_mut(&answer.request).unwrap();
                    prop_assert!(*deadline <= now && due.remove(&answer.peer.slot()));
                }
                prop_assert!(model.values().all(|(due, .., at)| due.is_empty() || *at > now));
            }
            Step::Die(slot) => {
                while let Some(answer) = requests.gone(|who| who == peer(slot)) {
                    let (due, ..) = model.get_mut(&answer.request).unwrap();
                    prop_assert!(due.remove(&answer.peer.slot()));
                }
                prop_assert!(model.values().all(|(due, ..)| !due.contains(&slot)));
            }
            Step::Finish => {
                while let Some(done) = requests.finished() {
                    let (due, sent, received, _) = model.remove(&done.request).unwrap();
                    prop_assert!(due.is_empty());
                    prop_assert_eq!((done.nb_sent, done.nb_received), (sent, received));
                }
                prop_assert!(model.values().all(|(due, ..)| !due.is_empty()));
            }
        }
        prop_assert_eq!(requests.in_flight(), model.len());
    }
    Ok(())
}
