//! Many processes at this end, copying at the same time: reserve by swapping the head, publish
//! in the order of the reservations (DPDK's default; RI-15).
//!
//! The head word names the last reservation: where it ends, who made it, how long it is. A
//! process that dies (or is stopped) between its two steps holds up those that reserved after
//! it; they wait with a bounded spin and then give the processor away.

use super::cursor::{Reservation, Want, grant, position, with_owner};
use super::member::Wait;
use super::side::Side;

/// Swaps the head on by what is granted.
#[inline(always)]
pub(super) fn reserve(side: &Side, wanted: u32, want: Want) -> Reservation {
    let mut word = side.own.head.observe();
    loop {
        let start = position(word);
        // An old `word` makes the room look greater than it is, never smaller: a refusal is
        // true, and a grant fails at the swap.
        let (room, peer) = side.room(start, wanted);
        let count = grant(wanted, want, room);
        if count == 0 {
            return Reservation::NONE;
        }
        let run = Reservation { start, count };
        let next = with_owner(run.end(), side.member.tag(), count);
        match side.own.head.swap_if_weak(word, next) {
            Ok(_) => {
                side.note(peer);
                return run;
            }
            Err(found) => word = found,
        }
    }
}

/// Waits until all earlier runs are published, then publishes this one.
#[inline(always)]
pub(super) fn publish(side: &Side, run: Reservation) {
    let mut wait = Wait::default();
    // Pairs with the `publish` of the run before: its copies come before this publication.
    while position(side.own.tail.observe()) != run.start {
        wait.turn(&side.member, 0);
    }
    // Pairs with the other end's `observe` in `Side::room`, and the next run's wait.
    side.own.tail.publish(u64::from(run.end()));
}
