//! One at a time, and its name stands in the word: the recoverable end (head/tail sync).
//!
//! The end is one word, `{position, owner, count}`; owner 0 means idle. To reserve: swap
//! `{p, 0, 0}` for `{p, me, n}`. To publish: store `{p + n, 0, 0}`. Killed at any instruction, the
//! word is idle or says whose run is half done; that run lies beyond the published position,
//! so whoever finds the owner dead swaps `{p, 0, 0}` back, and nothing is lost.

use super::cursor::{Reservation, Want, batch, grant, owner, position, with_owner};
use super::layout::End;
use super::member::{Member, Wait, step_aside};
use super::side::{Discipline, Hand, Side};

/// [`Sync::Hts`](super::Sync::Hts), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Hts;

impl Discipline for Hts {
    /// Waits until nobody is in the middle, then names itself in the word.
    #[inline(always)]
    fn reserve(side: Side, hand: &mut Hand, wanted: u32, want: Want) -> Reservation {
        let wanted = batch(wanted, want);
        loop {
            let mut word = side.own.tail.observe();
            if owner(word) != 0 {
                word = wait_until_idle(side.own, word, &hand.member);
            }
            let start = position(word);
            let (room, limit) = side.room(start, wanted);
            let count = grant(wanted, want, room);
            if count == 0 {
                return Reservation::NONE;
            }
            let next = with_owner(start, side.tag, count);
            if side.own.tail.swap_if(word, next).is_ok() {
                side.note(limit);
                return Reservation { start, count };
            }
            step_aside();
        }
    }

    /// Makes the end idle again, `run.count` further on (0 undoes the reservation).
    #[inline(always)]
    fn publish(side: Side, _: &mut Hand, run: Reservation) {
        // Pairs with the `observe` and the swap in `reserve`, at either end.
        side.own.tail.publish(with_owner(run.end(), 0, 0));
    }
}

/// Waits until nobody is in the middle, and undoes what a dead owner left there. Returns the
/// idle word.
#[cold]
#[inline(never)]
fn wait_until_idle(own: &End, mut word: u64, member: &Member) -> u64 {
    let mut wait = Wait::default();
    while owner(word) != 0 {
        step_aside();
        if wait.turn(member, owner(word)) {
            // A failed swap means that another has undone it, or that it was not dead after all.
            let _ = own.tail.swap_if(word, with_owner(position(word), 0, 0));
        }
        word = own.tail.observe();
    }
    word
}
