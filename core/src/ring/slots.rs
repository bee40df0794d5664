//! The slots: where elements lie, and the only file that copies them in and out.
//!
//! A slot is plain memory, not an atomic: bulk copies are to be as fast as the machine copies.
//! What keeps two processes off one slot is the protocol around it: a slot belongs to whoever
//! has its position reserved, and is handed over by publishing the position. Under loom the
//! slots are loom's cells ([`super::model`]), so that a breach of the protocol is found out.
//!
//! A peer that breaks it nevertheless can spoil elements, never memory: every position is
//! masked with this process's own copy of the mask, and any bytes are an element.
#![expect(unsafe_code, reason = "elements are copied between slots and slices by address")]

use core::ptr::{self, NonNull};

use super::copy::copy;
use super::cursor::split;
use crate::offset::Offset;
use crate::shared::Element;
use crate::window::Window;

/// The slots of one ring: an address and a mask.
#[derive(Debug)]
pub(super) struct Slots<T> {
    base: NonNull<T>,
    mask: u32,
}

impl<T> Clone for Slots<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Slots<T> {}

// SAFETY: an address of shared memory that stays mapped; elements are `Send` (`Shared`).
unsafe impl<T: Element> Send for Slots<T> {}
// SAFETY: as above; who may touch which slot is settled by reservations, not by `&`.
unsafe impl<T: Element> Sync for Slots<T> {}

impl<T: Element> Slots<T> {
    /// `mask + 1` slots at `at`; `None` if they do not lie in the window, aligned.
    pub(super) fn in_window(window: Window, at: Offset<T>, mask: u32) -> Option<Self> {
        let bytes = (mask as usize).checked_add(1)?.checked_mul(size_of::<T>())?;
        let base = window.address(at, bytes, align_of::<T>())?;
        Some(Self { base: base.cast(), mask })
    }

    /// The slot of an index not above the mask.
    #[inline(always)]
    fn slot(&self, index: usize) -> *mut T {
        // SAFETY: every caller's index is masked or comes from `split`, so it is at most
        // `mask`, and `in_window` has checked that many slots.
        unsafe { self.base.as_ptr().add(index) }
    }

    /// Whether an element fits in a word, and so can be news.
    pub(super) const FIT_A_WORD: bool = size_of::<T>() <= size_of::<u64>();

    /// The element's bytes as a word, if they fit.
    #[inline(always)]
    pub(super) fn word_of(&self, element: T) -> Option<u64> {
        let mut word = 0u64;
        if !Self::FIT_A_WORD {
            return None;
        }
        // SAFETY: `T` is at most 8 bytes, all of them initialised (`Shared`: no padding), and
        // any bytes are a word.
        unsafe { ptr::from_mut(&mut word).cast::<T>().write_unaligned(element) };
        Some(word)
    }

    /// The element that [`word_of`](Self::word_of) made a word.
    #[inline(always)]
    pub(super) fn of_word(&self, word: u64) -> Option<T> {
        if !Self::FIT_A_WORD {
            return None;
        }
        // SAFETY: `T` is at most 8 bytes, and any bytes are a `T` (`Shared`).
        Some(unsafe { ptr::from_ref(&word).cast::<T>().read_unaligned() })
    }

    /// Writes one element to the slot of `position`, which the caller has reserved.
    #[inline(always)]
    pub(super) fn put_one(&self, position: u32, element: T) {
        // SAFETY: a slot of this ring (`slot`), reserved by the caller: nobody else reads
        // or writes it until it is published.
        unsafe { self.slot((position & self.mask) as usize).write(element) }
    }

    /// Reads the element in the slot of `position`, which the caller has reserved.
    #[inline(always)]
    pub(super) fn take_one(&self, position: u32) -> T {
        // SAFETY: a slot of this ring (`slot`), reserved by the caller; any bytes are a `T`.
        unsafe { self.slot((position & self.mask) as usize).read() }
    }

    /// Writes elements to the slots from `position` on, which the caller has reserved. Of
    /// more than the ring has slots, the rest is left out.
    #[inline(always)]
    pub(super) fn put(&self, position: u32, from: &[T]) {
        let (index, first, second) = split(position, from.len(), self.mask);
        if second > 0 {
            return self.put_round(from, index, first, second);
        }
        // SAFETY: `split` gives `index + first <= mask + 1` and `first <= from.len()`; the
        // slots are reserved by the caller, so they overlap nothing that is borrowed.
        unsafe { copy(from.as_ptr(), self.slot(index), first) }
    }

    #[cold]
    #[inline(never)]
    fn put_round(&self, from: &[T], index: usize, first: usize, second: usize) {
        // SAFETY: as in `put`.
        unsafe { copy(from.as_ptr(), self.slot(index), first) };
        let rest = from.as_ptr().wrapping_add(first);
        // SAFETY: as in `put`: `second <= index` slots from 0 on, `first + second` in `from`.
        unsafe { copy(rest, self.slot(0), second) };
    }

    /// Reads elements from the slots from `position` on, which the caller has reserved.
    #[inline(always)]
    pub(super) fn take(&self, position: u32, to: &mut [T]) {
        let (index, first, second) = split(position, to.len(), self.mask);
        if second > 0 {
            return self.take_round(to, index, first, second);
        }
        // SAFETY: as in `put`, the other way round; any bytes are a `T`.
        unsafe { copy(self.slot(index), to.as_mut_ptr(), first) }
    }

    #[cold]
    #[inline(never)]
    fn take_round(&self, to: &mut [T], index: usize, first: usize, second: usize) {
        // SAFETY: as in `take`.
        unsafe { copy(self.slot(index), to.as_mut_ptr(), first) };
        let rest = to.as_mut_ptr().wrapping_add(first);
        // SAFETY: as in `put_round`, the other way round.
        unsafe { copy(self.slot(0), rest, second) };
    }

    /// The slots of `count` positions from `position` on, to be read in place.
    ///
    /// # Safety
    ///
    /// The caller has them reserved for as long as the slices live.
    pub(super) unsafe fn read<'a>(&self, position: u32, count: usize) -> (&'a [T], &'a [T]) {
        let (index, first, second) = split(position, count, self.mask);
        // SAFETY: in bounds (`split`), any bytes are a `T`, nobody writes (reserved).
        let one = unsafe { core::slice::from_raw_parts(self.slot(index), first) };
        // SAFETY: as above.
        let two = unsafe { core::slice::from_raw_parts(self.slot(0), second) };
        (one, two)
    }

    /// The slots of `count` positions from `position` on, to be written in place.
    ///
    /// # Safety
    ///
    /// The caller has them reserved for as long as the slices live, and makes them once.
    pub(super) unsafe fn write<'a>(
        &self,
        position: u32,
        count: usize,
    ) -> (&'a mut [T], &'a mut [T]) {
        let (index, first, second) = split(position, count, self.mask);
        // SAFETY: in bounds (`split`), any bytes are a `T`, nobody else has them (reserved).
        let one = unsafe { core::slice::from_raw_parts_mut(self.slot(index), first) };
        // SAFETY: as above, and the second run ends before the first begins.
        let two = unsafe { core::slice::from_raw_parts_mut(self.slot(0), second) };
        (one, two)
    }
}
