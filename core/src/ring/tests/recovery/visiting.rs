//! Looking through a ring with calls in the middle.

use super::*;
use crate::ring::visit_published;

#[test]
fn a_visitor_sees_what_is_put_in_and_not_taken_whoever_is_in_the_middle() {
    for sync in SHARED {
        let fixture = Fixture::new();
        let ring = fixture.ring_from::<u64>(RingConfig::new(64).both(sync), START);
        let mut p = ring.producer().unwrap();
        p.enqueue_bulk(&[1, 2, 3, 4]).unwrap();
        let other = seen_by(&fixture, 1);
        let (put, take) =
            (Call::begin(&other, RingEnd::Producer, 2), Call::begin(&other, RingEnd::Consumer, 1));
        put.fill(&other, 91);
        if sync == Sync::Rts {
            // Finished behind the other's call.
            p.enqueue_bulk(&[5, 6]).unwrap();
            assert_eq!(ring.consumer().unwrap().dequeue(), Ok(Some(2)));
        }
        let mut seen = Vec::new();
        assert_eq!(visit_published(&fixture.group, PLACE, |it| seen.push(it)), Ok(true));
        let expected: &[u64] = if sync == Sync::Rts { &[1, 3, 4, 5, 6] } else { &[1, 2, 3, 4] };
        assert_eq!(seen, expected, "{sync:?}");
        put.finish(&other);
        take.finish(&other);
        drop(p);
        let all: &[u64] =
            if sync == Sync::Rts { &[3, 4, 91, 92, 5, 6] } else { &[2, 3, 4, 91, 92] };
        assert_eq!(drained(&ring), all, "{sync:?}");
    }
}

#[test]
fn a_visitor_of_elements_of_another_size_is_refused() {
    let fixture = Fixture::new();
    fixture.ring::<u32>(RingConfig::new(8));
    let refused = visit_published(&fixture.group, PLACE, |_| {}).unwrap_err();
    assert!(matches!(refused, crate::ring::AttachError::Element { .. }));
}
