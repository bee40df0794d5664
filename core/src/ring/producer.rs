//! `Producer<T>`: puts elements in.

use core::fmt;
use core::marker::PhantomData;

use super::cursor::Want;
use super::handle::{Handle, Put, PutOne};
use super::kind::{Any, Kind};
#[cfg(not(loom))]
use super::peek::{PeekError, PutStart, start};
use super::ring::Ring;
use crate::shared::Element;

/// The ring has no room for one more element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an element was to go into a ring that is full; take some out first, or try again",
        )
    }
}

impl core::error::Error for Full {}

/// The ring has not room for all elements of a bulk; none went in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom {
    /// How many were to go in.
    pub wanted: usize,
    /// How many would have fitted a moment later.
    pub free: u32,
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, free } = self;
        write!(
            f,
            "{wanted} elements were to go into a ring, all or none, and {free} fit; try again, or use a burst"
        )
    }
}

impl core::error::Error for NoRoom {}

/// Puts elements into a ring. `Send`: a thread may take it along; two threads need two (and a
/// ring whose producers are not `Single`).
///
/// No operation makes a system call, takes a lock or allocates. On a shared end a call waits for
/// those that reserved before it (see [`Sync`]); after a thousand turns it gives the processor away.
pub struct Producer<T: Element, K: Kind = Any> {
    pub(super) handle: Handle<T>,
    pub(super) kind: PhantomData<K>,
}

impl<T: Element, K: Kind> fmt::Debug for Producer<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("ring", &self.handle.ring)
            .field("sync", &self.handle.side.sync)
            .finish()
    }
}

impl<T: Element, K: Kind> Producer<T, K> {
    /// Puts one element in.
    #[doc(alias = "rte_ring_enqueue")]
    #[doc(alias = "rte_ring_enqueue_elem")]
    #[doc(alias = "rte_ring_sp_enqueue")]
    #[doc(alias = "rte_ring_mp_enqueue")]
    #[inline(always)]
    pub fn enqueue(&mut self, element: T) -> Result<(), Full> {
        K::run(self.handle.side.sync, PutOne(&mut self.handle, element)).ok_or(Full)
    }

    /// Puts all `elements` in, or none.
    #[doc(alias = "rte_ring_enqueue_bulk")]
    #[doc(alias = "rte_ring_enqueue_bulk_elem")]
    #[doc(alias = "rte_ring_sp_enqueue_bulk")]
    #[doc(alias = "rte_ring_mp_enqueue_bulk")]
    #[inline(always)]
    pub fn enqueue_bulk(&mut self, elements: &[T]) -> Result<(), NoRoom> {
        let done = self.put(elements, Want::All);
        if done == elements.len() { Ok(()) } else { Err(self.no_room(elements.len())) }
    }

    /// Puts as many of `elements` in as fit, the first first; returns how many. On a shared end at
    /// most [`BATCH_MAX`](super::BATCH_MAX).
    #[doc(alias = "rte_ring_enqueue_burst")]
    #[doc(alias = "rte_ring_enqueue_burst_elem")]
    #[doc(alias = "rte_ring_sp_enqueue_burst")]
    #[doc(alias = "rte_ring_mp_enqueue_burst")]
    #[inline(always)]
    pub fn enqueue_burst(&mut self, elements: &[T]) -> usize {
        self.put(elements, Want::UpTo)
    }

    /// [`enqueue_bulk`](Self::enqueue_bulk) that also says how many more fit after it. Costs a look
    /// at the consumers' line each time, which the plain form saves.
    #[inline(always)]
    pub fn enqueue_bulk_and_look(&mut self, elements: &[T]) -> Result<u32, NoRoom> {
        let done = self.put(elements, Want::All);
        if done == elements.len() { Ok(self.free()) } else { Err(self.no_room(elements.len())) }
    }

    /// [`enqueue_burst`](Self::enqueue_burst) that also says how many more fit after it, at the
    /// same cost.
    #[inline(always)]
    pub fn enqueue_burst_and_look(&mut self, elements: &[T]) -> (usize, u32) {
        let done = self.put(elements, Want::UpTo);
        (done, self.free())
    }

    /// How many more fit now; reads the consumers' line.
    pub fn free(&self) -> u32 {
        self.handle.side.available_now()
    }

    /// Reserves slots to be written in place: all `count`, or an error.
    #[cfg(not(loom))]
    #[doc(alias = "rte_ring_enqueue_bulk_start")]
    #[doc(alias = "rte_ring_enqueue_zc_bulk_start")]
    pub fn enqueue_start_bulk(&mut self, count: usize) -> Result<PutStart<'_, T>, PeekError> {
        start(&mut self.handle, count, Want::All).map(PutStart)
    }

    /// Reserves up to `count` slots to be written in place; maybe none.
    #[cfg(not(loom))]
    #[doc(alias = "rte_ring_enqueue_burst_start")]
    #[doc(alias = "rte_ring_enqueue_zc_burst_start")]
    pub fn enqueue_start_burst(&mut self, count: usize) -> Result<PutStart<'_, T>, PeekError> {
        start(&mut self.handle, count, Want::UpTo).map(PutStart)
    }

    /// The ring.
    pub fn ring(&self) -> &Ring<T> {
        &self.handle.ring
    }

    #[inline(always)]
    fn put(&mut self, elements: &[T], want: Want) -> usize {
        let handle = &mut self.handle;
        K::run(handle.side.sync, Put { handle, elements, want }).count as usize
    }

    #[cold]
    fn no_room(&self, wanted: usize) -> NoRoom {
        NoRoom { wanted, free: self.free() }
    }
}
