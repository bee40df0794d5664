//! `Producer<T>`: puts elements in.

use core::fmt;

use super::claim::{RingEnd, release};
use super::config::Sync;
use super::cursor::{Reservation, Want};
use super::ring::Ring;
use super::side::Side;
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
/// ring whose producers are not [`Sync::Single`]).
///
/// No operation makes a system call, takes a lock or allocates. On a shared end a call waits for
/// those that reserved before it (see [`Sync`]); after a thousand turns it gives the processor away.
pub struct Producer<T: Element> {
    pub(super) side: Side,
    pub(super) ring: Ring<T>,
}

impl<T: Element> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("ring", &self.ring).field("sync", &self.side.sync).finish()
    }
}

impl<T: Element> Producer<T> {
    /// Puts one element in.
    #[doc(alias = "rte_ring_enqueue")]
    #[doc(alias = "rte_ring_enqueue_elem")]
    #[doc(alias = "rte_ring_sp_enqueue")]
    #[doc(alias = "rte_ring_mp_enqueue")]
    #[inline]
    pub fn enqueue(&mut self, element: T) -> Result<(), Full> {
        let run = self.side.reserve(1, Want::All);
        if run.count == 0 {
            return Err(Full);
        }
        self.ring.slots.put_one(run.start, element);
        self.side.publish(run);
        Ok(())
    }

    /// Puts all `elements` in, or none.
    #[doc(alias = "rte_ring_enqueue_bulk")]
    #[doc(alias = "rte_ring_enqueue_bulk_elem")]
    #[doc(alias = "rte_ring_sp_enqueue_bulk")]
    #[doc(alias = "rte_ring_mp_enqueue_bulk")]
    #[inline]
    pub fn enqueue_bulk(&mut self, elements: &[T]) -> Result<(), NoRoom> {
        let run = self.put(elements, Want::All);
        if run.count as usize == elements.len() {
            Ok(())
        } else {
            Err(self.no_room(elements.len()))
        }
    }

    /// Puts as many of `elements` in as fit, the first first; returns how many. On a shared end at
    /// most [`BATCH_MAX`](super::BATCH_MAX).
    #[doc(alias = "rte_ring_enqueue_burst")]
    #[doc(alias = "rte_ring_enqueue_burst_elem")]
    #[doc(alias = "rte_ring_sp_enqueue_burst")]
    #[doc(alias = "rte_ring_mp_enqueue_burst")]
    #[inline]
    pub fn enqueue_burst(&mut self, elements: &[T]) -> usize {
        self.put(elements, Want::UpTo).count as usize
    }

    /// [`enqueue_bulk`](Self::enqueue_bulk) that also says how many more fit after it. Costs a look
    /// at the consumers' line each time, which the plain form saves.
    #[inline]
    pub fn enqueue_bulk_and_look(&mut self, elements: &[T]) -> Result<u32, NoRoom> {
        let run = self.put(elements, Want::All);
        if run.count as usize == elements.len() {
            Ok(self.side.left_after(run))
        } else {
            Err(self.no_room(elements.len()))
        }
    }

    /// [`enqueue_burst`](Self::enqueue_burst) that also says how many more fit after it, at the
    /// same cost.
    #[inline]
    pub fn enqueue_burst_and_look(&mut self, elements: &[T]) -> (usize, u32) {
        let run = self.put(elements, Want::UpTo);
        (run.count as usize, self.free())
    }

    /// How many more fit now; reads the consumers' line.
    pub fn free(&self) -> u32 {
        self.side.available_now()
    }

    /// The ring.
    pub fn ring(&self) -> &Ring<T> {
        &self.ring
    }

    #[inline(always)]
    fn put(&mut self, elements: &[T], want: Want) -> Reservation {
        let run = self.side.reserve(elements.len(), want);
        if let Some(granted) = elements.get(..run.count as usize)
            && !granted.is_empty()
        {
            self.ring.slots.put(run.start, granted);
            self.side.publish(run);
        }
        run
    }

    #[cold]
    fn no_room(&self, wanted: usize) -> NoRoom {
        NoRoom { wanted, free: self.free() }
    }
}

impl<T: Element> Drop for Producer<T> {
    fn drop(&mut self) {
        if self.side.sync == Sync::Single
            && let Some(group) = self.side.member.group()
        {
            release(self.ring.claim_word(RingEnd::Producer), group);
        }
    }
}
