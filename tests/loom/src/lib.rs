//! Models of the core under loom; empty unless built with `--cfg loom`:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test -p phalanx-loom --profile loom
//! ```
//!
//! A model is a few threads that do a few operations; loom runs them in every order that matters
//! and with every value that a load may return. What it finds: races on slots, elements lost,
//! doubled, stale or out of order, and waits without end. Each model also runs with one ordering
//! of the core taken away (`phalanx_core::sync::weak`), and must then fail: `finds_a_fault`.
#![cfg(loom)]

use loom::thread;
use phalanx_core::ring::{Consumer, Producer, Ring, RingConfig};
use phalanx_core::shared::Element;
use phalanx_core::sync::weak::{Weakening, weaken};

/// How often a thread may be interrupted where it does not wait: with more, models of three
/// threads take hours, and the faults that are known all show with two.
const PREEMPTIONS: usize = 4;

/// Runs `model` in every order.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    check_within(PREEMPTIONS, model);
}

/// Runs `model` in every order in which no thread is interrupted more than `preemptions` times.
pub fn check_within(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.check(model);
}

/// Whether loom finds a fault in `model` when the core's orderings are weakened by `how`.
///
/// In a thread of its own: a failed model leaves loom's state behind.
pub fn finds_a_fault(how: Weakening, model: fn()) -> bool {
    let run = move || {
        weaken(how);
        check(model);
    };
    std::thread::spawn(run).join().is_err()
}

/// A ring for one run, positions from `start`.
pub fn ring<T: Element>(config: RingConfig, zero: T, start: u32) -> Ring<T> {
    Ring::model(&config, zero, start, 513).expect("a model's configuration is right")
}

/// A producer; a model has no claims to be refused.
pub fn producer<T: Element>(ring: &Ring<T>) -> Producer<T> {
    ring.producer().expect("a model refuses no claim")
}

/// A consumer, as [`producer`].
pub fn consumer<T: Element>(ring: &Ring<T>) -> Consumer<T> {
    ring.consumer().expect("a model refuses no claim")
}

/// Puts one element in, waiting for room.
pub fn put<T: Element>(producer: &mut Producer<T>, element: T) {
    while producer.enqueue(element).is_err() {
        thread::yield_now();
    }
}

/// Takes one element out, waiting for it.
pub fn take<T: Element>(consumer: &mut Consumer<T>) -> T {
    loop {
        if let Ok(Some(element)) = consumer.dequeue() {
            return element;
        }
        thread::yield_now();
    }
}
