//! A living process that does not finish: waits end, and say who it is.

use super::recovery::{Call, MENDER, drained, kill, mend_for, repaired, seen_by};
use super::*;
use crate::group::ProcessId;
use crate::platform::Platform;
use crate::ring::{Held, PATIENCE_NS, PeekError, PutError, RingEnd, TakeError, Unclaimed};

const HELD: Held = Held { by: ProcessId::new(1, 1), pid: 101 };

/// A ring of 1 and 2, with the process in slot 1 in the middle at both ends.
fn held_up(sync: Sync) -> (Fixture, Ring<u64>, [Call; 2], Ring<u64>) {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(16).both(sync));
    if sync == Sync::Rts {
        for end in [RingEnd::Producer, RingEnd::Consumer] {
            ring.set_lead_max(end, 0).unwrap();
        }
    }
    ring.producer().unwrap().enqueue_bulk(&[1, 2]).unwrap();
    let other = seen_by(&fixture, 1);
    let calls = [RingEnd::Producer, RingEnd::Consumer].map(|end| Call::begin(&other, end, 1));
    calls[0].fill(&other, 3);
    (fixture, ring, calls, other)
}

fn finish(calls: &[Call], other: &Ring<u64>) {
    for call in calls {
        call.finish(other);
    }
}

#[test]
fn one_element_is_not_waited_for_for_ever() {
    for sync in [Sync::Multi, Sync::Rts] {
        let (_fixture, ring, calls, other) = held_up(sync);
        let (mut p, mut c) = (ring.producer().unwrap(), ring.consumer().unwrap());
        assert_eq!(p.enqueue(4), Err(PutError::Held(HELD)), "{sync:?}");
        assert_eq!(c.dequeue(), Err(HELD), "{sync:?}");
        finish(&calls, &other);
        assert_eq!((p.enqueue(4), c.dequeue()), (Ok(()), Ok(Some(2))), "{sync:?}");
        drop((p, c));
        assert_eq!(drained(&ring), [3, 4], "{sync:?}");
    }
}

#[test]
fn who_is_hurried_is_held_without_a_wait_and_undoes_the_dead_as_ever() {
    for sync in [Sync::Multi, Sync::Hts, Sync::Rts] {
        let (fixture, ring, _calls, _other) = held_up(sync);
        let mut p = ring.producer().unwrap().hurried();
        let before = fixture.platform.now_ns();
        assert_eq!(p.enqueue_burst(&[4, 5]), Err(HELD), "{sync:?}");
        assert!(fixture.platform.now_ns() - before < PATIENCE_NS / 100, "{sync:?}");
        kill(&fixture, 1);
        assert_eq!(p.enqueue_burst(&[4, 5]), Ok(2), "{sync:?}");
        drop(p);
        assert_eq!(drained(&ring), [1, 2, 4, 5], "{sync:?}");
    }
}

#[test]
fn a_bulk_and_a_peek_are_not_waited_for_for_ever() {
    let (_fixture, ring, calls, other) = held_up(Sync::Hts);
    let (mut p, mut c) = (ring.producer().unwrap(), ring.consumer().unwrap());
    assert_eq!(p.enqueue_bulk(&[4]), Err(PutError::Held(HELD)));
    assert_eq!(p.enqueue_start_bulk(1).unwrap_err(), PeekError::Held(HELD));
    assert_eq!(c.dequeue_bulk(&mut [0]), Err(TakeError::Held(HELD)));
    assert_eq!(c.clear(), Err(HELD));
    finish(&calls, &other);
    assert_eq!(c.clear(), Ok(2));
}

#[test]
fn the_sentence_names_the_process_and_what_to_do() {
    assert_eq!(
        HELD.to_string(),
        "a ring's end was wanted for 80 ms and slot 1 (pid 101) is in the middle of a call there, and lives; if \
         it was stopped, let it go on (kill -CONT 101) or end it, and try again"
    );
}

#[test]
fn an_end_without_a_claim_is_not_waited_for_for_ever_either() {
    let (_fixture, ring, calls, other) = held_up(Sync::Multi);
    let ring = Unclaimed::of(ring).unwrap();
    assert_eq!(ring.enqueue_bulk(&[4]), Err(HELD));
    finish(&calls, &other);
    assert_eq!(ring.enqueue_bulk(&[4]), Ok(true));
}

#[test]
fn a_repair_waits_for_the_living_leaves_the_end_usable_and_is_done_later() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(64).both(Sync::Rts));
    let (slow, dead) = (seen_by(&fixture, 1), seen_by(&fixture, 2));
    let mut p = ring.producer().unwrap();
    p.enqueue(1).unwrap();
    let call = Call::begin(&slow, RingEnd::Producer, 1);
    Call::begin(&dead, RingEnd::Producer, 2);
    kill(&fixture, 2);
    assert_eq!(repaired(&fixture, 2).held, Some(HELD));
    p.enqueue(3).unwrap();
    call.fill(&slow, 2);
    call.finish(&slow);
    let mended = repaired(&fixture, 2);
    assert_eq!((mended.calls, mended.held), (1, None));
    drop(p);
    assert_eq!(drained(&ring), [1, 2, 3]);
}

#[test]
fn a_mender_that_is_stopped_is_given_its_time_and_then_named() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(64).both(Sync::Rts));
    let (dead, mender) = (seen_by(&fixture, 1), seen_by(&fixture, MENDER));
    let mut p = ring.producer().unwrap();
    p.enqueue(1).unwrap();
    Call::begin(&dead, RingEnd::Producer, 1);
    p.enqueue(2).unwrap();
    kill(&fixture, 1);
    // It has named itself, and frozen the head.
    assert!(!mend_for(&mender, RingEnd::Producer, 2));
    let held = Held { by: ProcessId::new(MENDER, 1), pid: 100 + u32::from(MENDER) };
    let before = fixture.platform.now_ns();
    assert_eq!(repaired(&fixture, 1).held, Some(held));
    assert!(fixture.platform.now_ns() - before > PATIENCE_NS);
    assert_eq!(p.enqueue(3), Err(PutError::Held(held)));
    kill(&fixture, MENDER);
    assert_eq!(p.enqueue(3), Ok(()));
    drop(p);
    assert_eq!(drained(&ring), [1, 2, 3]);
}

#[test]
fn nobody_waits_for_a_slow_relaxed_call_until_the_lead_is_used_up() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(64).both(Sync::Rts));
    ring.set_lead_max(RingEnd::Producer, 3).unwrap();
    let slow = seen_by(&fixture, 1);
    let mut p = ring.producer().unwrap();
    let call = Call::begin(&slow, RingEnd::Producer, 1);
    for i in 2..5 {
        p.enqueue(i).unwrap();
    }
    assert_eq!(p.enqueue(5), Err(PutError::Held(HELD)));
    assert_eq!(ring.count(), 0);
    call.fill(&slow, 1);
    call.finish(&slow);
    drop(p);
    assert_eq!(drained(&ring), [1, 2, 3, 4]);
}
