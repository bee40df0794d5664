//! One end of a ring in the hand of one process: reserve, (copy,) publish.
//!
//! Producers and consumers do the same thing at different ends: they reserve a run of
//! positions up to a limit, the other end's position (producers: plus the capacity), and
//! publish it when the elements are copied. So each way of synchronising is written once, as a
//! [`Discipline`].

#![allow(unreachable_pub, reason = "a sealed trait of public types names what is private here")]

use super::config::Sync;
use super::cursor::{Reservation, Want, available, is_worth_a_note, noted, position};
use super::layout::{CallLog, End};
use super::member::Member;

/// A way for the processes at one end to keep out of each other's way.
pub trait Discipline {
    /// Whether one process has the end, so that its tail may carry news.
    const IS_SINGLE: bool = false;

    /// Reserves `wanted` positions, or as many as there are, or none; or says who is in the way
    /// ([`Reservation::granted`]).
    fn reserve(side: Side, hand: &mut Hand, wanted: u32, want: Want) -> Reservation;

    /// Hands a reserved run over to the other end: everything copied before is visible to
    /// whoever sees it.
    fn publish(side: Side, hand: &mut Hand, run: Reservation);
}

/// One end, as a handle knows it from the start: nothing of it is ever read again from shared
/// memory. Each operation takes a copy, which the compiler keeps in registers: it would have to
/// reload a reference's fields after each atomic.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// This end's words.
    pub(super) own: &'static End,
    /// The other end's.
    pub(super) peer: &'static End,
    /// The capacity for producers, 0 for consumers: how far ahead of the other end this may be.
    pub(super) spare: u32,
    /// Elements the ring holds at most.
    pub(super) capacity: u32,
    /// How this end synchronises.
    pub(super) sync: Sync,
    /// What stands for this process in a word.
    pub(super) tag: u16,
    /// What of the other tail's upper half is news: see [`super::news`].
    pub(super) believed: u32,
    /// Rts: the calls in the middle.
    pub(super) log: Option<&'static CallLog>,
}

/// What changes in a handle, and for whom it works.
#[derive(Debug)]
pub struct Hand {
    /// Single: where this end is; nobody else moves it.
    pub(super) position: u32,
    /// Single: up to where it may go, as far as it has looked. Other ends leave both alone, so
    /// that they never have a known room.
    pub(super) limit: u32,
    /// Rts: the number of the call in the middle.
    pub(super) call: u16,
    /// For whom.
    pub(super) member: Member,
}

impl Hand {
    /// Whether something is known to be there without a look.
    #[inline(always)]
    pub(super) fn is_ahead(&self) -> bool {
        self.limit != self.position
    }

    /// A run of `wanted`, if the end is this hand's alone and is known to have room: the way
    /// that most calls take, without a look at any word that another process writes.
    #[inline(always)]
    pub(super) fn known(&self, wanted: u32) -> Option<Reservation> {
        let room = self.limit.wrapping_sub(self.position);
        (wanted <= room).then_some(Reservation { start: self.position, count: wanted })
    }
}

impl Side {
    /// What a shared end may use from `head` on by the end's common note, or, if that is less
    /// than wanted, by a look at the other end. The second value is the limit to note then.
    #[inline(always)]
    pub(super) fn room(self, head: u32, wanted: u32) -> (u32, Option<u32>) {
        // Pairs with the `publish` in `note`: whoever sees the limit sees what the peer did.
        let old = self.own.limit.observe();
        let room = noted(old, head, self.capacity);
        if wanted <= room {
            return (room, None);
        }
        let limit = self.look();
        let room = available(limit, head, self.capacity);
        (room, is_worth_a_note(room, wanted, old, head).then_some(limit))
    }

    /// Up to where this end may go, by a look at the other end.
    #[inline(always)]
    pub(super) fn look(self) -> u32 {
        // Pairs with the peer's publication: its elements (or its reads) come before.
        position(self.peer.tail.observe()).wrapping_add(self.spare)
    }

    /// Notes the limit for this end's other processes.
    ///
    /// Called between reserving and publishing only: nobody passes a reservation that is not
    /// published by more than the capacity, so the head is at most two capacities past a note
    /// when it is written, however long its writer was stopped. And whoever has to look finds a
    /// note that is old and writes it anew, so that no note goes round unseen.
    #[inline(always)]
    pub(super) fn note(self, limit: Option<u32>) {
        if let Some(limit) = limit {
            self.own.limit.publish(limit);
        }
    }

    /// How many positions this end could reserve now.
    pub(super) fn available_now(self) -> u32 {
        let own = position(self.own.tail.observe());
        available(self.look(), own, self.capacity)
    }
}
