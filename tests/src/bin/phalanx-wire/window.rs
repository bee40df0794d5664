//! `Window`: how many packets may be on their way, so that no ring is ever full.
//!
//! A ring that is full loses packets, and QEMU's wire does worse: what it holds back for a card that has no
//! buffer it delivers behind the packet that comes next. So while nobody receives, no more is sent than a
//! ring holds, however long that lasts.

use core::time::Duration;
use std::time::Instant;

use crate::ledger::Way;

/// The most that are on their way. Twice as many are fewer than any ring has descriptors: what is given up may
/// come yet.
const MOST: u64 = 96;

/// What was sent is lost once the other end has looked in vain for so long, and so often.
const LOST_AFTER: Duration = Duration::from_secs(1);
const VAIN: u64 = 64;

pub(crate) struct Window {
    /// What lies before it is not waited for: it was seen, or is lost.
    base: u64,
    /// How often the other end had looked in vain when that has moved, and when it did.
    vain: u64,
    moved: Instant,
}

impl Window {
    /// That of a way whose sender begins.
    pub(crate) fn new(way: &Way) -> Self {
        Self::from(way, way.top.observe())
    }

    fn from(way: &Way, base: u64) -> Self {
        Self { base, vain: way.vain.observe(), moved: Instant::now() }
    }

    /// How many may go now.
    pub(crate) fn room(&mut self, way: &Way) -> u64 {
        let (next, top) = (way.next.observe(), way.top.observe());
        if top == 0 && way.vain.observe() == 0 {
            // Nobody has looked yet, so the card at the other end has no buffer.
            return 0;
        }
        if top > self.base {
            *self = Self::from(way, top);
        }
        let room = (self.base + MOST).saturating_sub(next);
        let is_lost =
            |it: &Self| way.vain.observe() - it.vain >= VAIN && it.moved.elapsed() > LOST_AFTER;
        if room == 0 && is_lost(self) {
            // A device was reset that had all of them.
            *self = Self::from(way, next);
        }
        (self.base + MOST).saturating_sub(next)
    }

    /// Whether all that was sent before `next` was seen, or is lost.
    pub(crate) const fn is_empty(&self, next: u64) -> bool {
        self.base == next
    }
}
