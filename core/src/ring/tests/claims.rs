//! Whose end it is.

use super::*;
use crate::ring::{ClaimError, RingEnd};

fn single() -> RingConfig {
    RingConfig::new(8).both(Sync::Single)
}

#[test]
fn a_second_claim_is_refused_with_the_holders_slot_and_pid() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(single());
    let _first = ring.producer().unwrap();
    let other = fake::join(fixture.group.window(), 1, fixture.platform);
    let elsewhere = Ring::<u64>::attach(&other, PLACE).unwrap();
    let error = elsewhere.producer().unwrap_err();
    let held = ClaimError::Held { end: RingEnd::Producer, by: fixture.group.me(), pid: 100 };
    assert_eq!(error, held);
    assert!(error.to_string().contains("slot 0 (pid 100)"));
    assert_eq!(ring.producer().unwrap_err(), held, "not even by its own process");
    assert!(elsewhere.consumer().is_ok(), "the other end is free");
}

#[test]
fn a_dropped_handle_gives_the_end_back_and_the_next_goes_on_where_it_was() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(single());
    ring.producer().unwrap().enqueue(1).unwrap();
    assert_eq!(ring.holder(RingEnd::Producer), None);
    ring.producer().unwrap().enqueue(2).unwrap();
    assert_eq!(ring.consumer().unwrap().dequeue(), Ok(Some(1)));
    assert_eq!(ring.consumer().unwrap().dequeue(), Ok(Some(2)));
}

#[test]
fn a_dead_holders_end_is_taken_over_and_what_it_published_is_there() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(single());
    let other = fake::join(fixture.group.window(), 1, fixture.platform);
    let elsewhere = Ring::<u64>::attach(&other, PLACE).unwrap();
    let mut dead = elsewhere.producer().unwrap();
    dead.enqueue(1).unwrap();
    assert_eq!(ring.holder(RingEnd::Producer), Some(other.me()));
    core::mem::forget(dead);
    fixture.platform.dead.lock().unwrap().insert(1);
    let mut heir = ring.producer().unwrap();
    heir.enqueue(2).unwrap();
    let mut consumer = ring.consumer().unwrap();
    assert_eq!((consumer.dequeue(), consumer.dequeue()), (Ok(Some(1)), Ok(Some(2))));
}

#[test]
fn a_claim_that_no_member_wrote_holds_nothing() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(single());
    ring.claim_word(RingEnd::Producer).publish(u64::MAX);
    assert!(ring.producer().is_ok());
}

#[test]
fn a_shared_end_has_as_many_handles_as_are_asked_for() {
    let fixture = Fixture::new();
    for sync in [Sync::Multi, Sync::Rts, Sync::Hts] {
        let ring = fixture.ring::<u64>(RingConfig::new(8).both(sync));
        let mut handles = [ring.producer().unwrap(), ring.producer().unwrap()];
        for (i, handle) in handles.iter_mut().enumerate() {
            handle.enqueue(i as u64).unwrap();
        }
        let (mut one, mut two) = (ring.consumer().unwrap(), ring.consumer().unwrap());
        assert_eq!((two.dequeue(), one.dequeue()), (Ok(Some(0)), Ok(Some(1))));
    }
}

#[test]
fn an_observer_may_look_and_not_touch() {
    let fixture = Fixture::new();
    let window = fixture.group.window();
    let observer = fake::observe(window, fixture.platform);
    for sync in KINDS {
        fixture.ring::<u64>(RingConfig::new(8).both(sync));
        let ring = Ring::<u64>::attach(&observer, PLACE).unwrap();
        let refused = |end| ClaimError::Observer { end };
        assert_eq!(ring.producer().unwrap_err(), refused(RingEnd::Producer));
        assert_eq!(ring.consumer().unwrap_err(), refused(RingEnd::Consumer));
        assert!(ring.is_empty());
    }
}
