//! The atomics in force, and the only file of the core that names an ordering.
//!
//! Roles are the vocabulary: a word is *published* (one writer, many observers), *contested*
//! (many writers, settled by compare-and-swap), a *word* (data whose visibility something
//! else provides), or *guarded* (written only under a lock, through its journal). Each verb
//! names the verb it pairs with. Under `--cfg loom` the same words are loom's, so that a
//! model checker can try every interleaving.
#![expect(unsafe_code, reason = "atomics lie in shared memory: `Shared` is unsafe to claim")]
#![allow(clippy::disallowed_types, reason = "this file is the façade over the atomics")]

#[cfg(loom)]
pub mod weak;

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, AtomicU64, fence};
#[cfg(loom)]
use weak::{AtomicU32, AtomicU64, fence};

use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::shared::{Shared, Words, hash_of};

/// Tells the processor that this is a wait loop; under loom, lets another thread run.
#[inline(always)]
pub fn relax() {
    #[cfg(not(loom))]
    core::hint::spin_loop();
    #[cfg(loom)]
    loom::thread::yield_now();
}

/// Keeps every earlier read and write before every later one, across processors.
///
/// Wanted only where a process writes one word and then reads another that its peer writes
/// the other way round (a sleeper's flag and a producer's index). Pairs with itself.
#[inline(always)]
pub fn full_fence() {
    fence(SeqCst);
}

macro_rules! new_and_common {
    ($name:ident, $atomic:ident, $int:ident) => {
        impl $name {
            /// A word with a first value.
            #[cfg(not(loom))]
            pub const fn new(value: $int) -> Self {
                Self($atomic::new(value))
            }
            /// A word with a first value.
            #[cfg(loom)]
            pub fn new(value: $int) -> Self {
                Self($atomic::new(value))
            }
        }
        impl Default for $name {
            fn default() -> Self {
                Self::new(0)
            }
        }
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{}({:#x})", stringify!($name), self.0.load(Relaxed))
            }
        }
        // SAFETY: a transparent atomic integer: any bytes are a value, no padding, no address.
        unsafe impl Shared for $name {
            const HASH: u64 = hash_of(stringify!($name));
        }
        // SAFETY: an atomic.
        unsafe impl Words for $name {}
    };
}

macro_rules! published {
    ($name:ident, $atomic:ident, $int:ident) => {
        /// A word with one writer, whose value says how far that writer has come.
        #[repr(transparent)]
        pub struct $name($atomic);
        new_and_common!($name, $atomic, $int);
        impl $name {
            /// What its only writer last wrote, read by that writer. Relaxed.
            #[inline(always)]
            pub fn own(&self) -> $int {
                self.0.load(Relaxed)
            }
            /// What the writer has published, and everything it wrote before.
            /// Acquire: pairs with [`publish`](Self::publish).
            #[inline(always)]
            pub fn observe(&self) -> $int {
                self.0.load(Acquire)
            }
            /// Makes everything written so far visible to whoever observes `value`.
            /// Release: pairs with [`observe`](Self::observe).
            #[inline(always)]
            pub fn publish(&self, value: $int) {
                self.0.store(value, Release)
            }
        }
    };
}
published!(Published32, AtomicU32, u32);
published!(Published64, AtomicU64, u64);

