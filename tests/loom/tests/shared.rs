//! Several producers or several consumers, for each way of sharing an end.
//!
//! Two threads each: a wait at a shared end makes every further thread cost a hundredfold. The
//! calls never wait for room or for an element; what each brought about is added up at the end.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{Ring, RingConfig, RingEnd, Sync};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, consumer, finds_a_fault, producer, ring};

type Wide = [u32; 4];

/// How an end is shared.
#[derive(Clone, Copy)]
struct How {
    sync: Sync,
    /// Whether calls at an Rts end may run ahead of each other: in a ring as small as a model's
    /// they may not unless they are told to.
    is_ahead: bool,
}

impl How {
    fn ring(self, config: RingConfig, start: u32) -> Ring<Wide> {
        let ring = ring(config, [0u32; 4], start);
        let ends =
            [(RingEnd::Producer, ring.producer_sync()), (RingEnd::Consumer, ring.consumer_sync())];
        for (end, _) in ends.into_iter().filter(|(_, sync)| self.is_ahead && *sync == Sync::Rts) {
            ring.set_lead_max(end, ring.capacity()).unwrap();
        }
        ring
    }
}

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
fn two_producers(how: How, size: u32) {
    let config = RingConfig::new(size).producer(how.sync).consumer(Sync::Single);
    let ring = how.ring(config, u32::MAX);
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
fn two_consumers(how: How) {
    let config = RingConfig::new(4).producer(Sync::Single).consumer(how.sync);
    let ring = how.ring(config, u32::MAX - 1);
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
fn both_do_both(how: How) {
    let ring = how.ring(RingConfig::new(2).both(how.sync), u32::MAX);
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

macro_rules! for_each {
    ($($name:ident: $sync:ident, $is_ahead:literal, $($weaker:ident)|+;)+) => {$(
        mod $name {
            use super::*;

            const HOW: How = How { sync: Sync::$sync, is_ahead: $is_ahead };

            fn producers() {
                two_producers(HOW, 4);
            }

            fn consumers() {
                two_consumers(HOW);
            }

            fn both() {
                both_do_both(HOW);
            }

            #[test]
            fn two_producers_lose_nothing() {
                check(producers);
            }

            #[test]
            fn two_producers_find_the_ring_full_or_not() {
                check(|| two_producers(HOW, 2));
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
// Hts is Multi by another name. A shared end whose calls take turns needs no swap that observes:
// each call begins at a tail that it has looked at, and so after all that the one before did.
for_each! {
    multi: Multi, false, Stores | Loads;
    rts_in_turn: Rts, false, SwapsRelease | Stores | Loads;
    rts_ahead: Rts, true, SwapsRelease | SwapsAcquire | Stores | Loads;
}
