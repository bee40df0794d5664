//! Consumers of objects that sleep, and producers that wake them.

use super::*;
use crate::ring::{RingConfig, Sync, WaitError};
use crate::wait::Waiting;

const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

fn ring(group: &Group, config: RingConfig) -> ObjectRing<u64> {
    ObjectRing::create(group, "work", &config.both(Sync::Single)).unwrap()
}

#[test]
fn a_ring_of_objects_that_is_not_waitable_is_not_slept_on() {
    let (group, _) = fake::group_with_memory();
    let pool = Mempool::<u64>::create(&group, "pool", &PoolConfig::new(8)).unwrap();
    let mut consumer = ring(&group, RingConfig::new(8)).consumer().unwrap();
    assert_eq!(consumer.wait(&pool, NOW, || true).map(|_| ()), Err(WaitError::NotWaitable));
    let naps = Waiting::Mixed { spins: 0, nap_ns: 1 };
    assert!(consumer.wait(&pool, naps, || false).is_ok_and(|found| found.is_none()));
}

#[test]
fn every_object_of_a_thousand_reaches_a_consumer_that_sleeps() {
    let (group, platform) = fake::group_with_memory();
    let pool = Mempool::<u64>::create(&group, "pool", &PoolConfig::new(8)).unwrap();
    let ring = ring(&group, RingConfig::new(16).waitable());
    let (mut producer, mut consumer) = (ring.producer().unwrap(), ring.consumer().unwrap());
    assert!(consumer.wait(&pool, NOW, || false).is_ok_and(|found| found.is_none()));
    assert_eq!(platform.sleeps(), 1, "it has slept, and nobody came");
    std::thread::scope(|scope| {
        let home = &pool;
        scope.spawn(move || {
            for next in 0..1000 {
                let mut object = core::iter::repeat_with(|| {
                    std::thread::yield_now();
                    home.get()
                });
                let mut object = object.find_map(|object| object).unwrap();
                *object = next;
                // There is room for all objects that the pool has.
                assert!(producer.enqueue(object).is_ok());
                producer.wake();
            }
        });
        for next in 0..1000 {
            let object = consumer.wait(&pool, NOW, || true).unwrap().unwrap();
            assert_eq!(*object, next);
        }
    });
    assert!(pool.is_full());
}
