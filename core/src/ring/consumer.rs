//! `Consumer<T>`: takes elements out.

use core::fmt;
use core::marker::PhantomData;

use super::cursor::Want;
use super::handle::{Handle, Skip, Take, TakeOne};
use super::held::Held;
use super::kind::{Any, Kind};
#[cfg(not(loom))]
use super::peek::{PeekError, TakeStart, start};
use super::ring::Ring;
use crate::shared::Element;

/// Why a bulk was not taken from a ring. None were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeError {
    /// There are not as many elements as the bulk wants.
    TooFew {
        /// How many were to be taken.
        wanted: usize,
        /// How many were there a moment later.
        available: u32,
    },
    /// A living process is in the middle of a call, and does not finish.
    Held(Held),
}

impl fmt::Display for TakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { wanted, available } => write!(
                f,
                "{wanted} elements were to be taken from a ring, all or none, and {available} are there; try again, \
                 or use a burst"
            ),
            Self::Held(held) => held.fmt(f),
        }
    }
}

impl core::error::Error for TakeError {}

impl From<Held> for TakeError {
    fn from(held: Held) -> Self {
        Self::Held(held)
    }
}

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
    pub fn dequeue(&mut self) -> Result<Option<T>, Held> {
        match K::run(self.handle.side.sync, TakeOne(&mut self.handle)) {
            Ok(taken) => Ok(taken),
            Err(tag) => self.dequeue_held(tag),
        }
    }

    #[cold]
    #[inline(never)]
    fn dequeue_held(&mut self, tag: u16) -> Result<Option<T>, Held> {
        self.handle.insist(tag, |handle| K::run(handle.side.sync, TakeOne(handle)))
    }

    /// Fills `elements` wholly, or takes none.
    #[doc(alias = "rte_ring_dequeue_bulk")]
    #[doc(alias = "rte_ring_dequeue_bulk_elem")]
    #[doc(alias = "rte_ring_sc_dequeue_bulk")]
    #[doc(alias = "rte_ring_mc_dequeue_bulk")]
    #[inline(always)]
    pub fn dequeue_bulk(&mut self, elements: &mut [T]) -> Result<(), TakeError> {
        let done = self.take(elements, Want::All)?;
        if done == elements.len() { Ok(()) } else { Err(self.too_few(elements.len())) }
    }

    /// Takes as many as there are and `elements` holds, into its beginning; returns how many. On a
    /// shared end at most [`BATCH_MAX`](super::BATCH_MAX).
    #[doc(alias = "rte_ring_dequeue_burst")]
    #[doc(alias = "rte_ring_dequeue_burst_elem")]
    #[doc(alias = "rte_ring_sc_dequeue_burst")]
    #[doc(alias = "rte_ring_mc_dequeue_burst")]
    #[inline(always)]
    pub fn dequeue_burst(&mut self, elements: &mut [T]) -> Result<usize, Held> {
        self.take(elements, Want::UpTo)
    }

    /// [`dequeue_bulk`](Self::dequeue_bulk) that also says how many are left after it. Costs a look
    /// at the producers' line each time, which the plain form saves.
    #[inline(always)]
    pub fn dequeue_bulk_and_look(&mut self, elements: &mut [T]) -> Result<u32, TakeError> {
        let done = self.take(elements, Want::All)?;
        if done == elements.len() {
            Ok(self.available())
        } else {
            Err(self.too_few(elements.len()))
        }
    }

    /// [`dequeue_burst`](Self::dequeue_burst) that also says how many are left after it, at the
    /// same cost.
    #[inline(always)]
    pub fn dequeue_burst_and_look(&mut self, elements: &mut [T]) -> Result<(usize, u32), Held> {
        let done = self.take(elements, Want::UpTo)?;
        Ok((done, self.available()))
    }

    /// How many could be taken now; reads the producers' line.
    pub fn available(&self) -> u32 {
        self.handle.side.available_now()
    }

    /// Throws away what is in the ring, and says how many that were.
    ///
    /// A dequeue that copies nothing, until the ring is empty or a ringful is gone: safe while
    /// producers and other consumers work (DPDK's is not, RI-16). If it is held up, what was thrown
    /// away before is gone all the same.
    #[doc(alias = "rte_ring_reset")]
    pub fn clear(&mut self) -> Result<u32, Held> {
        let mut cleared = 0;
        while cleared < self.handle.side.capacity {
            let some = match K::run(self.handle.side.sync, Skip(&mut self.handle)) {
                Ok(some) => some,
                Err(tag) => self.skip_held(tag)?,
            };
            if some == 0 {
                break;
            }
            cleared += some;
        }
        Ok(cleared)
    }

    #[cold]
    #[inline(never)]
    fn skip_held(&mut self, tag: u16) -> Result<u32, Held> {
        self.handle.insist(tag, |handle| K::run(handle.side.sync, Skip(handle)))
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
    fn take(&mut self, elements: &mut [T], want: Want) -> Result<usize, Held> {
        let handle = &mut self.handle;
        match K::run(handle.side.sync, Take { handle, elements: &mut *elements, want }) {
            Ok(count) => Ok(count as usize),
            Err(tag) => self.take_held(elements, want, tag),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_held(&mut self, elements: &mut [T], want: Want, tag: u16) -> Result<usize, Held> {
        let take = |handle: &mut Handle<T>| {
            K::run(handle.side.sync, Take { handle, elements: &mut *elements, want })
        };
        Ok(self.handle.insist(tag, take)? as usize)
    }

    #[cold]
    fn too_few(&self, wanted: usize) -> TakeError {
        TakeError::TooFew { wanted, available: self.available() }
    }
}
