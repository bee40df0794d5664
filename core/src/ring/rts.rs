//! Relaxed tail: many copy at the same time, and the last to finish publishes for all.
//!
//! Nobody waits for a process that reserved before it, so a stopped one does not make the
//! others spin; it holds back what they have published instead, and the head may not run away
//! from the tail by more than `lead_max` positions (RI-13). Head and tail count calls beside
//! their positions: the call that makes the counts equal moves the tail to the head.

use super::cursor::{Reservation, Want, calls, grant, position, with_calls};
use super::member::Wait;
use super::side::Side;

/// Swaps the head on by what is granted, once the tail is near enough.
#[inline(always)]
pub(super) fn reserve(side: &Side, wanted: u32, want: Want) -> Reservation {
    let mut wait = Wait::default();
    let mut word = side.own.head.observe();
    loop {
        let start = position(word);
        let lead = start.wrapping_sub(position(side.own.tail.observe()));
        // More than the capacity: `word` is older than the tail, and the swap would fail.
        if lead > side.own.lead_max.get() {
            wait.turn(&side.member, 0);
            word = side.own.head.observe();
            continue;
        }
        let (room, peer) = side.room(start, wanted);
        let count = grant(wanted, want, room);
        if count == 0 {
            return Reservation::NONE;
        }
        let run = Reservation { start, count };
        let next = with_calls(run.end(), calls(word).wrapping_add(1));
        match side.own.head.swap_if_weak(word, next) {
            Ok(_) => {
                side.note(peer);
                return run;
            }
            Err(found) => word = found,
        }
    }
}

/// Counts this call as finished, and moves the tail if it was the last.
#[inline(always)]
pub(super) fn publish(side: &Side) {
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
