//! Several producers or several consumers, for each way of sharing an end.
//!
//! Two threads each: a wait at a shared end makes every further thread cost a hundredfold. The
//! calls never wait for room or for an element; what each brought about is added up at the end.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{Ring, RingConfig, Sync};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, consumer, finds_a_fault, producer, ring};

type Wide = [u32; 4];

/// What is left in the ring.
fn rest(ring: &Ring<Wide>) -> impl Iterator<Item = Wide> {
    let mut c = consumer(ring);
    core::iter::from_fn(move || c.dequeue().unwrap())
}

fn same(mut put: Vec<Wide>, mut taken: Vec<Wide>) {
    put.sort_unstable();
    taken.sort_unstable();
    assert_eq!(put, taken);
}

/// Two producers, and a consumer that takes what it finds: each element once, whole.
fn two_producers(sync: Sync, size: u32) {
    let config = RingConfig::new(size).producer(sync).consumer(Sync::Single);
    let ring = ring(config, [0u32; 4], u32::MAX);
    let (mut one, mut two) = (producer(&ring), producer(&ring));
    let thread = thread::spawn(move || one.enqueue([1; 4]).is_ok());
    let mut put = Vec::new();
    let mut taken = Vec::new();
    let mut c = consumer(&ring);
    if two.enqueue([2; 4]).is_ok() {
        put.push([2; 4]);
    }
    taken.extend(c.dequeue().unwrap());
    taken.extend(c.dequeue().unwrap());
    if thread.join().unwrap() {
        put.push([1; 4]);
    }
    drop(c);
    taken.extend(rest(&ring));
    same(put, taken);
}

/// Two consumers, while a second element comes: each element once.
fn two_consumers(sync: Sync) {
    let ring =
        ring(RingConfig::new(4).producer(Sync::Single).consumer(sync), [0u32; 4], u32::MAX - 1);
    let mut p = producer(&ring);
    p.enqueue([1; 4]).unwrap();
    let (mut one, mut two) = (consumer(&ring), consumer(&ring));
    let thread = thread::spawn(move || one.dequeue().unwrap());
    p.enqueue([2; 4]).unwrap();
    let mut taken = Vec::from_iter(two.dequeue().unwrap());
    taken.extend(thread.join().unwrap());
    taken.extend(rest(&ring));
    same(vec![[1; 4], [2; 4]], taken);
}

/// Both put one in and take one out of a ring that holds one (the case in which a head that is
/// read without acquire goes wrong).
fn both_do_both(sync: Sync) {
    let ring = ring(RingConfig::new(2).both(sync), [0u32; 4], u32::MAX);
    let work = |i: u32, ring: &Ring<Wide>| {
        let (mut p, mut c) = (producer(ring), consumer(ring));
        (p.enqueue([i; 4]).ok().map(|()| [i; 4]), c.dequeue().unwrap())
    };
    let other = ring;
    let thread = thread::spawn(move || work(1, &other));
    let (put, took) = work(2, &ring);
    let (other_put, other_took) = thread.join().unwrap();
    let taken = took.into_iter().chain(other_took).chain(rest(&ring)).collect();
    same(put.into_iter().chain(other_put).collect(), taken);
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
            fn two_producers_find_the_ring_full_or_not() {
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
                    let found = [producers, consumers, both].iter().any(|m| finds_a_fault(how, *m));
                    assert!(found, "{how:?}");
                }
            }
        }
    )+};
}
// Hts is Multi by another name.
for_each_sync! {
    multi: Multi, Stores | Loads;
    rts: Rts, SwapsRelease | SwapsAcquire | Stores | Loads;
}
