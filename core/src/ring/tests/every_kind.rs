//! What holds for every way of synchronising and every element size.

use super::*;
use crate::ring::{PutError, TakeError};

/// Positions from which a few dozen elements go round 2^32, and one from which they do not.
const STARTS: [u32; 4] = [0, u32::MAX, u32::MAX - 5, u32::MAX - 16];

fn for_every_kind<T: Numbered>(check: impl Fn(&mut Producer<T>, &mut Consumer<T>, &str)) {
    let fixture = Fixture::new();
    for (producer, consumer) in pairs() {
        for start in STARTS {
            for config in [RingConfig::new(16), RingConfig::exact(15), RingConfig::exact(10)] {
                let config = config.producer(producer).consumer(consumer);
                let case = format!("{config:?} from {start}");
                let (mut p, mut c) = fixture.ends::<T>(config, start);
                check(&mut p, &mut c, &case);
            }
        }
    }
}

fn one_by_one<T: Numbered>() {
    for_every_kind::<T>(|p, c, case| {
        let capacity = p.ring().capacity();
        for round in 0..5 {
            for i in 0..capacity {
                assert_eq!(p.free(), capacity - i, "{case}");
                assert_eq!(p.enqueue(T::number(round * 100 + i)), Ok(()), "{case}");
                assert_eq!(c.available(), i + 1, "{case}");
            }
            assert_eq!(
                p.enqueue(T::number(9)),
                Err(PutError::Full { wanted: 1, free: 0 }),
                "{case}"
            );
            assert!(p.ring().is_full() && !p.ring().is_empty(), "{case}");
            for i in 0..capacity {
                assert_eq!(c.dequeue(), Ok(Some(T::number(round * 100 + i))), "{case}");
            }
            assert_eq!(c.dequeue(), Ok(None), "{case}");
            assert!(!p.ring().is_full() && p.ring().is_empty(), "{case}");
        }
    });
}

fn bulk_is_all_or_nothing<T: Numbered>() {
    for_every_kind::<T>(|p, c, case| {
        let capacity = p.ring().capacity() as usize;
        let mut out = numbers::<T>(77, capacity + 1);
        let before = out.clone();
        for round in 0..6 {
            let batch = numbers::<T>(round * 50, capacity - 1);
            assert_eq!(p.enqueue_bulk_and_look(&batch), Ok(1), "{case}");
            let two = numbers::<T>(500, 2);
            assert_eq!(p.enqueue_bulk(&two), Err(PutError::Full { wanted: 2, free: 1 }), "{case}");
            assert_eq!(p.ring().count() as usize, capacity - 1, "{case}");
            let refused = c.dequeue_bulk(&mut out[..capacity]);
            let too_few = TakeError::TooFew { wanted: capacity, available: capacity as u32 - 1 };
            assert_eq!(refused, Err(too_few), "{case}");
            assert_eq!(out, before, "{case}");
            assert_eq!(c.dequeue_bulk_and_look(&mut out[..capacity - 3]), Ok(2), "{case}");
            assert_eq!(out[..capacity - 3], batch[..capacity - 3], "{case}");
            assert_eq!(c.dequeue_bulk_and_look(&mut out[..2]), Ok(0), "{case}");
            assert_eq!(out[..2], batch[capacity - 3..], "{case}");
            out.copy_from_slice(&before);
        }
    });
}

fn burst_moves_what_it_can<T: Numbered>() {
    for_every_kind::<T>(|p, c, case| {
        let capacity = p.ring().capacity() as usize;
        for round in 0..6 {
            let batch = numbers::<T>(round * 50, capacity + 3);
            assert_eq!(
                p.enqueue_burst_and_look(&batch[..4]),
                Ok((4, capacity as u32 - 4)),
                "{case}"
            );
            assert_eq!(p.enqueue_burst(&batch[4..]), Ok(capacity - 4), "{case}");
            assert_eq!(p.enqueue_burst_and_look(&batch), Ok((0, 0)), "{case}");
            let mut out = numbers::<T>(0, capacity + 3);
            assert_eq!(
                c.dequeue_burst_and_look(&mut out[..1]),
                Ok((1, capacity as u32 - 1)),
                "{case}"
            );
            assert_eq!(c.dequeue_burst(&mut out[1..]), Ok(capacity - 1), "{case}");
            assert_eq!(out[..capacity], batch[..capacity], "{case}");
            assert_eq!(c.dequeue_burst_and_look(&mut out), Ok((0, 0)), "{case}");
        }
    });
}

