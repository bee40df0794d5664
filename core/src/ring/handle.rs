//! What a producer and a consumer are made of: one end, its slots, and five operations on them.
//!
//! An operation that finds nothing to do because somebody else is in the way ends with the tag of
//! that process, having changed nothing; [`Handle::insist`] sees to the rest.
//!
//! Each operation is written once, for any [`Discipline`]: reserve, copy, publish. It is a value
//! first (`Put`, `TakeOne`), so that [`Kind`](super::kind::Kind) can choose the discipline once for
//! the whole of it.
#![allow(unreachable_pub, reason = "a sealed trait names what is private here")]

use super::Slots;
use super::claim::{RingEnd, release};
use super::config::Sync;
use super::cursor::{Reservation, Want};
use super::held::Held;
use super::news;
use super::ring::Ring;
use super::side::{Discipline, Hand, Side};
use crate::shared::Element;

/// One end in the hand of one process; gives a claimed end back when it is dropped.
pub(super) struct Handle<T: Element> {
    pub(super) side: Side,
    pub(super) hand: Hand,
    pub(super) ring: Ring<T>,
    pub(super) end: RingEnd,
}

impl<T: Element> Drop for Handle<T> {
    fn drop(&mut self) {
        if self.side.sync == Sync::Single
            && let Some(group) = self.hand.member.group()
        {
            release(self.ring.claim_word(self.end), group);
        }
    }
}

impl<T: Element> Handle<T> {
    /// Makes a call again that the process of `tag` was in the way of: undoes what a dead one left;
    /// a living one has been waited for long enough.
    pub(super) fn insist<R>(
        &mut self,
        tag: u16,
        mut call: impl FnMut(&mut Self) -> Result<R, u16>,
    ) -> Result<R, Held> {
        let (ring, end) = (self.ring, self.end);
        ring.insist(end, tag, || call(self))
    }
}

/// An empty run of `D`: how many positions it is, which is none, or who is in the way.
#[inline(always)]
pub(super) fn nothing<D: Discipline>(run: Reservation) -> Result<u32, u16> {
    if D::IS_SINGLE { Ok(0) } else { run.granted() }
}

/// Something to do at an end, however it synchronises.
pub trait Operation {
    /// What comes of it.
    type Output;
    /// Does it.
    fn by<D: Discipline>(self) -> Self::Output;
}

/// Puts one element in; says whether there was room.
pub(super) struct PutOne<'a, T: Element>(pub(super) &'a mut Handle<T>, pub(super) T);

impl<T: Element> Operation for PutOne<'_, T> {
    type Output = Result<bool, u16>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Result<bool, u16> {
        let Self(handle, element) = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let run = D::reserve(side, &mut handle.hand, 1, Want::All);
        if run.count == 0 {
            return nothing::<D>(run).map(|_| false);
        }
        slots.put_one(run.start, element);
        if D::IS_SINGLE
            && let Some(word) = slots.word_of(element)
        {
            news::publish(side, &mut handle.hand, run, word);
        } else {
            D::publish(side, &mut handle.hand, run);
        }
        Ok(true)
    }
}

/// Puts elements in; says how many.
pub(super) struct Put<'a, T: Element> {
    pub(super) handle: &'a mut Handle<T>,
    pub(super) elements: &'a [T],
    pub(super) want: Want,
}

impl<T: Element> Operation for Put<'_, T> {
    type Output = Result<u32, u16>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Result<u32, u16> {
        let Self { handle, elements, want } = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let run = D::reserve(side, &mut handle.hand, wanted(elements.len()), want);
        if run.count == 0 {
            return nothing::<D>(run);
        }
        if let Some(granted) = elements.get(..run.count as usize) {
            slots.put(run.start, granted);
        }
        D::publish(side, &mut handle.hand, run);
        Ok(run.count)
    }
}

/// Takes one element out.
pub(super) struct TakeOne<'a, T: Element>(pub(super) &'a mut Handle<T>);

impl<T: Element> Operation for TakeOne<'_, T> {
    type Output = Result<Option<T>, u16>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Result<Option<T>, u16> {
        let Self(handle) = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        if D::IS_SINGLE && Slots::<T>::FIT_A_WORD && !handle.hand.is_ahead() {
            return Ok(news::take(side, &mut handle.hand, slots));
        }
        let run = D::reserve(side, &mut handle.hand, 1, Want::All);
        if run.count == 0 {
            return nothing::<D>(run).map(|_| None);
        }
        let element = slots.take_one(run.start);
        D::publish(side, &mut handle.hand, run);
        Ok(Some(element))
    }
}

/// Takes elements out; says how many.
pub(super) struct Take<'a, T: Element> {
    pub(super) handle: &'a mut Handle<T>,
    pub(super) elements: &'a mut [T],
    pub(super) want: Want,
}

impl<T: Element> Operation for Take<'_, T> {
    type Output = Result<u32, u16>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Result<u32, u16> {
        let Self { handle, elements, want } = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let run = D::reserve(side, &mut handle.hand, wanted(elements.len()), want);
        if run.count == 0 {
            return nothing::<D>(run);
        }
        if let Some(granted) = elements.get_mut(..run.count as usize) {
            slots.take(run.start, granted);
        }
        D::publish(side, &mut handle.hand, run);
        Ok(run.count)
    }
}

/// Takes what is there and copies nothing; says how many that were, at most what one call may.
pub(super) struct Skip<'a, T: Element>(pub(super) &'a mut Handle<T>);

impl<T: Element> Operation for Skip<'_, T> {
    type Output = Result<u32, u16>;

    fn by<D: Discipline>(self) -> Result<u32, u16> {
        let (side, hand) = (self.0.side, &mut self.0.hand);
        let run = D::reserve(side, hand, side.capacity, Want::UpTo);
        if run.count == 0 {
            return nothing::<D>(run);
        }
        D::publish(side, hand, run);
        Ok(run.count)
    }
}

#[inline(always)]
fn wanted(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