macro_rules! contested {
    ($name:ident, $atomic:ident, $int:ident) => {
        /// A word that many write, settled by compare-and-swap.
        #[repr(transparent)]
        pub struct $name($atomic);
        new_and_common!($name, $atomic, $int);
        impl $name {
            /// A glance: the value may be old. Relaxed; a decision must go through `swap_if`.
            #[inline(always)]
            pub fn peek(&self) -> $int {
                self.0.load(Relaxed)
            }
            /// The value, and everything its writer wrote before it.
            /// Acquire: pairs with [`publish`](Self::publish) and [`swap_if`](Self::swap_if).
            #[inline(always)]
            pub fn observe(&self) -> $int {
                self.0.load(Acquire)
            }
            /// Stores a value that nobody else may change now (its writer holds the claim).
            /// Release: pairs with [`observe`](Self::observe) and [`swap_if`](Self::swap_if).
            #[inline(always)]
            pub fn publish(&self, value: $int) {
                self.0.store(value, Release)
            }
            /// As [`publish`](Self::publish), where others may yet try to swap what stands there: they
            /// come before the store, or fail. Release: pairs as that does.
            #[inline(always)]
            pub fn overwrite(&self, value: $int) {
                #[cfg(not(loom))]
                self.0.store(value, Release);
                #[cfg(loom)]
                self.0.overwrite(value, Release);
            }
            /// Replaces `current` by `new`, or says what is there. Acquire and Release on
            /// success, Acquire on failure: pairs with [`publish`](Self::publish) and itself.
            #[inline(always)]
            pub fn swap_if(&self, current: $int, new: $int) -> Result<$int, $int> {
                self.0.compare_exchange(current, new, AcqRel, Acquire)
            }
            /// As [`swap_if`](Self::swap_if), for a copy of what another word says, which publishes
            /// nothing: who acts on it has looked at that word. Acquire: pairs with
            /// [`overwrite`](Self::overwrite).
            #[inline(always)]
            pub fn copy_if(&self, current: $int, new: $int) -> Result<$int, $int> {
                self.0.compare_exchange(current, new, Acquire, Acquire)
            }
            /// As [`swap_if`](Self::swap_if), but may fail for no reason: for loops.
            #[inline(always)]
            pub fn swap_if_weak(&self, current: $int, new: $int) -> Result<$int, $int> {
                self.0.compare_exchange_weak(current, new, AcqRel, Acquire)
            }
            /// Adds, and returns what was there. Acquire and Release: pairs with itself.
            #[inline(always)]
            pub fn add(&self, by: $int) -> $int {
                self.0.fetch_add(by, AcqRel)
            }
            /// Sets the bits of `bits`, and everything written before is there for whoever takes
            /// them. Acquire and Release: pairs with [`take`](Self::take) and itself.
            #[inline(always)]
            pub fn raise(&self, bits: $int) -> $int {
                self.0.fetch_or(bits, AcqRel)
            }
            /// Takes all bits away and returns them, and everything that was written before they
            /// were set. Acquire and Release: pairs with [`raise`](Self::raise).
            #[inline(always)]
            pub fn take(&self) -> $int {
                self.0.swap(0, AcqRel)
            }
        }
    };
}
contested!(Contested32, AtomicU32, u32);

#[cfg(not(loom))]
impl Contested32 {
    /// The word as the kernel's futex calls take it, which compare and never store.
    pub fn as_futex(&self) -> &AtomicU32 {
        &self.0
    }
}
contested!(Contested64, AtomicU64, u64);

macro_rules! word {
    ($name:ident, $atomic:ident, $int:ident) => {
        /// Data that somebody else's publication makes visible (or a statistic). Relaxed.
        #[repr(transparent)]
        pub struct $name($atomic);
        new_and_common!($name, $atomic, $int);
        impl $name {
            /// The value; how fresh it is, another word says.
            #[inline(always)]
            pub fn get(&self) -> $int {
                self.0.load(Relaxed)
            }
            /// Writes the value; another word publishes it.
            #[inline(always)]
            pub fn set(&self, value: $int) {
                self.0.store(value, Relaxed)
            }
            /// Counts up, for a counter with one writer: a load and a store, no bus lock.
            #[inline(always)]
            pub fn count(&self, by: $int) {
                self.0.store(self.0.load(Relaxed).wrapping_add(by), Relaxed)
            }
        }
    };
}
word!(Word32, AtomicU32, u32);
word!(Word64, AtomicU64, u64);

/// A word that changes only under a robust lock and through its journal
/// ([`crate::lock::Transaction::set`]); whoever reads it either holds that lock or says how
/// it detects a change under its eyes.
#[repr(transparent)]
pub struct Guarded(AtomicU64);
new_and_common!(Guarded, AtomicU64, u64);
impl Guarded {
    /// The value. Acquire: pairs with the store of the journalled write, so that a reader
    /// without the lock that sees the second of two writes sees the first.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0.load(Acquire)
    }

    /// The write itself, for the lock's transaction and the formatting of fresh memory.
    /// Release: pairs with [`get`](Self::get).
    #[inline]
    pub(crate) fn write(&self, value: u64) {
        self.0.store(value, Release)
    }
}
