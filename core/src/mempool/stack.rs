//! The lock-free stack of free objects: one word for the top, one link word for each object.
//!
//! A link says which object lies under this one, and how many lie there with it; so how many
//! there are, and whether there are enough, is read from the top object's link, and no counter
//! can disagree with the stack. Whoever changes the top swaps in a new number of changes with
//! it, so that a top that went and came back is not taken for one that stayed (the number has
//! 32 bits: a process would have to sleep for exactly 2^32 changes between its two steps).
//!
//! Every change is one swap. A process that dies before it has changed nothing; one that dies
//! after it is done. There is nothing to repair.

use super::layout::StackHeader;
use super::view::PoolView;
use crate::sync::{Word64, relax};

/// The stack as a process sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack {
    header: &'static StackHeader,
    links: &'static [Word64],
}

/// The low half: an object's number + 1, or 0 for none.
const fn low(word: u64) -> u32 {
    word as u32
}

/// The high half: changes of the top, or the depth of a link.
const fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

const fn pack(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

impl Stack {
    pub(super) fn new(header: &'static StackHeader, links: &'static [Word64]) -> Self {
        Self { header, links }
    }

    /// How many objects are in it.
    pub(super) fn len(&self) -> u32 {
        loop {
            let top = self.header.top.observe();
            let depth = self.depth(low(top));
            if self.header.top.observe() == top {
                return depth;
            }
            relax();
        }
    }

    /// Takes as many objects as `to` has room for, or none. The last put comes first.
    pub(super) fn take(&self, pool: &PoolView, to: &mut [u64]) -> bool {
        let mut top = self.header.top.observe();
        loop {
            let now = match self.walk(low(top), to) {
                Some(rest) => {
                    match self.header.top.swap_if_weak(top, pack(high(top).wrapping_add(1), rest)) {
                        Ok(_) => break,
                        Err(now) => now,
                    }
                }
                // Too few, unless the stack changed while it was walked.
                None => match self.header.top.observe() {
                    now if now == top => return false,
                    now => now,
                },
            };
            top = now;
            relax();
        }
        for place in to {
            *place = pool.place((*place as u32).wrapping_sub(1)).unwrap_or(0);
        }
        true
    }

    /// Puts `from`'s objects on top, the last one topmost. What is no object of the pool is
    /// left out; returns how many that were.
    pub(super) fn give(&self, pool: &PoolView, from: &[u64]) -> u64 {
        let mut top = self.header.top.observe();
        loop {
            let (last, strays) = self.chain(pool, from, low(top));
            // Pairs with the `observe` and the swap of `take`: who sees the top sees the links.
            match self.header.top.swap_if_weak(top, pack(high(top).wrapping_add(1), last)) {
                Ok(_) => return strays,
                Err(found) => top = found,
            }
            relax();
        }
    }

    /// Shows `visit` the number of each object, topmost first. Exact while nobody changes it.
    pub(super) fn visit(&self, mut visit: impl FnMut(u32)) {
        let mut at = low(self.header.top.observe());
        for _ in 0..self.links.len() {
            let Some(number) = at.checked_sub(1) else { return };
            visit(number);
            at = self.link(at).map_or(0, low);
        }
    }

    fn link(&self, at: u32) -> Option<u64> {
        self.links.get(at.checked_sub(1)? as usize).map(Word64::get)
    }

    fn depth(&self, at: u32) -> u32 {
        self.link(at).map_or(0, high)
    }

    /// Writes the numbers of the objects from `at` down to `to`; what lies under them, or
    /// `None` if there are too few.
    fn walk(&self, mut at: u32, to: &mut [u64]) -> Option<u32> {
        if (self.depth(at) as usize) < to.len() {
            return None;
        }
        for place in to {
            *place = u64::from(at);
            at = low(self.link(at)?);
        }
        Some(at)
    }

    /// Links `from`'s objects to each other and to `under`. Returns the last one, which is to be
    /// the top, and how many were no objects.
    fn chain(&self, pool: &PoolView, from: &[u64], mut under: u32) -> (u32, u64) {
        let mut depth = self.depth(under);
        let mut strays = 0;
        for at in from {
            let number = pool.number(*at);
            let Some((number, link)) =
                number.and_then(|number| Some((number, self.links.get(number as usize)?)))
            else {
                strays += 1;
                continue;
            };
            depth = depth.wrapping_add(1);
            link.set(pack(depth, under));
            under = number + 1;
        }
        (under, strays)
    }
}
