//! One at a time, and its name stands in the word: the end of [`Sync::Multi`] and [`Sync::Hts`].
//!
//! The end is one word, `{position, owner, count}`; owner 0 means idle. To reserve: swap
//! `{p, 0, 0}` for `{p, me, n}`. To publish: store `{p + n, 0, 0}`. Killed at any instruction, the
//! word is idle or says whose run is half done; that run lies beyond the published position, so
//! whoever finds the owner dead swaps `{p, 0, 0}` back, and nothing is lost.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | anything before the swap | as it was | nobody need | nothing |
//! | the word names the caller | half-copied elements past the position; others wait | the next to wait there, or [`repair`](super::repair) | nothing: a put was not made, what was taken is there again |
//! | the limit is noted | as above; a limit that is true | as above | nothing |
//! | the word is idle again, further on | done | nobody need | nothing |
//! | a dead owner's name is swapped out | idle, as before the dead one came | nobody need | nothing |
//!
//! [`Sync::Multi`]: super::Sync::Multi
//! [`Sync::Hts`]: super::Sync::Hts

use super::cursor::{Reservation, Want, batch, grant, owner, position, with_owner};
use super::layout::End;
use super::member::{Member, Turn, Wait, step_aside};
use super::side::{Discipline, Hand, Side};

/// [`Sync::Multi`](super::Sync::Multi), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Multi;

/// [`Sync::Hts`](super::Sync::Hts), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Hts;

macro_rules! owned {
    ($($kind:ident),+) => {$(
        impl Discipline for $kind {
            #[inline(always)]
            fn reserve(side: Side, hand: &mut Hand, wanted: u32, want: Want) -> Reservation {
                reserve(side, &hand.member, wanted, want)
            }

            #[inline(always)]
            fn publish(side: Side, _: &mut Hand, run: Reservation) {
                publish(side, run);
            }
        }
    )+};
}
owned!(Multi, Hts);

/// Waits until nobody is in the middle, then names itself in the word. One patience for all who are in
/// the way, one after the other.
///
/// What waits is handed no [`Side`]: a copy of that for a call that hardly ever happens cost each
/// operation that finds the end idle some 5 cycles.
#[inline(always)]
pub(super) fn reserve(side: Side, member: &Member, wanted: u32, want: Want) -> Reservation {
    let wanted = batch(wanted, want);
    let mut wait = Wait::default();
    loop {
        let mut word = side.own.tail.observe();
        if owner(word) != 0 {
            word = wait_until_idle(side.own, word, member, &mut wait);
            if owner(word) != 0 {
                return Reservation::held_by(owner(word));
            }
        }
        let start = position(word);
        let (room, note) = side.room(start, wanted);
        let count = grant(wanted, want, room);
        if count == 0 {
            return Reservation::NONE;
        }
        let next = with_owner(start, side.tag, count);
        if side.own.tail.swap_if(word, next).is_ok() {
            side.note(note);
            return Reservation { start, count };
        }
        step_aside();
    }
}

/// Makes the end idle again, `run.count` further on (0 undoes the reservation).
#[inline(always)]
pub(super) fn publish(side: Side, run: Reservation) {
    // Pairs with the `observe` and the swap in `reserve`, at either end.
    side.own.tail.publish(with_owner(run.end(), 0, 0));
}

/// Makes the end idle if `word`, which names a dead owner, still stands there; says whether it did.
pub(super) fn undo(own: &End, word: u64) -> bool {
    own.tail.swap_if(word, with_owner(position(word), 0, 0)).is_ok()
}

/// Waits until nobody is in the middle, and undoes what a dead owner left there. Returns the word,
/// which still names a living one if patience is over.
#[cold]
#[inline(never)]
fn wait_until_idle(own: &End, mut word: u64, member: &Member, wait: &mut Wait) -> u64 {
    while owner(word) != 0 {
        step_aside();
        match wait.turn(member, owner(word)) {
            Turn::Again => {}
            // If the swap fails, another has undone it.
            Turn::Gone => _ = undo(own, word),
            Turn::Enough => return own.tail.observe(),
        }
        word = own.tail.observe();
    }
    word
}
