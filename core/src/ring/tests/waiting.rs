//! Consumers that sleep, and producers that wake them.

use super::*;
use crate::ring::WaitError;
use crate::wait::Waiting;

const NOW: Waiting = Waiting::SpinThenSleep { spins: 0 };

fn waitable() -> RingConfig {
    RingConfig::new(8).both(Sync::Single).waitable()
}

#[test]
fn a_ring_that_is_not_waitable_is_not_slept_on_and_its_producers_wake_nobody() {
    let fixture = Fixture::new();
    let (producer, mut consumer) = fixture.ends::<u64>(RingConfig::new(8), 0);
    assert_eq!(consumer.wait(NOW, || true), Err(WaitError::NotWaitable));
    assert_eq!(consumer.wait(Waiting::Mixed { spins: 0, nap_ns: 1 }, || false), Ok(None));
    producer.wake();
    assert_eq!(fixture.platform.wakes(), 0);
}

#[test]
fn a_producer_makes_a_call_only_if_somebody_sleeps() {
    let fixture = Fixture::new();
    let (mut producer, mut consumer) = fixture.ends::<u64>(waitable(), 0);
    producer.enqueue(1).unwrap();
    producer.wake();
    assert_eq!(consumer.wait(NOW, || true), Ok(Some(1)));
    assert_eq!((fixture.platform.wakes(), fixture.platform.sleeps()), (0, 0));
    assert_eq!(consumer.wait(NOW, || false), Ok(None), "it has slept, and nobody came");
    producer.wake();
    producer.wake();
    assert_eq!((fixture.platform.wakes(), fixture.platform.sleeps()), (1, 1));
}

#[test]
fn every_element_of_a_thousand_reaches_a_consumer_that_sleeps() {
    let fixture = Fixture::new();
    for (producers, consumers) in pairs() {
        let config = RingConfig::new(8).producer(producers).consumer(consumers).waitable();
        let (mut producer, mut consumer) = fixture.ends::<u64>(config, u32::MAX - 100);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for next in 0..1000 {
                    while producer.enqueue(next).is_err() {
                        std::thread::yield_now();
                    }
                    producer.wake();
                }
            });
            for next in 0..1000 {
                assert_eq!(consumer.wait(NOW, || true), Ok(Some(next)));
            }
        });
    }
}

#[test]
fn the_flag_is_seen_by_whoever_attaches() {
    let fixture = Fixture::new();
    assert!(fixture.ring::<u64>(waitable()).is_waitable());
    assert!(Ring::<u64>::attach(&fixture.group, PLACE).unwrap().is_waitable());
    assert!(!fixture.ring::<u64>(RingConfig::new(8)).is_waitable());
}
