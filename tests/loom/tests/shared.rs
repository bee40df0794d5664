//! Several producers or several consumers, for each way of sharing an end.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{RingConfig, Sync};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, consumer, finds_a_fault, producer, put, ring, take};

/// Two producers of one element each; the consumer sees both, whole.
fn two_producers(sync: Sync, size: u32) {
    let config = RingConfig::new(size).producer(sync).consumer(Sync::Single);
    let ring = ring(config, [0u32; 4], u32::MAX);
    let threads = [1, 2].map(|i| {
        let mut p = producer(&ring);
        thread::spawn(move || put(&mut p, [i; 4]))
    });
    let mut c = consumer(&ring);
    let mut seen = [take(&mut c), take(&mut c)];
    seen.sort_unstable();
    assert_eq!(seen, [[1; 4], [2; 4]]);
    assert_eq!(c.dequeue(), None);
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Two consumers of what is there: each element once.
fn two_consumers(sync: Sync) {
    let ring = ring(RingConfig::new(4).producer(Sync::Single).consumer(sync), 0u32, u32::MAX - 1);
    let mut p = producer(&ring);
    let threads = [1, 2].map(|_| {
        let mut c = consumer(&ring);
        thread::spawn(move || c.dequeue())
    });
    assert!(p.enqueue_bulk(&[1, 2]).is_ok());
    let mut seen: Vec<u32> = threads.into_iter().filter_map(|t| t.join().unwrap()).collect();
    let mut c = consumer(&ring);
    seen.extend(std::iter::from_fn(|| c.dequeue()));
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
}

/// A producer that turns consumer: what it put in and took out, the other sees in order
/// (the case in which a head that is read without acquire goes wrong).
fn both_do_both(sync: Sync) {
    let ring = ring(RingConfig::new(2).both(sync), 0u32, u32::MAX);
    let threads = [1, 2].map(|i| {
        let (mut p, mut c) = (producer(&ring), consumer(&ring));
        thread::spawn(move || {
            put(&mut p, i);
            take(&mut c)
        })
    });
    let mut seen = threads.map(|thread| thread.join().unwrap());
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
}

macro_rules! for_each_sync {
    ($($name:ident: $sync:ident, $($weaker:ident)|+;)+) => {$(
        mod $name {
            use super::*;

            fn producers() {
                two_producers(Sync::$sync, 4);
            }

            fn consumers() {
                two_consumers(Sync::$sync);
            }

            fn both() {
                both_do_both(Sync::$sync);
            }

            #[test]
            fn two_producers_lose_nothing() {
                check(producers);
            }

            #[test]
            fn two_producers_wait_for_room() {
                check(|| two_producers(Sync::$sync, 2));
            }

            #[test]
            fn two_consumers_take_each_element_once() {
                check(consumers);
            }

            #[test]
            fn processes_that_do_both_exchange_each_element_once() {
                check(both);
            }

            #[test]
            fn weaker_orderings_are_found_out() {
                for how in [$(Weakening::$weaker),+] {
                    let found = [producers, consumers, both].map(|m| finds_a_fault(how, m));
                    assert!(found.contains(&true), "{how:?}: {found:?}");
                }
            }
        }
    )+};
}
for_each_sync! {
    multi: Multi, Stores | Loads;
    hts: Hts, Stores | Loads;
    rts: Rts, SwapsRelease | SwapsAcquire;
}
