//! The element that lies beside the tail, while the producer overwrites it.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{RingConfig, Sync};
use phalanx_core::sync::weak::Weakening;
use phalanx_loom::{check, consumer, finds_a_fault, producer, ring};

/// The producer runs round the news (four words) while the consumer is anywhere in its first
/// call: it must see the first element or none, never the fifth.
fn the_producer_runs_round_the_news() {
    let ring = ring(RingConfig::new(8).both(Sync::Single), 0u64, u32::MAX - 1);
    let (mut p, mut c) = (producer(&ring), consumer(&ring));
    let thread = thread::spawn(move || {
        for i in 1..6 {
            p.enqueue(i).unwrap();
        }
    });
    if let Some(first) = c.dequeue().unwrap() {
        assert_eq!(first, 1);
        assert!(c.dequeue().unwrap().is_none_or(|second| second == 2));
    }
    thread.join().unwrap();
}

/// A question and its answer through two rings, twice.
fn there_and_back() {
    let config = RingConfig::new(2).both(Sync::Single);
    let (there, back) = (ring(config, 0u32, 0), ring(config, 0u32, 0));
    let (mut ask, mut hear) = (producer(&there), consumer(&back));
    let (mut listen, mut answer) = (consumer(&there), producer(&back));
    let thread = thread::spawn(move || {
        for _ in 0..2 {
            let question = phalanx_loom::take(&mut listen);
            answer.enqueue(question + 10).unwrap();
        }
    });
    for i in 1..3 {
        ask.enqueue(i).unwrap();
        assert_eq!(phalanx_loom::take(&mut hear), i + 10);
    }
    thread.join().unwrap();
}

#[test]
fn news_that_is_overwritten_is_not_believed() {
    check(the_producer_runs_round_the_news);
}

#[test]
fn a_question_finds_its_answer() {
    check(there_and_back);
}

#[test]
fn without_release_or_acquire_old_or_future_news_is_believed() {
    for how in [Weakening::Stores, Weakening::Loads] {
        assert!(finds_a_fault(how, the_producer_runs_round_the_news), "{how:?}");
    }
}
