//! The cache rule: how an lcore gets and puts without meeting anybody (MP-6, as of 26.07).
//!
//! A cache is a stack of at most `size` places. Puts that fit are pushed; if they do not fit
//! and are at most half of the size, the **oldest** half goes to the pool first, so that what is
//! hot stays; more goes past the cache. Gets are popped; what is missing comes from the pool,
//! half a size at a time, or straight from it if more is missing than that.
//!
//! An object is never in two visible places. Before the slow path moves objects between slots
//! and pool it says so in `moving`; a process that dies in there leaves a cache whose slots
//! nobody believes, and objects that are nowhere, never twice.

use super::layout::CacheHeader;
use super::slots::Slots;
use super::view::PoolView;
use crate::ring::RingEnd;

/// A cache in the hand of the thread that may use it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cache<'a> {
    pub(super) header: &'a CacheHeader,
    pub(super) slots: Slots<'a>,
}

impl Cache<'_> {
    /// Fills `to`, or takes nothing and returns `false`.
    #[inline(always)]
    pub(super) fn take(&self, pool: &PoolView, to: &mut [u64]) -> bool {
        let len = self.header.len.own() as usize;
        if let Some(rest) = len.checked_sub(to.len())
            && self.slots.read(rest, to)
        {
            self.header.len.publish(rest as u32);
            self.count_got(to.len());
            return true;
        }
        if self.slots.size() == 0 {
            return self.count_taken(to.len(), pool.take(to));
        }
        self.take_past(pool, to)
    }

    /// Puts all of `from` back.
    #[inline(always)]
    pub(super) fn give(&self, pool: &PoolView, from: &[u64]) {
        let len = self.header.len.own() as usize;
        if self.slots.write(len, from) {
            self.header.len.publish((len + from.len()) as u32);
            self.count_put(from.len());
            return;
        }
        self.count_put(from.len());
        if self.slots.size() == 0 {
            return pool.give(from);
        }
        self.give_past(pool, from);
    }

    /// Gives everything in it to the pool.
    pub(super) fn flush(&self, pool: &PoolView) {
        let len = self.len();
        if len > 0 {
            self.header.moving.publish(1);
            self.slots.lend(len, |all| self.deliver(pool, all));
            self.header.len.publish(0);
            self.header.moving.publish(0);
        }
    }

    /// How many objects are in it; a length that cannot be is cut.
    pub(super) fn len(&self) -> usize {
        (self.header.len.observe() as usize).min(self.slots.size())
    }

    /// More than the cache has: all of it, and the rest from the pool.
    #[cold]
    #[inline(never)]
    fn take_past(&self, pool: &PoolView, to: &mut [u64]) -> bool {
        let len = self.len();
        let (cached, missing) = to.split_at_mut(len.min(to.len()));
        let under = len - cached.len();
        self.slots.read(under, cached);
        self.header.moving.publish(1);
        let left = self.refill(pool, missing).or_else(|| {
            // A handler that fails may have written to what it was lent.
            self.slots.write(under, cached);
            // Who is in the way has been waited for already.
            let is_held = pool.handler.is_held(RingEnd::Consumer);
            (!is_held && self.fetch(pool, missing)).then_some(under)
        });
        if let Some(left) = left {
            self.header.len.publish(left as u32);
        }
        self.header.moving.publish(0);
        self.count_taken(to.len(), left.is_some())
    }

    /// Replaces the slots by half a size of objects from the pool, and gives `missing` of them
    /// away. Returns how many stay; `None` if that is not the way, or the pool has too few.
    fn refill(&self, pool: &PoolView, missing: &mut [u64]) -> Option<usize> {
        let half = self.slots.size() / 2;
        let left = half.checked_sub(missing.len()).filter(|_| !missing.is_empty())?;
        let had = self.slots.lend(half, |slots| self.fetch(pool, slots));
        (had && self.slots.read(left, missing)).then_some(left)
    }

    /// More than fits: room is made, or all goes past the cache.
    #[cold]
    #[inline(never)]
    fn give_past(&self, pool: &PoolView, from: &[u64]) {
        let half = self.slots.size() / 2;
        if from.len() > half {
            return self.deliver(pool, from);
        }
        let len = self.len();
        // `from` did not fit, so more than half is in there.
        let oldest = half.min(len);
        self.header.moving.publish(1);
        self.slots.lend(oldest, |oldest| self.deliver(pool, oldest));
        self.slots.slide(oldest, len - oldest);
        self.slots.write(len - oldest, from);
        self.header.len.publish((len - oldest + from.len()) as u32);
        self.header.moving.publish(0);
    }

    #[inline(always)]
    fn fetch(&self, pool: &PoolView, to: &mut [u64]) -> bool {
        let had = pool.take(to);
        if had {
            self.header.pool_gets.count(1);
            self.header.pool_got.count(to.len() as u64);
        }
        had
    }

    #[inline(always)]
    fn deliver(&self, pool: &PoolView, from: &[u64]) {
        pool.give(from);
        self.header.pool_puts.count(1);
        self.header.pool_put.count(from.len() as u64);
    }

    #[inline(always)]
    fn count_taken(&self, objects: usize, had: bool) -> bool {
        match had {
            true => self.count_got(objects),
            false => self.header.failures.count(1),
        }
        had
    }

    #[inline(always)]
    fn count_got(&self, objects: usize) {
        self.header.gets.count(1);
        self.header.got.count(objects as u64);
    }

    #[inline(always)]
    fn count_put(&self, objects: usize) {
        self.header.puts.count(1);
        self.header.put.count(objects as u64);
    }
}
