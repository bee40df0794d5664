//! One producer and one consumer.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{RingConfig, Sync};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, consumer, finds_a_fault, producer, put, ring, take};

/// Elements that do not fit in a word, so that all go through the slots; three through a ring
/// that holds one, across the wrap of the positions.
fn one_by_one_through_slots() {
    let config = RingConfig::exact(1).both(Sync::Single);
    let ring = ring(config, [0u32; 4], u32::MAX);
    let (mut p, mut c) = (producer(&ring), consumer(&ring));
    let thread = thread::spawn(move || {
        for i in 1..4 {
            put(&mut p, [i; 4]);
        }
    });
    for i in 1..4 {
        assert_eq!(take(&mut c), [i; 4]);
    }
    thread.join().unwrap();
}

/// Batches of two through a ring that holds three.
fn in_batches() {
    let ring = ring(RingConfig::new(4).both(Sync::Single), 0u32, u32::MAX - 2);
    let (mut p, mut c) = (producer(&ring), consumer(&ring));
    let thread = thread::spawn(move || {
        while p.enqueue_bulk(&[1, 2]).is_err() {
            thread::yield_now();
        }
        let mut rest: &[u32] = &[3, 4];
        while !rest.is_empty() {
            let done = p.enqueue_burst(rest).unwrap();
            rest = &rest[done..];
            thread::yield_now();
        }
    });
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let mut two = [0; 2];
        let got = c.dequeue_burst(&mut two).unwrap();
        seen.extend_from_slice(&two[..got]);
        thread::yield_now();
    }
    assert_eq!(seen, [1, 2, 3, 4]);
    thread.join().unwrap();
}

#[test]
fn elements_pass_in_order_through_a_ring_of_one() {
    check(one_by_one_through_slots);
}

#[test]
fn batches_pass_in_order() {
    check(in_batches);
}

#[test]
fn without_release_or_acquire_loom_sees_the_race_on_a_slot() {
    for how in [Weakening::Stores, Weakening::Loads] {
        assert!(finds_a_fault(how, one_by_one_through_slots), "{how:?}");
        assert!(finds_a_fault(how, in_batches), "{how:?}");
    }
}
