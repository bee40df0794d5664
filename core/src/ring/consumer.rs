//! `Consumer<T>`: takes elements out.

use core::fmt;
use core::marker::PhantomData;

use super::cursor::Want;
use super::handle::{Handle, Skip, Take, TakeOne};
use super::kind::{Any, Kind};
#[cfg(not(loom))]
use super::peek::{PeekError, TakeStart, start};
use super::ring::Ring;
use crate::shared::Element;

/// The ring has not as many elements as a bulk wants; none were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFew {
    /// How many were to be taken.
    pub wanted: usize,
    /// How many were there a moment later.
    pub available: u32,
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, available } = self;
        write!(
            f,
            "{wanted} elements were to be taken from a ring, all or none, and {available} are there; try again, or \
             use a burst"
        )
    }
}

impl core::error::Error for TooFew {}

/// Takes elements out of a ring, first in, first out. `Send`; costs and waits as for
/// [`Producer`](super::Producer).
pub struct Consumer<T: Element, K: Kind = Any> {
    pub(super) handle: Handle<T>,
    pub(super) kind: PhantomData<K>,
}

impl<T: Element, K: Kind> fmt::Debug for Consumer<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("ring", &self.handle.ring)
            .field("sync", &self.handle.side.sync)
            .finish()
    }
}

impl<T: Element, K: Kind> Consumer<T, K> {
    /// Takes one element out; `None` if there is none.
    #[doc(alias = "rte_ring_dequeue")]
    #[doc(alias = "rte_ring_dequeue_elem")]
    #[doc(alias = "rte_ring_sc_dequeue")]
    #[doc(alias = "rte_ring_mc_dequeue")]
    #[inline(always)]
    pub fn dequeue(&mut self) -> Option<T> {
        K::run(self.handle.side.sync, TakeOne(&mut self.handle))
    }

    /// Fills `elements` wholly, or takes none.
    #[doc(alias = "rte_ring_dequeue_bulk")]
    #[doc(alias = "rte_ring_dequeue_bulk_elem")]
    #[doc(alias = "rte_ring_sc_dequeue_bulk")]
    #[doc(alias = "rte_ring_mc_dequeue_bulk")]
    #[inline(always)]
    pub fn dequeue_bulk(&mut self, elements: &mut [T]) -> Result<(), TooFew> {
        let done = self.take(elements, Want::All);
        if done == elements.len() { Ok(()) } else { Err(self.too_few(elements.len())) }
    }

    /// Takes as many as there are and `elements` holds, into its beginning; returns how many. On a
    /// shared end at most [`BATCH_MAX`](super::BATCH_MAX).
    #[doc(alias = "rte_ring_dequeue_burst")]
    #[doc(alias = "rte_ring_dequeue_burst_elem")]
    #[doc(alias = "rte_ring_sc_dequeue_burst")]
    #[doc(alias = "rte_ring_mc_dequeue_burst")]
    #[inline(always)]
    pub fn dequeue_burst(&mut self, elements: &mut [T]) -> usize {
        self.take(elements, Want::UpTo)
    }

    /// [`dequeue_bulk`](Self::dequeue_bulk) that also says how many are left after it. Costs a look
    /// at the producers' line each time, which the plain form saves.
    #[inline(always)]
    pub fn dequeue_bulk_and_look(&mut self, elements: &mut [T]) -> Result<u32, TooFew> {
        let done = self.take(elements, Want::All);
        if done == elements.len() {
            Ok(self.available())
        } else {
            Err(self.too_few(elements.len()))
        }
    }

    /// [`dequeue_burst`](Self::dequeue_burst) that also says how many are left after it, at the
    /// same cost.
    #[inline(always)]
    pub fn dequeue_burst_and_look(&mut self, elements: &mut [T]) -> (usize, u32) {
        let done = self.take(elements, Want::UpTo);
        (done, self.available())
    }

    /// How many could be taken now; reads the producers' line.
    pub fn available(&self) -> u32 {
        self.handle.side.available_now()
    }

    /// Throws away what is in the ring, and says how many that were.
    ///
    /// A dequeue that copies nothing: safe while producers and other consumers work (DPDK's is
    /// not, RI-16).
    #[doc(alias = "rte_ring_reset")]
    pub fn clear(&mut self) -> u32 {
        K::run(self.handle.side.sync, Skip(&mut self.handle))
    }

    /// Reserves elements to be read in place: all `count`, or an error.
    #[cfg(not(loom))]
    #[doc(alias = "rte_ring_dequeue_bulk_start")]
    #[doc(alias = "rte_ring_dequeue_zc_bulk_start")]
    pub fn dequeue_start_bulk(&mut self, count: usize) -> Result<TakeStart<'_, T>, PeekError> {
        start(&mut self.handle, count, Want::All).map(TakeStart)
    }

    /// Reserves up to `count` elements to be read in place; maybe none.
    #[cfg(not(loom))]
    #[doc(alias = "rte_ring_dequeue_burst_start")]
    #[doc(alias = "rte_ring_dequeue_zc_burst_start")]
    pub fn dequeue_start_burst(&mut self, count: usize) -> Result<TakeStart<'_, T>, PeekError> {
        start(&mut self.handle, count, Want::UpTo).map(TakeStart)
    }

    /// The ring.
    pub fn ring(&self) -> &Ring<T> {
        &self.handle.ring
    }

    #[inline(always)]
    fn take(&mut self, elements: &mut [T], want: Want) -> usize {
        let handle = &mut self.handle;
        K::run(handle.side.sync, Take { handle, elements, want }).count as usize
    }

    #[cold]
    fn too_few(&self, wanted: usize) -> TooFew {
        TooFew { wanted, available: self.available() }
    }
}
