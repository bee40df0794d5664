//! Loom's atomics, which a test may make weaker than the core asks for.
//!
//! A model that passes proves little until it fails where it should. So a test runs it once more
//! with one ordering taken away everywhere, and asserts that loom finds the race.

extern crate std;

use core::cell::Cell;
use core::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// What is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakening {
    /// Nothing: the core as it is.
    None,
    /// Stores publish nothing: each is Relaxed.
    Stores,
    /// Loads observe nothing: each is Relaxed.
    Loads,
    /// Swaps publish nothing: a successful one is Acquire.
    SwapsRelease,
    /// Swaps observe nothing: a successful one is Release or less, a failed one Relaxed.
    SwapsAcquire,
    /// Raised bits publish nothing: setting them is Relaxed.
    Raises,
    /// Taken bits show nothing of what was before them: taking is Relaxed.
    Takes,
    /// A full fence is none.
    Fences,
}

std::thread_local! {
    static WEAKENING: Cell<Weakening> = const { Cell::new(Weakening::None) };
}

/// Weakens the atomics of every model that this (system) thread runs from now on.
pub fn weaken(how: Weakening) {
    WEAKENING.set(how);
}

/// The core's full fence, unless it is taken away.
pub(super) fn fence(order: Ordering) {
    if WEAKENING.get() != Weakening::Fences {
        loom::sync::atomic::fence(order);
    }
}

fn weakened(how: Weakening, asked: Ordering, left: Ordering) -> Ordering {
    if WEAKENING.get() == how { left } else { asked }
}

fn without_acquire(asked: Ordering) -> Ordering {
    if asked == Acquire { Relaxed } else { Release }
}

macro_rules! weak {
    ($name:ident, $int:ident) => {
        /// An atomic of loom's, as weak as the test wants it.
        #[derive(Debug)]
        pub struct $name(loom::sync::atomic::$name);

        impl $name {
            pub(super) fn new(value: $int) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }
            pub(super) fn load(&self, order: Ordering) -> $int {
                self.0.load(weakened(Weakening::Loads, order, Relaxed))
            }
            pub(super) fn store(&self, value: $int, order: Ordering) {
                self.0.store(value, weakened(Weakening::Stores, order, Relaxed));
            }
            /// A store that swaps of others come before or fail at. Loom leaves a plain store
            /// and a swap that do not know each other unordered, although the swap, which has not
            /// read what was stored, can only come first; so it would let even a thread that has
            /// seen the store read what that replaced, for ever, and no wait would end.
            ///
            /// Unlike a store, a swap also shows what was published by what it replaces. In a log
            /// that is the call of the lap before, which every call comes after anyhow.
            pub(super) fn overwrite(&self, value: $int, order: Ordering) {
                self.0.swap(value, weakened(Weakening::Stores, order, Relaxed));
            }
            pub(super) fn compare_exchange(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                let success = weakened(Weakening::SwapsRelease, success, Acquire);
                let success = weakened(Weakening::SwapsAcquire, success, without_acquire(success));
                let failure = weakened(Weakening::SwapsAcquire, failure, Relaxed);
                self.0.compare_exchange(current, new, success, failure)
            }
            pub(super) fn compare_exchange_weak(
                &self,
                current: $int,
                new: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                self.compare_exchange(current, new, success, failure)
            }
            pub(super) fn fetch_add(&self, by: $int, order: Ordering) -> $int {
                self.0.fetch_add(by, order)
            }
            pub(super) fn fetch_or(&self, bits: $int, order: Ordering) -> $int {
                self.0.fetch_or(bits, weakened(Weakening::Raises, order, Relaxed))
            }
            pub(super) fn swap(&self, value: $int, order: Ordering) -> $int {
                self.0.swap(value, weakened(Weakening::Takes, order, Relaxed))
            }
        }
    };
}
weak!(AtomicU32, u32);
weak!(AtomicU64, u64);
