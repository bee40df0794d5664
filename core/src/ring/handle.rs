//! What a producer and a consumer are made of: one end, its slots, and five operations on them.
//!
//! Each operation is written once, for any [`Discipline`]: reserve, copy, publish. It is a value
//! first (`Put`, `TakeOne`), so that [`Kind`](super::kind::Kind) can choose the discipline once for
//! the whole of it.
#![allow(unreachable_pub, reason = "a sealed trait names what is private here")]

use super::Slots;
use super::claim::{RingEnd, release};
use super::config::Sync;
use super::cursor::{Reservation, Want};
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
    type Output = Option<()>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Option<()> {
        let Self(handle, element) = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let run = D::reserve(side, &mut handle.hand, 1, Want::All);
        if run.count == 0 {
            return None;
        }
        slots.put_one(run.start, element);
        if D::IS_SINGLE
            && let Some(word) = slots.word_of(element)
        {
            news::publish(side, &mut handle.hand, run, word);
        } else {
            D::publish(side, &mut handle.hand, run);
        }
        Some(())
    }
}

/// Puts elements in; says where and how many.
pub(super) struct Put<'a, T: Element> {
    pub(super) handle: &'a mut Handle<T>,
    pub(super) elements: &'a [T],
    pub(super) want: Want,
}

impl<T: Element> Operation for Put<'_, T> {
    type Output = Reservation;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Reservation {
        let Self { handle, elements, want } = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let run = D::reserve(side, &mut handle.hand, wanted(elements.len()), want);
        if run.count == 0 {
            return run;
        }
        if let Some(granted) = elements.get(..run.count as usize) {
            slots.put(run.start, granted);
        }
        D::publish(side, &mut handle.hand, run);
        run
    }
}

/// Takes one element out.
pub(super) struct TakeOne<'a, T: Element>(pub(super) &'a mut Handle<T>);

impl<T: Element> Operation for TakeOne<'_, T> {
    type Output = Option<T>;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Option<T> {
        let Self(handle) = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        if D::IS_SINGLE && Slots::<T>::FIT_A_WORD && !handle.hand.is_ahead() {
            return news::take(side, &mut handle.hand, slots);
        }
        let run = D::reserve(side, &mut handle.hand, 1, Want::All);
        if run.count == 0 {
            return None;
        }
        let element = slots.take_one(run.start);
        D::publish(side, &mut handle.hand, run);
        Some(element)
    }
}

/// Takes elements out; says where and how many.
pub(super) struct Take<'a, T: Element> {
    pub(super) handle: &'a mut Handle<T>,
    pub(super) elements: &'a mut [T],
    pub(super) want: Want,
}

impl<T: Element> Operation for Take<'_, T> {
    type Output = Reservation;

    #[inline(always)]
    fn by<D: Discipline>(self) -> Reservation {
        let Self { handle, elements, want } = self;
        let (side, slots) = (handle.side, handle.ring.slots);
        let run = D::reserve(side, &mut handle.hand, wanted(elements.len()), want);
        if run.count == 0 {
            return run;
        }
        if let Some(granted) = elements.get_mut(..run.count as usize) {
            slots.take(run.start, granted);
        }
        D::publish(side, &mut handle.hand, run);
        run
    }
}

/// Takes what is there and copies nothing; says how many that were, at most a ringful.
pub(super) struct Skip<'a, T: Element>(pub(super) &'a mut Handle<T>);

impl<T: Element> Operation for Skip<'_, T> {
    type Output = u32;

    fn by<D: Discipline>(self) -> u32 {
        let (side, hand) = (self.0.side, &mut self.0.hand);
        let mut skipped = 0;
        while skipped < side.capacity {
            let run = D::reserve(side, hand, side.capacity - skipped, Want::UpTo);
            if run.count == 0 {
                break;
            }
            D::publish(side, hand, run);
            skipped += run.count;
        }
        skipped
    }
}

#[inline(always)]
fn wanted(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