fn nothing_of_nothing<T: Numbered>() {
    for_every_kind::<T>(|p, c, case| {
        let none: [T; 0] = [];
        assert_eq!((p.enqueue_bulk(&none), p.enqueue_burst(&none)), (Ok(()), Ok(0)), "{case}");
        assert_eq!((c.dequeue_bulk(&mut []), c.dequeue_burst(&mut [])), (Ok(()), Ok(0)), "{case}");
        assert!(p.ring().is_empty(), "{case}");
    });
}

fn more_than_the_capacity<T: Numbered>() {
    for_every_kind::<T>(|p, c, case| {
        let capacity = p.ring().capacity();
        let mut many = numbers::<T>(0, 200_000);
        assert_eq!(
            p.enqueue_bulk(&many),
            Err(PutError::Full { wanted: 200_000, free: capacity }),
            "{case}"
        );
        assert_eq!(
            c.dequeue_bulk(&mut many),
            Err(TakeError::TooFew { wanted: 200_000, available: 0 }),
            "{case}"
        );
        assert_eq!(p.enqueue_burst(&many), Ok(capacity as usize), "{case}");
        assert_eq!(c.dequeue_burst(&mut many), Ok(capacity as usize), "{case}");
    });
}

fn clearing<T: Numbered>() {
    for_every_kind::<T>(|p, c, case| {
        let batch = numbers::<T>(0, 7);
        assert_eq!(p.enqueue_burst(&batch), Ok(7), "{case}");
        assert_eq!((c.clear(), c.clear()), (Ok(7), Ok(0)), "{case}");
        assert!(p.ring().is_empty(), "{case}");
        assert_eq!(p.free(), p.ring().capacity(), "{case}");
        assert_eq!(
            (p.enqueue(T::number(3)), c.dequeue()),
            (Ok(()), Ok(Some(T::number(3)))),
            "{case}"
        );
    });
}

macro_rules! for_every_size {
    ($($name:ident: $check:ident),+ $(,)?) => {
        $(mod $name {
            use super::$check;
            #[test]
            fn elements_of_4_bytes() {
                $check::<u32>();
            }
            #[test]
            fn elements_of_8_bytes() {
                $check::<u64>();
            }
            #[test]
            fn elements_of_16_bytes() {
                $check::<[u32; 4]>();
            }
            #[test]
            fn elements_of_20_bytes() {
                $check::<[u32; 5]>();
            }
        })+
    };
}

for_every_size! {
    a_ring_filled_one_by_one_holds_its_capacity_in_order: one_by_one,
    a_bulk_moves_all_or_nothing_and_says_what_is_left: bulk_is_all_or_nothing,
    a_burst_moves_what_fits_and_says_what_is_left: burst_moves_what_it_can,
    moving_no_element_succeeds_and_changes_nothing: nothing_of_nothing,
    more_than_the_capacity_is_refused_in_bulk_and_cut_in_a_burst: more_than_the_capacity,
    clearing_leaves_an_empty_ring_that_works: clearing,
}

#[test]
fn an_exact_ring_of_16_holds_16() {
    let fixture = Fixture::new();
    let (mut p, mut c) = fixture.ends::<u64>(RingConfig::exact(16), 0);
    assert_eq!((p.ring().size(), p.ring().capacity()), (32, 16));
    assert_eq!(p.enqueue_burst(&numbers(0, 20)), Ok(16));
    assert_eq!(c.dequeue_burst(&mut [0; 20]), Ok(16));
}
