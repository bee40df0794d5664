//! One end of a ring in the hand of one process: reserve, (copy,) publish.
//!
//! Producers and consumers do the same thing at different ends: they reserve a run of
//! positions up to where the other end is (producers: plus the capacity), and publish it when
//! the elements are copied. So each way of synchronising is written once.

use super::config::Sync;
use super::cursor::{BATCH_MAX, Reservation, Want, available, available_by_note, position};
use super::layout::End;
use super::member::Member;
use super::{hts, multi, rts, single};

/// One end, and what this handle knows of it. Nothing in here is read from shared memory twice
/// but the words that move.
#[derive(Debug)]
pub(super) struct Side {
    /// This end's words.
    pub(super) own: &'static End,
    /// The other end's.
    pub(super) peer: &'static End,
    /// How this end synchronises.
    pub(super) sync: Sync,
    /// The capacity for producers, 0 for consumers: see [`available`].
    pub(super) spare: u32,
    /// Elements the ring holds at most.
    pub(super) capacity: u32,
    /// Single: where this end is; nobody else moves it.
    pub(super) position: u32,
    /// Single: where the other end was when last looked at.
    pub(super) known: u32,
    /// For whom.
    pub(super) member: Member,
}

impl Side {
    /// Reserves `wanted` positions. Shared ends grant at most [`BATCH_MAX`] at once.
    #[inline(always)]
    pub(super) fn reserve(&mut self, wanted: usize, want: Want) -> Reservation {
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        if self.sync == Sync::Single {
            return single::reserve(self, wanted, want);
        }
        if wanted > BATCH_MAX && want == Want::All {
            return Reservation::NONE;
        }
        let wanted = wanted.min(BATCH_MAX);
        match self.sync {
            Sync::Rts => rts::reserve(self, wanted, want),
            Sync::Hts => hts::reserve(self, wanted, want),
            _ => multi::reserve(self, wanted, want),
        }
    }

    /// Hands a reserved run over to the other end: everything copied before is visible to whoever
    /// sees it.
    #[inline(always)]
    pub(super) fn publish(&mut self, run: Reservation) {
        match self.sync {
            Sync::Single => single::publish(self, run),
            Sync::Multi => multi::publish(self, run),
            Sync::Rts => rts::publish(self),
            Sync::Hts => hts::publish(self, run),
        }
    }

    /// What a shared end may use from `head` on, as far as the end's common note of the peer's
    /// position says; looks at the peer only if that is less than wanted. The second value is
    /// the peer's position if it was looked at.
    #[inline(always)]
    pub(super) fn room(&self, head: u32, wanted: u32) -> (u32, Option<u32>) {
        // Pairs with the `publish` in `note`: whoever sees the position sees what the peer did.
        let note = self.own.seen.observe();
        let room = available_by_note(self.spare, note, head, self.capacity);
        if wanted <= room {
            return (room, None);
        }
        // Pairs with the peer's publication: its elements (or its reads) come before.
        let peer = position(self.peer.tail.observe());
        (available(self.spare, peer, head, self.capacity), Some(peer))
    }

    /// Notes the peer's position for this end's other processes.
    ///
    /// Called between reserving and publishing only: nobody passes a reservation that is not
    /// published by more than the capacity, so the head is at most two capacities past a note
    /// when it is written, however long its writer was stopped, and no note wraps round unseen.
    #[inline(always)]
    pub(super) fn note(&self, peer: Option<u32>) {
        if let Some(peer) = peer {
            self.own.seen.publish(peer);
        }
    }

    /// How many positions this end could reserve now, all it has published counted.
    pub(super) fn available_now(&self) -> u32 {
        let own = position(self.own.tail.observe());
        available(self.spare, position(self.peer.tail.observe()), own, self.capacity)
    }

    /// What was left for this end right after `run`: RI-10's out value.
    #[inline(always)]
    pub(super) fn left_after(&self, run: Reservation) -> u32 {
        let peer = position(self.peer.tail.observe());
        available(self.spare, peer, run.end(), self.capacity)
    }
}
