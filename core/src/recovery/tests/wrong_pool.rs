//! A ring of objects, emptied by who names another pool of such objects.
#![expect(unsafe_code, reason = "objects go in by their places")]

use super::*;

/// Another pool of such objects.
fn other_pool(stage: &Stage, is_recoverable: bool) -> Mempool<u64> {
    let config = PoolConfig::new(10);
    let config = if is_recoverable { config.recoverable() } else { config };
    Mempool::create(&stage.group, "other", &config).unwrap()
}

/// Has slot 1 put three objects of the stage's pool and two of `others` into the ring.
fn fill(stage: &Stage, others: &Mempool<u64>) {
    let member = stage.join(1);
    let (mut producer, pool) = (ring_of(&member).producer().unwrap(), pool_of(&member));
    let mut places = [Offset::NONE; 5];
    pool.get_bulk(&mut places[..3]).unwrap();
    others.get_bulk(&mut places[3..]).unwrap();
    // SAFETY: got above, each once.
    unsafe { producer.enqueue_bulk(&places) }.unwrap();
}

#[test]
fn what_is_of_another_pool_goes_back_to_that_and_is_counted() {
    for is_recoverable in [false, true] {
        for sync in [Sync::Single, Sync::Multi, Sync::Rts, Sync::Hts] {
            let stage = Stage::new(sync, HandlerId::RingMpMc);
            let others = other_pool(&stage, is_recoverable);
            fill(&stage, &others);
            let mut consumer = stage.ring.consumer().unwrap();
            let mut places = [Offset::NONE; 8];
            assert_eq!(consumer.dequeue_burst(&others, &mut places), Ok(2), "{sync:?}");
            assert_eq!((stage.pool.avail_count(), others.avail_count()), (OBJECTS, 8));
            assert_eq!((stage.pool.strays(), others.strays()), (0, 3));
            // SAFETY: taken just now.
            let kept = [0, 1].map(|index| unsafe { others.hold(places[index]) }.unwrap());
            drop(kept);
            assert_eq!(others.avail_count(), 10);
        }
    }
}

#[test]
fn a_bulk_that_meets_another_pools_objects_hands_out_none() {
    let stage = Stage::plain();
    let others = other_pool(&stage, true);
    fill(&stage, &others);
    let mut consumer = stage.ring.consumer().unwrap();
    assert_eq!(consumer.dequeue_bulk(&others, &mut [Offset::NONE; 5]), Ok(false));
    assert_eq!((stage.pool.avail_count(), others.avail_count()), (OBJECTS, 10));
    assert_eq!(others.strays(), 3);
}

#[test]
fn one_is_taken_from_behind_those_of_another_pool() {
    let stage = Stage::plain();
    let others = other_pool(&stage, true);
    fill(&stage, &others);
    let mut consumer = stage.ring.consumer().unwrap();
    let object = consumer.dequeue(&others).unwrap().unwrap();
    assert!(object.number().is_some());
    drop(object);
    assert_eq!((stage.pool.avail_count(), others.strays()), (OBJECTS, 3));
}

#[test]
fn a_dead_producers_objects_are_not_freed_twice_whoever_took_them() {
    let stage = Stage::plain();
    let others = other_pool(&stage, true);
    fill(&stage, &others);
    let mut consumer = stage.ring.consumer().unwrap();
    let mut places = [Offset::NONE; 8];
    assert_eq!(consumer.dequeue_burst(&others, &mut places), Ok(2));
    drop(consumer);
    stage.kill(1);
    stage.reap_all();
    assert_eq!(stage.pool.audit().map(|audit| (audit.common, audit.outside)), Ok((OBJECTS, 0)));
    assert_eq!(others.audit().map(|audit| (audit.common, audit.outside)), Ok((8, 2)));
}
