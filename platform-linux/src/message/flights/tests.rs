//! What ends a flight, what does not, and what is left then.

use core::time::Duration;

use phalanx_core::message::{ActionName, Kind, Payload};

use super::*;

const PEERS: [ProcessId; 2] = [ProcessId::new(1, 1), ProcessId::new(2, 1)];

fn plan(limit: Duration) -> Plan<'static> {
    Plan { peers: &PEERS, deadline: Deadline::after(limit), callback: None, template: None }
}

fn outcomes(flight: &Flight) -> Vec<String> {
    let results = flight.replies().into_results();
    results.iter().map(|it| format!("{} {:?}", it.peer.slot(), it.outcome)).collect()
}

#[test]
fn a_flight_ends_with_its_last_peer_and_only_once() {
    let flights = Flights::default();
    let flight = flights.start(3, plan(Duration::MAX)).unwrap();
    assert!(matches!(flights.land(3, PEERS[0], Some(Outcome::Gone)), Landed::Waiting));
    assert!(matches!(flights.land(3, PEERS[0], Some(Outcome::Gone)), Landed::Unexpected));
    assert!(!flight.has_ended());
    assert!(matches!(flights.land(3, PEERS[1], Some(Outcome::Dropped)), Landed::Last(_)));
    assert!(flight.has_ended() && flights.is_empty());
    assert!(matches!(flights.land(3, PEERS[1], Some(Outcome::Gone)), Landed::Unexpected));
    assert_eq!(outcomes(&flight), ["1 Gone", "2 Dropped"]);
}

#[test]
fn an_answer_of_a_strangers_or_an_older_tenants_ends_nothing() {
    let flights = Flights::default();
    let flight = flights.start(3, plan(Duration::MAX)).unwrap();
    for (id, peer) in [(5, PEERS[0]), (3, ProcessId::new(1, 2)), (3, ProcessId::new(9, 1))] {
        assert!(matches!(flights.land(id, peer, Some(Outcome::Gone)), Landed::Unexpected));
    }
    assert_eq!(flight.open_peers(), PEERS);
}

#[test]
fn a_peer_that_is_still_starting_is_not_counted() {
    let flights = Flights::default();
    let flight = flights.start(3, plan(Duration::MAX)).unwrap();
    assert!(matches!(flights.land(3, PEERS[0], None), Landed::Waiting));
    assert!(matches!(flights.land(3, PEERS[1], Some(Outcome::Gone)), Landed::Last(_)));
    let replies = flight.replies();
    assert_eq!((replies.nb_sent(), replies.nb_received()), (1, 0));
}

#[test]
fn who_is_open_when_a_flight_is_ended_has_timed_out() {
    let flights = Flights::default();
    let flight = flights.start(3, plan(Duration::ZERO)).unwrap();
    let _ = flights.land(3, PEERS[1], Some(Outcome::NoSuchAction));
    flights.end(3);
    assert!(matches!(flights.land(3, PEERS[0], Some(Outcome::Gone)), Landed::Unexpected));
    assert_eq!(outcomes(&flight), ["1 TimedOut", "2 NoSuchAction"]);
}

#[test]
fn a_peer_that_wants_a_proof_is_asked_once_more_and_not_again() {
    let flights = Flights::default();
    let template = Frame {
        kind: Kind::Request,
        request: 3,
        sender: ProcessId::new(0, 1),
        target: ProcessId::new(0, 1),
        name: ActionName::new("mine").unwrap(),
        payload: Payload::EMPTY,
        descriptors: 0,
    };
    let flight =
        flights.start(3, Plan { template: Some(template), ..plan(Duration::MAX) }).unwrap();
    let refused = || flights.land(3, PEERS[1], Some(Outcome::NotAllowed));
    assert!(matches!(refused(), Landed::Prove(frame) if frame.target == PEERS[1]));
    assert!(matches!(refused(), Landed::Waiting));
    assert_eq!(flight.open_peers(), [PEERS[0]]);
}

#[test]
fn an_overdue_flight_with_a_callback_is_given_out_once() {
    let flights = Flights::default();
    let callback = Some(Callback(Box::new(|_| ())));
    flights.start(2, Plan { callback, ..plan(Duration::ZERO) }).unwrap();
    flights.start(3, plan(Duration::ZERO)).unwrap();
    let (overdue, next) = flights.overdue();
    assert_eq!((overdue.len(), next), (1, None));
    assert!(flights.overdue().0.is_empty());
    assert!(!flights.is_empty());
}

#[test]
fn of_a_process_that_leaves_no_flight_is_left_and_none_starts() {
    let flights = Flights::default();
    let flight = flights.start(3, plan(Duration::MAX)).unwrap();
    assert_eq!(flights.end_all().len(), 1);
    assert!(flight.has_ended());
    assert!(flights.start(5, plan(Duration::MAX)).is_none() && flights.is_empty());
}
