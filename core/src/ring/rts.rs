//! Relaxed tail: many copy at the same time, and whoever finishes the first of them moves the tail.
//!
//! Nobody waits for a process that reserved before it, so a stopped one does not make the others
//! spin; it holds back what they have published instead, and the head may not run away from the
//! tail by more than `lead_max` positions (RI-13), nor by as many calls as the log has entries.
//!
//! Calls are numbered. The head word `{position, owner, call}` is the last reservation: where it
//! ends, who made it, which call it is. The log keeps that word for each call that the tail has not
//! passed; when a call is finished, its entry names nobody. The tail `{position, call}` stands
//! behind the last call of those that are all finished.
//!
//! - To reserve: see to it that the log has the last reservation ([`confirm`]), then swap the
//!   head. So at any time each call in the middle is named, by the log or by the head.
//! - To publish: write the call's entry, without an owner, then move the tail over what is
//!   finished ([`advance`]).
//!
//! Of two who finish at the same time, one sees the other: each swaps the tail after it has
//! written its entry, if only for what it was.
//!
//! (DPDK counts calls in both words and has the one that makes the counts equal move the tail to
//! the head. That names nobody, and moves nothing until all are finished at the same moment.)
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | another's reservation is confirmed | what its owner would have written | nobody need | nothing |
//! | the head is swapped | a call in the middle, named by the head | [`mend`](super::mend), by who waits for the tail, or by [`repair`](super::repair) | nothing: a put was not made, what was taken is there again |
//! | another has confirmed it | the same, named by the log | as above | nothing |
//! | the call's entry names nobody | finished; the tail is behind | the next to finish or to wait, or `repair` | nothing |
//! | the tail has moved, over some | finished; the tail may be behind others | as above | nothing |

use super::cursor::{Reservation, Want, batch, call, grant, owner, position, with_call};
use super::layout::{CallLog, End, LOG_CALLS};
use super::member::{Member, Turn, Wait, step_aside};
use super::side::{Discipline, Hand, Side};
use crate::sync::Contested64;

/// The owner in the head word of an end that is being mended. No process has such a tag.
pub(super) const FROZEN: u16 = u16::MAX;

/// [`Sync::Rts`](super::Sync::Rts), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Rts;

impl Discipline for Rts {
    /// Swaps the head on by what is granted, once the tail is near enough.
    #[inline(always)]
    fn reserve(side: Side, hand: &mut Hand, wanted: u32, want: Want) -> Reservation {
        let Some(log) = side.log else { return Reservation::NONE };
        let wanted = batch(wanted, want);
        // One patience for all who are in the way, one after the other; what waits is handed no `Side`
        // (see `owned`).
        let mut wait = Wait::default();
        loop {
            let head = side.own.head.observe();
            if is_busy(side.own, head) {
                if let Err(who) = wait_for_tail(side.own, log, &hand.member, &mut wait) {
                    return Reservation::held_by(who);
                }
                continue;
            }
            confirm(side.own, log, head);
            let start = position(head);
            let (room, note) = side.room(start, wanted);
            let count = grant(wanted, want, room);
            if count == 0 {
                return Reservation::NONE;
            }
            let run = Reservation { start, count };
            let next = call(head).wrapping_add(1);
            if side.own.head.swap_if(head, with_call(run.end(), side.tag, next)).is_ok() {
                hand.call = next;
                side.note(note);
                return run;
            }
            step_aside();
        }
    }

    /// Notes this call as finished, and moves the tail over what is.
    #[inline(always)]
    fn publish(side: Side, hand: &mut Hand, run: Reservation) {
        let Some(log) = side.log else { return };
        finish(log, hand.call, run);
        advance(side.own, log);
    }
}

/// The entry of a call.
#[inline(always)]
pub(super) fn entry(log: &CallLog, call: u16) -> &Contested64 {
    &log.calls[call as usize % LOG_CALLS]
}

