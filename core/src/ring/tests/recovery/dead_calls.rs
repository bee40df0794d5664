//! Calls that a process died in the middle of, undone by the next at that end, or by a repair.

use super::*;

#[test]
fn a_put_that_died_at_any_step_was_made_or_was_not() {
    for (producer, consumer) in pairs().filter(|(p, _)| *p != Sync::Single) {
        for step in 0..4 {
            let fixture = Fixture::new();
            let config = RingConfig::new(16).producer(producer).consumer(consumer);
            let ring = fixture.ring_from::<u64>(config, START);
            let dead = seen_by(&fixture, 1);
            let mut survivor = ring.producer().unwrap();
            survivor.enqueue_bulk(&[1, 2]).unwrap();
            let call = Call::begin(&dead, RingEnd::Producer, 3);
            if step >= 1 {
                call.fill(&dead, 91);
            }
            match step {
                2 if producer == Sync::Rts => call.finish_and_stop(&dead),
                3 => call.finish(&dead),
                _ => {}
            }
            kill(&fixture, 1);
            survivor.enqueue_bulk(&[3, 4]).unwrap();
            drop(survivor);
            repaired(&fixture, 1);
            let made = step == 3 || (step == 2 && producer == Sync::Rts);
            let expected = if made { vec![1, 2, 91, 92, 93, 3, 4] } else { vec![1, 2, 3, 4] };
            assert_eq!(drained(&ring), expected, "{producer:?} {consumer:?} step {step}");
        }
    }
}

#[test]
fn what_died_half_taken_is_there_again_in_its_place() {
    for (producer, consumer) in pairs().filter(|(_, c)| *c != Sync::Single) {
        for step in 0..3 {
            let fixture = Fixture::new();
            let config = RingConfig::new(16).producer(producer).consumer(consumer);
            let ring = fixture.ring_from::<u64>(config, START);
            let dead = seen_by(&fixture, 1);
            ring.producer().unwrap().enqueue_bulk(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
            if consumer == Sync::Rts {
                ring.set_lead_max(RingEnd::Consumer, 15).unwrap();
            }
            let call = Call::begin(&dead, RingEnd::Consumer, 3);
            match step {
                1 if consumer == Sync::Rts => call.finish_and_stop(&dead),
                2 => call.finish(&dead),
                _ => {}
            }
            kill(&fixture, 1);
            let mut two = [0; 2];
            ring.consumer().unwrap().dequeue_bulk(&mut two).unwrap();
            repaired(&fixture, 1);
            let made = step == 2 || (step == 1 && consumer == Sync::Rts);
            let case = format!("{producer:?} {consumer:?} step {step}");
            match (made, consumer) {
                (true, _) => assert_eq!((two, drained(&ring)), ([4, 5], vec![6, 7]), "{case}"),
                // Others go on behind the dead one until it is mended.
                (false, Sync::Rts) => {
                    assert_eq!((two, drained(&ring)), ([4, 5], vec![1, 2, 3, 6, 7]), "{case}");
                }
                _ => assert_eq!((two, drained(&ring)), ([1, 2], vec![3, 4, 5, 6, 7]), "{case}"),
            }
        }
    }
}

#[test]
fn the_next_at_a_shared_end_undoes_a_dead_one_without_a_repair() {
    for sync in SHARED {
        let fixture = Fixture::new();
        let ring = fixture.ring_from::<u64>(RingConfig::new(16).both(sync), START);
        let dead = seen_by(&fixture, 1);
        let (mut p, mut c) = (ring.producer().unwrap(), ring.consumer().unwrap());
        if sync == Sync::Rts {
            for end in [RingEnd::Producer, RingEnd::Consumer] {
                ring.set_lead_max(end, 0).unwrap();
            }
        }
        p.enqueue_bulk(&[1, 2, 3, 4]).unwrap();
        let put = Call::begin(&dead, RingEnd::Producer, 2);
        put.fill(&dead, 91);
        Call::begin(&dead, RingEnd::Consumer, 3);
        kill(&fixture, 1);
        assert_eq!((p.enqueue(5), c.dequeue()), (Ok(()), Ok(Some(1))), "{sync:?}");
        drop((p, c));
        assert_eq!(drained(&ring), [2, 3, 4, 5], "{sync:?}");
    }
}

#[test]
fn a_slots_next_tenant_is_not_taken_for_the_dead_one() {
    for sync in SHARED {
        let fixture = Fixture::new();
        let ring = fixture.ring_from::<u64>(RingConfig::new(16).both(sync), START);
        let dead = seen_by(&fixture, 1);
        Call::begin(&dead, RingEnd::Producer, 2);
        // The slot is taken again before anybody has seen that its tenant died.
        let heir = seen_by(&fixture, 1);
        heir.producer().unwrap().enqueue(7).unwrap();
        assert_eq!(repaired(&fixture, 1).held, None);
        assert_eq!(drained(&ring), [7], "{sync:?}");
    }
}

#[test]
fn a_repair_gives_back_the_single_ends_that_the_dead_one_had() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(8).both(Sync::Single));
    let dead = seen_by(&fixture, 1);
    core::mem::forget((dead.producer().unwrap(), dead.consumer().unwrap()));
    assert_eq!(repaired(&fixture, 1), Mended::default(), "it lives");
    kill(&fixture, 1);
    assert_eq!(repaired(&fixture, 1), Mended { claims: 2, ..Mended::default() });
    assert_eq!(ring.holder(RingEnd::Producer), None);
    assert_eq!(repaired(&fixture, 1), Mended::default());
}

#[test]
fn calls_may_be_counted_past_their_sixteen_bits() {
    let fixture = Fixture::new();
    let (mut p, mut c) = fixture.ends::<u64>(RingConfig::new(4).both(Sync::Rts), 0);
    for i in 0..200_000 {
        assert_eq!((p.enqueue(i), c.dequeue()), (Ok(()), Ok(Some(i))));
    }
}
