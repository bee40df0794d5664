//! `Consumer<T>`: takes elements out.

use core::fmt;

use super::claim::{RingEnd, release};
use super::config::Sync;
use super::cursor::{Reservation, Want};
use super::ring::Ring;
use super::side::Side;
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
pub struct Consumer<T: Element> {
    pub(super) side: Side,
    pub(super) ring: Ring<T>,
}

impl<T: Element> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("ring", &self.ring).field("sync", &self.side.sync).finish()
    }
}

impl<T: Element> Consumer<T> {
    /// Takes one element out; `None` if there is none.
    #[doc(alias = "rte_ring_dequeue")]
    #[doc(alias = "rte_ring_dequeue_elem")]
    #[doc(alias = "rte_ring_sc_dequeue")]
    #[doc(alias = "rte_ring_mc_dequeue")]
    #[inline]
    pub fn dequeue(&mut self) -> Option<T> {
        let run = self.side.reserve(1, Want::All);
        if run.count == 0 {
            return None;
        }
        let element = self.ring.slots.take_one(run.start);
        self.side.publish(run);
        Some(element)
    }

    /// Fills `elements` wholly, or takes none.
    #[doc(alias = "rte_ring_dequeue_bulk")]
    #[doc(alias = "rte_ring_dequeue_bulk_elem")]
    #[doc(alias = "rte_ring_sc_dequeue_bulk")]
    #[doc(alias = "rte_ring_mc_dequeue_bulk")]
    #[inline]
    pub fn dequeue_bulk(&mut self, elements: &mut [T]) -> Result<(), TooFew> {
        let run = self.take(elements, Want::All);
        if run.count as usize == elements.len() {
            Ok(())
        } else {
            Err(self.too_few(elements.len()))
        }
    }

    /// Takes as many as there are and `elements` holds, into its beginning; returns how many. On a
    /// shared end at most [`BATCH_MAX`](super::BATCH_MAX).
    #[doc(alias = "rte_ring_dequeue_burst")]
    #[doc(alias = "rte_ring_dequeue_burst_elem")]
    #[doc(alias = "rte_ring_sc_dequeue_burst")]
    #[doc(alias = "rte_ring_mc_dequeue_burst")]
    #[inline]
    pub fn dequeue_burst(&mut self, elements: &mut [T]) -> usize {
        self.take(elements, Want::UpTo).count as usize
    }

    /// [`dequeue_bulk`](Self::dequeue_bulk) that also says how many are left after it. Costs a look
    /// at the producers' line each time, which the plain form saves.
    #[inline]
    pub fn dequeue_bulk_and_look(&mut self, elements: &mut [T]) -> Result<u32, TooFew> {
        let run = self.take(elements, Want::All);
        if run.count as usize == elements.len() {
            Ok(self.available())
        } else {
            Err(self.too_few(elements.len()))
        }
    }

    /// [`dequeue_burst`](Self::dequeue_burst) that also says how many are left after it, at the
    /// same cost.
    #[inline]
    pub fn dequeue_burst_and_look(&mut self, elements: &mut [T]) -> (usize, u32) {
        let run = self.take(elements, Want::UpTo);
        (run.count as usize, self.available())
    }

    /// How many could be taken now; reads the producers' line.
    pub fn available(&self) -> u32 {
        self.side.available_now()
    }

    /// Throws away what is in the ring, and says how many that were.
    ///
    /// A dequeue that copies nothing: safe while producers and other consumers work (DPDK's is
    /// not, RI-16).
    #[doc(alias = "rte_ring_reset")]
    pub fn clear(&mut self) -> u32 {
        let mut thrown = 0u32;
        loop {
            let run = self.side.reserve(self.ring.capacity() as usize, Want::UpTo);
            if run.count == 0 {
                return thrown;
            }
            self.side.publish(run);
            thrown = thrown.saturating_add(run.count);
            if thrown >= self.ring.capacity() {
                return thrown;
            }
        }
    }

    /// The ring.
    pub fn ring(&self) -> &Ring<T> {
        &self.ring
    }

    #[inline(always)]
    fn take(&mut self, elements: &mut [T], want: Want) -> Reservation {
        let run = self.side.reserve(elements.len(), want);
        if let Some(granted) = elements.get_mut(..run.count as usize)
            && !granted.is_empty()
        {
            self.ring.slots.take(run.start, granted);
            self.side.publish(run);
        }
        run
    }

    #[cold]
    fn too_few(&self, wanted: usize) -> TooFew {
        TooFew { wanted, available: self.available() }
    }
}

impl<T: Element> Drop for Consumer<T> {
    fn drop(&mut self) {
        if self.side.sync == Sync::Single
            && let Some(group) = self.side.member.group()
        {
            release(self.ring.claim_word(RingEnd::Consumer), group);
        }
    }
}
