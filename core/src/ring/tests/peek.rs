//! Starts that are finished in part, cancelled, or dropped.

use super::*;
use crate::ring::PeekError;

const SYNCS: [Sync; 3] = [Sync::Single, Sync::Multi, Sync::Hts];

fn for_each_peekable(check: impl Fn(&mut Producer<u64>, &mut Consumer<u64>)) {
    let fixture = Fixture::new();
    for producer in SYNCS {
        for consumer in SYNCS {
            for start in [0, u32::MAX - 2] {
                let config = RingConfig::new(8).producer(producer).consumer(consumer);
                let (mut p, mut c) = fixture.ends(config, start);
                check(&mut p, &mut c);
            }
        }
    }
}

#[test]
fn what_is_finished_counts_and_the_rest_is_given_back() {
    for_each_peekable(|p, c| {
        for round in 0..10 {
            let mut slots = p.enqueue_start_bulk(5).unwrap();
            assert_eq!(slots.write(&numbers(round, 5)), 5);
            slots.finish(3);
            assert_eq!((p.ring().count(), p.free()), (3, 4));
            let taken = c.dequeue_start_burst(9).unwrap();
            let mut out = [0; 9];
            assert_eq!((taken.len(), taken.read(&mut out)), (3, 3));
            assert_eq!(out[..3], numbers(round, 3));
            taken.finish(2);
            assert_eq!(c.dequeue(), Ok(Some(u64::number(round + 2))));
        }
    });
}

#[test]
fn a_dropped_or_empty_finish_changes_nothing() {
    for_each_peekable(|p, c| {
        p.enqueue(1).unwrap();
        drop(p.enqueue_start_bulk(3).unwrap());
        p.enqueue_start_bulk(3).unwrap().finish(0);
        drop(c.dequeue_start_bulk(1).unwrap());
        c.dequeue_start_bulk(1).unwrap().finish(0);
        assert_eq!((p.ring().count(), p.free()), (1, 6));
        assert_eq!((c.dequeue(), c.dequeue()), (Ok(Some(1)), Ok(None)));
    });
}

#[test]
fn slots_that_go_round_the_end_come_in_two_runs() {
    for_each_peekable(|p, c| {
        for round in 0..16 {
            let mut start = p.enqueue_start_bulk(7).unwrap();
            let (one, two) = start.slots();
            assert_eq!(one.len() + two.len(), 7);
            for (slot, i) in one.iter_mut().chain(two).zip(round..) {
                *slot = i;
            }
            start.finish(7);
            let start = c.dequeue_start_bulk(7).unwrap();
            let (one, two) = start.elements();
            let all: Vec<u64> = one.iter().chain(two).copied().collect();
            assert_eq!(all, (round..round + 7).collect::<Vec<_>>());
            start.finish(7);
        }
    });
}

#[test]
fn a_bulk_start_is_all_or_nothing_and_a_burst_start_takes_what_there_is() {
    for_each_peekable(|p, c| {
        let refused = |wanted, available| PeekError::TooFew { wanted, available };
        assert_eq!(p.enqueue_start_bulk(8).unwrap_err(), refused(8, 7));
        assert_eq!(c.dequeue_start_bulk(1).unwrap_err(), refused(1, 0));
        assert!(c.dequeue_start_burst(4).unwrap().is_empty());
        p.enqueue_start_burst(20).unwrap().finish(20);
        assert!(p.ring().is_full());
        assert!(p.enqueue_start_burst(1).unwrap().is_empty());
        p.enqueue_start_bulk(0).unwrap().finish(0);
        assert_eq!(c.clear(), Ok(7));
    });
}

#[test]
fn an_end_that_cannot_give_back_refuses_to_start() {
    let fixture = Fixture::new();
    let (mut p, mut c) = fixture.ends::<u64>(RingConfig::new(8).both(Sync::Rts), 0);
    p.enqueue(1).unwrap();
    let refused = PeekError::Unsupported { sync: Sync::Rts };
    assert_eq!(p.enqueue_start_bulk(1).unwrap_err(), refused);
    assert_eq!(c.dequeue_start_burst(1).unwrap_err(), refused);
    assert_eq!(p.ring().count(), 1);
}
