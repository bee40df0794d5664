//! One process at this end: its position is its own, and one store publishes.
//!
//! Nothing to recover: a run that is not published was never there. The handle keeps its own
//! copy of its position and of the limit, and reads the other end's line only when that copy
//! says full or empty.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | elements are copied in or out | as it was | nobody need | nothing: a put was not made, what was taken is there again |
//! | a news word is written ([`super::news`]) | as it was: the tail does not yet speak of it | nobody need | nothing |
//! | the tail is published | done | nobody need | nothing |
//!
//! The claim stays; whoever asks for the end next takes it over ([`super::claim`]), or
//! [`repair`](super::repair) gives it back.

use super::cursor::{Reservation, Want, available, grant};
use super::side::{Discipline, Hand, Side};

/// [`Sync::Single`](super::Sync::Single), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Single;

impl Discipline for Single {
    const IS_SINGLE: bool = true;

    /// Reserves by looking; nothing is written.
    #[inline(always)]
    fn reserve(side: Side, hand: &mut Hand, wanted: u32, want: Want) -> Reservation {
        if let Some(run) = hand.known(wanted) {
            return run;
        }
        let start = hand.position;
        let room = available(side.look(), start, side.capacity);
        hand.limit = start.wrapping_add(room);
        Reservation { start, count: grant(wanted, want, room) }
    }

    /// One store.
    #[inline(always)]
    fn publish(side: Side, hand: &mut Hand, run: Reservation) {
        hand.position = run.end();
        // Pairs with the other end's `look`.
        side.own.tail.publish(u64::from(hand.position));
    }
}
