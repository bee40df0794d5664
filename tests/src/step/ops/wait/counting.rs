//! A platform that counts.

#![expect(unsafe_code, reason = "a platform that counts is a platform")]

use core::sync::atomic::{AtomicU32, Ordering};

use phalanx_core::log::Told;
use phalanx_core::platform::{CommitError, Platform};
use phalanx_core::sync::Contested32;

/// A platform that counts how often somebody is woken.
pub(super) struct Counting<'p> {
    platform: &'p dyn Platform,
    wakes: AtomicU32,
}

impl<'p> Counting<'p> {
    pub(super) fn of(platform: &'p dyn Platform) -> Self {
        Self { platform, wakes: AtomicU32::new(0) }
    }

    pub(super) fn wakes(&self) -> u32 {
        self.wakes.load(Ordering::Relaxed)
    }
}

// SAFETY: each call is the platform's own, which keeps the promises.
unsafe impl Platform for Counting<'_> {
    fn is_alive(&self, slot: u16) -> bool {
        self.platform.is_alive(slot)
    }

    fn commit(&self, list: usize, at: u64, len: u64) -> Result<(), CommitError> {
        self.platform.commit(list, at, len)
    }

    fn release(&self, list: usize, at: u64, len: u64) -> bool {
        self.platform.release(list, at, len)
    }

    fn give_way(&self) {
        self.platform.give_way();
    }

    fn sleep(&self, word: &Contested32, expected: u32, timeout_ns: u64) {
        self.platform.sleep(word, expected, timeout_ns);
    }

    fn wake(&self, word: &Contested32) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.platform.wake(word);
    }

    fn now_ns(&self) -> u64 {
        self.platform.now_ns()
    }

    fn tell(&self, told: Told) {
        self.platform.tell(told);
    }
}