/// Writes that `call`, whose run is `run`, is finished. The entry is the last lap's, or names the
/// caller (who was confirmed): nobody else writes it now, and a late confirmation fails.
#[inline(always)]
pub(super) fn finish(log: &CallLog, call: u16, run: Reservation) {
    // Pairs with the `observe` in `advance`: who moves the tail over it sees the copies.
    entry(log, call).overwrite(with_call(run.end(), 0, call));
}

/// Sees to it that the log has the reservation that `head` names, while the head is that.
///
/// An entry of an older lap is replaced; one of this call stays, whether finished or not. The head
/// is looked at again because an old `head` could take a younger entry for an older one.
///
/// The copy publishes nothing. Whoever reserves next has made or seen it before it swaps the head,
/// so who comes after that swap sees the copy too, or what came of it.
#[inline(always)]
pub(super) fn confirm(own: &End, log: &CallLog, head: u64) {
    let entry = entry(log, call(head));
    // Pairs with the `overwrite` in `finish`.
    let was = entry.observe();
    if call(was) != call(head) && own.head.observe() == head {
        // A failed swap means that another has confirmed it, or that it is finished.
        let _ = entry.copy_if(was, head);
    }
}

/// Moves the tail over the calls that are finished.
#[inline(always)]
pub(super) fn advance(own: &End, log: &CallLog) {
    let mut tail = own.tail.observe();
    let mut has_swapped = false;
    loop {
        let next = call(tail).wrapping_add(1);
        // Pairs with the `overwrite` in `finish`.
        let found = entry(log, next).observe();
        let is_finished = call(found) == next && owner(found) == 0;
        if !is_finished && has_swapped {
            return;
        }
        // If the next is not finished, the tail is swapped for itself: whoever finishes that one
        // comes to the tail after this, and so sees the entry that this caller has written.
        let to = if is_finished { with_call(position(found), 0, next) } else { tail };
        match own.tail.swap_if(tail, to) {
            Ok(_) => (tail, has_swapped) = (to, true),
            Err(now) => tail = now,
        }
    }
}

/// Whether the end is frozen, or the head `word` is farther ahead of the tail than it may be. Also
/// if `word` is older than the tail, and a swap would fail.
#[inline(always)]
fn is_busy(own: &End, word: u64) -> bool {
    let tail = own.tail.observe();
    let calls = call(word).wrapping_sub(call(tail));
    let lead = position(word).wrapping_sub(position(tail));
    // While an end is mended the tail may pass the head, which is frozen.
    owner(word) == FROZEN || usize::from(calls) >= LOG_CALLS || lead > own.lead_max.get()
}

/// Waits until the tail is near enough to the head; the tag of who is in the way if that is dead,
/// or lives and does not finish.
#[cold]
#[inline(never)]
fn wait_for_tail(own: &End, log: &CallLog, member: &Member, wait: &mut Wait) -> Result<(), u16> {
    loop {
        let head = own.head.observe();
        if !is_busy(own, head) {
            return Ok(());
        }
        let who = in_the_way(own, log, head);
        if who == 0 {
            // Whoever died between its two steps has left the tail behind.
            advance(own, log);
        }
        if wait.turn(member, who) != Turn::Again {
            return Err(if who == 0 { FROZEN } else { who });
        }
    }
}

/// The tag of who holds the tail up: who mends, or who is in the middle of the first call that is
/// not finished. 0 if that changes just now; [`FROZEN`] if nobody mends what is frozen.
fn in_the_way(own: &End, log: &CallLog, head: u64) -> u16 {
    if owner(head) == FROZEN {
        let mender = own.mender.observe() as u16;
        return if mender == 0 { FROZEN } else { mender };
    }
    let next = call(own.tail.observe()).wrapping_add(1);
    let found = entry(log, next).observe();
    match call(found) == next {
        true => owner(found),
        false if call(head) == next => owner(head),
        false => 0,
    }
}
