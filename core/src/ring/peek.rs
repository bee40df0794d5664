//! Peek: reserve, look at or write the slots in place, and only then say how many count.
//!
//! A start hands out a guard that is the reservation. [`finish`](PutStart::finish) lets the
//! first `n` count (0 cancels); a guard that is dropped has cancelled. Only for ends where
//! nobody can have reserved behind the guard, so that the rest can be given back: all but
//! [`Sync::Rts`]. (DPDK's MP and MC cannot, only ST and HTS, RI-11; others are caught by an assertion
//! that is not compiled in.) At a shared end everybody else waits while the guard lives, and is held
//! up if it lives long.
#![expect(unsafe_code, reason = "slots are lent in place for as long as they are reserved")]

use core::fmt;

use super::config::Sync;
use super::cursor::{Reservation, Want};
use super::handle::Handle;
use super::held::Held;
use super::owned;
use super::side::Discipline;
use super::single::Single;
use crate::shared::Element;

/// Why a peek did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeekError {
    /// The end lets others reserve behind it, so nothing could be given back.
    Unsupported {
        /// How it synchronises.
        sync: Sync,
    },
    /// Not as many slots (or elements) as wanted, all or none.
    TooFew {
        /// How many were wanted.
        wanted: usize,
        /// How many there are.
        available: u32,
    },
    /// A living process is in the middle of a call, and does not finish.
    Held(Held),
}

impl fmt::Display for PeekError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { sync } => write!(
                f,
                "a peek was asked for at an end with Sync::{sync:?}, which cannot give back; make the ring with another Sync"
            ),
            Self::Held(held) => held.fmt(f),
            Self::TooFew { wanted, available } => write!(
                f,
                "a peek of {wanted} was asked for, all or none, and {available} are there; try again, or use a burst"
            ),
        }
    }
}

impl core::error::Error for PeekError {}

impl From<Held> for PeekError {
    fn from(held: Held) -> Self {
        Self::Held(held)
    }
}

/// Reserves for a peek.
pub(super) fn start<T: Element>(
    handle: &mut Handle<T>,
    wanted: usize,
    want: Want,
) -> Result<Started<'_, T>, PeekError> {
    let count = u32::try_from(wanted).unwrap_or(u32::MAX);
    let run = match handle.side.sync {
        Sync::Single => Single::reserve(handle.side, &mut handle.hand, count, want),
        Sync::Multi | Sync::Hts => match reserve(handle, count, want) {
            Ok(run) => run,
            Err(tag) => handle.insist(tag, |handle| reserve(handle, count, want))?,
        },
        sync => return Err(PeekError::Unsupported { sync }),
    };
    if run.count == 0 && wanted > 0 && want == Want::All {
        return Err(PeekError::TooFew { wanted, available: handle.side.available_now() });
    }
    Ok(Started { handle, run })
}

fn reserve<T: Element>(handle: &Handle<T>, count: u32, want: Want) -> Result<Reservation, u16> {
    let run = owned::reserve(handle.side, &handle.hand.member, count, want);
    run.granted().map(|_| run)
}

/// A reservation that is finished or cancelled, once.
pub(super) struct Started<'a, T: Element> {
    handle: &'a mut Handle<T>,
    run: Reservation,
}

impl<T: Element> Started<'_, T> {
    fn count(&self) -> usize {
        self.run.count as usize
    }

    /// Publishes the first `count` (at most all); the drop that follows finds nothing left.
    fn publish(&mut self, count: usize) {
        // An empty reservation has named nobody in the word: there is nothing to publish.
        if self.run.count == 0 {
            return;
        }
        let count = u32::try_from(count).map_or(self.run.count, |n| n.min(self.run.count));
        let run = Reservation { start: self.run.start, count };
        self.run = Reservation::NONE;
        let (side, hand) = (self.handle.side, &mut self.handle.hand);
        match side.sync {
            Sync::Multi | Sync::Hts => owned::publish(side, run),
            _ if count > 0 => Single::publish(side, hand, run),
            _ => {}
        }
    }
}

impl<T: Element> Drop for Started<'_, T> {
    fn drop(&mut self) {
        self.publish(0);
    }
}

/// Reserved slots, to be written in place (RI-11, RI-12).
///
/// ```no_run
/// # use phalanx_core::ring::Producer;
/// # fn f(producer: &mut Producer<u64>) -> Result<(), phalanx_core::ring::PeekError> {
/// let mut slots = producer.enqueue_start_burst(32)?;
/// let (first, _) = slots.slots();
/// let written = first.len().min(2);
/// first[..written].fill(7);
/// slots.finish(written);
/// # Ok(()) }
/// ```
#[doc(alias = "rte_ring_zc_data")]
#[must_use = "a start that is dropped is cancelled"]
pub struct PutStart<'a, T: Element>(pub(super) Started<'a, T>);

impl<T: Element> PutStart<'_, T> {
    /// How many slots are reserved.
    pub fn len(&self) -> usize {
        self.0.count()
    }

    /// Whether no slot is reserved (a burst may find none).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slots, in two runs if they go round the ring's end. They hold what was there before.
    pub fn slots(&mut self) -> (&mut [T], &mut [T]) {
        let Started { handle, run } = &self.0;
        // SAFETY: reserved until `finish` or drop, which the slices cannot outlive; `&mut self`
        // makes them the only ones.
        unsafe { handle.ring.slots.write(run.start, run.count as usize) }
    }

    /// Copies as many of `elements` as there are slots; returns how many.
    pub fn write(&mut self, elements: &[T]) -> usize {
        let count = elements.len().min(self.len());
        if let Some(elements) = elements.get(..count) {
            self.0.handle.ring.slots.put(self.0.run.start, elements);
        }
        count
    }

    /// Lets the first `count` slots count as put in (at most all); the rest are given back.
    #[doc(alias = "rte_ring_enqueue_finish")]
    #[doc(alias = "rte_ring_enqueue_zc_finish")]
    pub fn finish(mut self, count: usize) {
        self.0.publish(count);
    }
}

/// Reserved elements, to be read in place (RI-11, RI-12).
#[must_use = "a start that is dropped is cancelled"]
pub struct TakeStart<'a, T: Element>(pub(super) Started<'a, T>);

impl<T: Element> TakeStart<'_, T> {
    /// How many elements are reserved.
    pub fn len(&self) -> usize {
        self.0.count()
    }

    /// Whether no element is reserved (a burst may find none).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, in two runs if they go round the ring's end.
    pub fn elements(&self) -> (&[T], &[T]) {
        let Started { handle, run } = &self.0;
        // SAFETY: reserved until `finish` or drop, which the slices cannot outlive.
        unsafe { handle.ring.slots.read(run.start, run.count as usize) }
    }

    /// Copies as many elements as there are and `to` holds; returns how many.
    pub fn read(&self, to: &mut [T]) -> usize {
        let count = to.len().min(self.len());
        if let Some(to) = to.get_mut(..count) {
            self.0.handle.ring.slots.take(self.0.run.start, to);
        }
        count
    }

    /// Takes the first `count` elements out (at most all); the rest stay.
    #[doc(alias = "rte_ring_dequeue_finish")]
    #[doc(alias = "rte_ring_dequeue_zc_finish")]
    pub fn finish(mut self, count: usize) {
        self.0.publish(count);
    }
}

macro_rules! debug {
    ($($guard:ident),+) => {$(
        impl<T: Element> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($guard)).field("run", &self.0.run).finish_non_exhaustive()
            }
        }
    )+};
}
debug!(PutStart, TakeStart);
