//! `Producer<T>`: puts elements in.

use core::fmt;
use core::marker::PhantomData;

use super::cursor::Want;
use super::handle::{Handle, Put, PutOne};
use super::held::Held;
use super::kind::{Any, Kind};
#[cfg(not(loom))]
use super::peek::{PeekError, PutStart, start};
use super::ring::Ring;
use crate::shared::Element;

/// Why elements did not go into a ring. None went in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError {
    /// There is not room for all of them.
    Full {
        /// How many were to go in.
        wanted: usize,
        /// How many would have fitted a moment later.
        free: u32,
    },
    /// A living process is in the middle of a call, and does not finish.
    Held(Held),
}

impl fmt::Display for PutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { wanted: 1, .. } => f.write_str(
                "an element was to go into a ring that is full; take some out first, or try again",
            ),
            Self::Full { wanted, free } => write!(
                f,
                "{wanted} elements were to go into a ring, all or none, and {free} fit; try again, or use a burst"
            ),
            Self::Held(held) => held.fmt(f),
        }
    }
}

impl core::error::Error for PutError {}

impl From<Held> for PutError {
    fn from(held: Held) -> Self {
        Self::Held(held)
    }
}

/// Puts elements into a ring. `Send`: a thread may take it along; two threads need two (and a
/// ring whose producers are not `Single`).
///
/// No operation makes a system call, takes a lock or allocates, while nobody is in its way. On a
/// shared end a call waits for who is in the middle (see [`Sync`](super::Sync)): every thousand turns
/// it asks whether that process lives (a dead one is undone), and gives the processor away; after
/// [`PATIENCE_NS`](super::PATIENCE_NS) it ends with [`Held`].
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
    pub fn enqueue(&mut self, element: T) -> Result<(), PutError> {
        match K::run(self.handle.side.sync, PutOne(&mut self.handle, element)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(PutError::Full { wanted: 1, free: 0 }),
            Err(tag) => self.enqueue_held(element, tag),
        }
    }

    #[cold]
    #[inline(never)]
    fn enqueue_held(&mut self, element: T, tag: u16) -> Result<(), PutError> {
        let put = |handle: &mut Handle<T>| K::run(handle.side.sync, PutOne(handle, element));
        match self.handle.insist(tag, put)? {
            true => Ok(()),
            false => Err(PutError::Full { wanted: 1, free: 0 }),
        }
    }

    /// Puts all `elements` in, or none.
    #[doc(alias = "rte_ring_enqueue_bulk")]
    #[doc(alias = "rte_ring_enqueue_bulk_elem")]
    #[doc(alias = "rte_ring_sp_enqueue_bulk")]
    #[doc(alias = "rte_ring_mp_enqueue_bulk")]
    #[inline(always)]
    pub fn enqueue_bulk(&mut self, elements: &[T]) -> Result<(), PutError> {
        let done = self.put(elements, Want::All)?;
        if done == elements.len() { Ok(()) } else { Err(self.full(elements.len())) }
    }

    /// Puts as many of `elements` in as fit, the first first; returns how many. On a shared end at
    /// most [`BATCH_MAX`](super::BATCH_MAX).
    #[doc(alias = "rte_ring_enqueue_burst")]
    #[doc(alias = "rte_ring_enqueue_burst_elem")]
    #[doc(alias = "rte_ring_sp_enqueue_burst")]
    #[doc(alias = "rte_ring_mp_enqueue_burst")]
    #[inline(always)]
    pub fn enqueue_burst(&mut self, elements: &[T]) -> Result<usize, Held> {
        self.put(elements, Want::UpTo)
    }

    /// [`enqueue_bulk`](Self::enqueue_bulk) that also says how many more fit after it. Costs a look
    /// at the consumers' line each time, which the plain form saves.
    #[inline(always)]
    pub fn enqueue_bulk_and_look(&mut self, elements: &[T]) -> Result<u32, PutError> {
        let done = self.put(elements, Want::All)?;
        if done == elements.len() { Ok(self.free()) } else { Err(self.full(elements.len())) }
    }

    /// [`enqueue_burst`](Self::enqueue_burst) that also says how many more fit after it, at the
    /// same cost.
    #[inline(always)]
    pub fn enqueue_burst_and_look(&mut self, elements: &[T]) -> Result<(usize, u32), Held> {
        let done = self.put(elements, Want::UpTo)?;
        Ok((done, self.free()))
    }

    /// The same, for who must not be held up by a process that is stopped: a call ends with [`Held`] after
    /// some 50 us, if who is in its way lives. What a dead one left is undone as ever.
    #[must_use]
    pub(crate) fn hurried(mut self) -> Self {
        self.handle.hand.member = self.handle.hand.member.hurried();
        self
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
    fn put(&mut self, elements: &[T], want: Want) -> Result<usize, Held> {
        let handle = &mut self.handle;
        match K::run(handle.side.sync, Put { handle, elements, want }) {
            Ok(count) => Ok(count as usize),
            Err(tag) => self.put_held(elements, want, tag),
        }
    }

    #[cold]
    #[inline(never)]
    fn put_held(&mut self, elements: &[T], want: Want, tag: u16) -> Result<usize, Held> {
        let put = |handle: &mut Handle<T>| K::run(handle.side.sync, Put { handle, elements, want });
        Ok(self.handle.insist(tag, put)? as usize)
    }

    #[cold]
    fn full(&self, wanted: usize) -> PutError {
        PutError::Full { wanted, free: self.free() }
    }
}
