//! Relaxed tail: many copy at the same time, and the last to finish publishes for all.
//!
//! Nobody waits for a process that reserved before it, so a stopped one does not make the
//! others spin; it holds back what they have published instead, and the head may not run away
//! from the tail by more than `lead_max` positions (RI-13). Head and tail count calls beside
//! their positions: the call that makes the counts equal moves the tail to the head.

use super::cursor::{Reservation, Want, batch, calls, grant, position, with_calls};
use super::layout::End;
use super::member::{Member, Wait, step_aside};
use super::side::{Discipline, Hand, Side};

/// [`Sync::Rts`](super::Sync::Rts), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Rts;

impl Discipline for Rts {
    /// Swaps the head on by what is granted, once the tail is near enough.
    #[inline(always)]
    fn reserve(side: Side, hand: &mut Hand, wanted: u32, want: Want) -> Reservation {
        let wanted = batch(wanted, want);
        loop {
            let mut word = side.own.head.observe();
            if leads_too_far(side.own, word) {
                word = wait_for_tail(side.own, &hand.member);
            }
            let start = position(word);
            let (room, limit) = side.room(start, wanted);
            let count = grant(wanted, want, room);
            if count == 0 {
                return Reservation::NONE;
            }
            let run = Reservation { start, count };
            let next = with_calls(run.end(), calls(word).wrapping_add(1));
            if side.own.head.swap_if(word, next).is_ok() {
                side.note(limit);
                return run;
            }
            step_aside();
        }
    }

    /// Counts this call as finished, and moves the tail if it was the last.
    #[inline(always)]
    fn publish(side: Side, _: &mut Hand, _: Reservation) {
        // Pairs with the `swap_if_weak` below: the copies of all who finished before come before.
        let mut tail = side.own.tail.observe();
        loop {
            let head = side.own.head.observe();
            let finished = calls(tail).wrapping_add(1);
            let at = if finished == calls(head) { position(head) } else { position(tail) };
            match side.own.tail.swap_if_weak(tail, with_calls(at, finished)) {
                Ok(_) => return,
                Err(found) => tail = found,
            }
        }
    }
}

/// Whether the head `word` is farther ahead of the tail than it may be. Also if `word` is older
/// than the tail, and a swap would fail.
#[inline(always)]
fn leads_too_far(own: &End, word: u64) -> bool {
    let lead = position(word).wrapping_sub(position(own.tail.observe()));
    lead > own.lead_max.get()
}

/// Waits until the tail is near enough to the head; returns the head word.
#[cold]
#[inline(never)]
fn wait_for_tail(own: &End, member: &Member) -> u64 {
    let mut wait = Wait::default();
    loop {
        let word = own.head.observe();
        if !leads_too_far(own, word) {
            return word;
        }
        wait.turn(member, 0);
    }
}
