//! One at a time, and its name stands in the word: the recoverable end (head/tail sync).
//!
//! The end is one word, `{position, owner, count}`; owner 0 means idle. To reserve: swap
//! `{p, 0, 0}` for `{p, me, n}`. To publish: store `{p + n, 0, 0}`. Killed at any instruction, the
//! word is idle or says whose run is half done; that run lies beyond the published position,
//! so whoever finds the owner dead swaps `{p, 0, 0}` back, and nothing is lost.

use super::cursor::{Reservation, Want, grant, owner, position, with_owner};
use super::member::Wait;
use super::side::Side;

/// Waits until nobody is in the middle, then names itself in the word.
#[inline(always)]
pub(super) fn reserve(side: &Side, wanted: u32, want: Want) -> Reservation {
    let mut wait = Wait::default();
    let mut word = side.own.tail.observe();
    loop {
        let holder = owner(word);
        if holder != 0 {
            if wait.turn(&side.member, holder) {
                roll_back(side, word);
            }
            word = side.own.tail.observe();
            continue;
        }
        let start = position(word);
        let (room, peer) = side.room(start, wanted);
        let count = grant(wanted, want, room);
        if count == 0 {
            return Reservation::NONE;
        }
        let next = with_owner(start, side.member.tag(), count);
        match side.own.tail.swap_if_weak(word, next) {
            Ok(_) => {
                side.note(peer);
                return Reservation { start, count };
            }
            Err(found) => word = found,
        }
    }
}

/// Makes the end idle again, `run.count` further on (0 undoes the reservation).
#[inline(always)]
pub(super) fn publish(side: &Side, run: Reservation) {
    // Pairs with the `observe` and the swap in `reserve`, at either end.
    side.own.tail.publish(with_owner(run.end(), 0, 0));
}

/// Undoes the half-done run of a dead owner. A failed swap means that another has done it.
#[cold]
fn roll_back(side: &Side, word: u64) {
    let _ = side.own.tail.swap_if(word, with_owner(position(word), 0, 0));
}
