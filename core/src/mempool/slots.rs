//! A cache's slots: plain memory that one thread works on, and the only file that copies it.
//!
//! Slots hold places (bytes from the window's start, eight bytes each), not numbers of objects:
//! what a caller gets and puts are places too, so getting and putting is copying, and nothing
//! is multiplied or looked up. A slot is no atomic, because bulk copies of atomics are made
//! one by one. Who may touch the slots is settled by the claim of the lcore (or, for a user's
//! cache, by ownership); anybody else only [`glance`](Slots::glance)s, and believes nothing.
#![expect(unsafe_code, reason = "places are copied between slots and slices by address")]

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use crate::offset::Offset;
#[cfg(not(loom))]
use crate::ring::copy;
use crate::sync::Word64;
use crate::window::Window;

/// The slots of one cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots<'a> {
    base: NonNull<u64>,
    size: usize,
    // Neither `Send` nor `Sync` (the pointer), and not longer than what it points into.
    _of: PhantomData<&'a UnsafeCell<u64>>,
}

impl<'a> Slots<'a> {
    /// `size` slots in shared memory; `None` if they do not lie in the window.
    pub(super) fn in_window(window: Window, at: Offset<Word64>, size: u32) -> Option<Self> {
        let size = size as usize;
        let base = window.address(at, size.checked_mul(8)?, 8)?;
        Some(Self { base: base.cast(), size, _of: PhantomData })
    }

    /// Slots in this process's own memory.
    pub(super) fn of<const N: usize>(words: &'a UnsafeCell<[u64; N]>) -> Self {
        Self { base: NonNull::from(words).cast(), size: N, _of: PhantomData }
    }

    /// How many there are.
    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Copies the slots from `from` on to `to`; `false`, and copies nothing, if there are not
    /// as many.
    #[inline(always)]
    pub(super) fn read(&self, from: usize, to: &mut [u64]) -> bool {
        if !self.has(from, to.len()) {
            return false;
        }
        // SAFETY: `has`: slot `from` is one of them, or the end.
        let source = unsafe { self.base.as_ptr().add(from) };
        // SAFETY: `has`: as many words are there; `to` is borrowed alone and slots are never
        // borrowed, so they do not overlap; nobody else writes them (the claim).
        unsafe { copy(source, to.as_mut_ptr(), to.len()) };
        true
    }

    /// Copies `from` to the slots from `to` on; `false`, and copies nothing, if there are not
    /// as many.
    #[inline(always)]
    pub(super) fn write(&self, to: usize, from: &[u64]) -> bool {
        if !self.has(to, from.len()) {
            return false;
        }
        // SAFETY: `has`: slot `to` is one of them, or the end.
        let target = unsafe { self.base.as_ptr().add(to) };
        // SAFETY: as in `read`, the other way round.
        unsafe { copy(from.as_ptr(), target, from.len()) };
        true
    }

    /// Moves the `count` slots from `from` on down to slot 0.
    pub(super) fn slide(&self, from: usize, count: usize) {
        if !self.has(from, count) {
            return;
        }
        // SAFETY: `has`: slot `from` is one of them, or the end.
        let source = unsafe { self.base.as_ptr().add(from) };
        // SAFETY: both ranges are slots (`has`, and 0 is not above `from`); they may overlap.
        unsafe { ptr::copy(source, self.base.as_ptr(), count) };
    }

    /// The first `count` slots as a slice for `work`, which a handler fills or empties.
    pub(super) fn lend<R>(&self, count: usize, work: impl FnOnce(&mut [u64]) -> R) -> R {
        let count = count.min(self.size);
        // SAFETY: slots are words, initialised, aligned; nobody else works on them (the claim),
        // and this thread makes no other slice of them: handlers know no cache.
        let slots = unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), count) };
        work(slots)
    }

    /// What slot `index` holds, for who does not own the slots: any value, believed by nobody.
    pub(super) fn glance(&self, index: usize) -> Option<u64> {
        if index >= self.size {
            return None;
        }
        // SAFETY: `index < size`.
        let slot = unsafe { self.base.as_ptr().add(index) };
        // SAFETY: a word of memory that stays mapped and that any process may be writing:
        // read once, as it is.
        Some(unsafe { slot.read_volatile() })
    }

    #[inline(always)]
    fn has(&self, from: usize, count: usize) -> bool {
        from <= self.size && count <= self.size - from
    }
}

#[cfg(loom)]
use ptr::copy_nonoverlapping as copy;

/// Places as the words they are.
#[inline(always)]
pub(super) fn words<P>(places: &[Offset<P>]) -> &[u64] {
    // SAFETY: an `Offset` is a transparent u64.
    unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), places.len()) }
}

/// Places as the words they are, to be written.
#[inline(always)]
pub(super) fn words_mut<P>(places: &mut [Offset<P>]) -> &mut [u64] {
    // SAFETY: an `Offset` is a transparent u64, and any u64 is an `Offset`.
    unsafe { core::slice::from_raw_parts_mut(places.as_mut_ptr().cast(), places.len()) }
}
