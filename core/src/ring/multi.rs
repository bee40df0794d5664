//! Many processes at this end, copying at the same time: reserve by swapping the head, publish
//! in the order of the reservations (DPDK's default; RI-15).
//!
//! The head word names the last reservation: where it ends, who made it, how long it is. A
//! process that dies (or is stopped) between its two steps holds up those that reserved after
//! it; they wait with a bounded spin and then give the processor away.

use super::cursor::{Reservation, Want, batch, grant, position, with_owner};
use super::layout::End;
use super::member::{Member, Wait, step_aside};
use super::side::{Discipline, Hand, Side};

/// [`Sync::Multi`](super::Sync::Multi), known when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Multi;

impl Discipline for Multi {
    #[inline(always)]
    fn reserve(side: Side, _: &mut Hand, wanted: u32, want: Want) -> Reservation {
        reserve(side, wanted, want)
    }

    #[inline(always)]
    fn publish(side: Side, hand: &mut Hand, run: Reservation) {
        publish(side, &hand.member, run);
    }
}

/// Swaps the head on by what is granted.
#[inline(always)]
pub(super) fn reserve(side: Side, wanted: u32, want: Want) -> Reservation {
    let wanted = batch(wanted, want);
    loop {
        let word = side.own.head.observe();
        let start = position(word);
        // An old `word` makes the room look greater than it is, never smaller: a refusal is
        // true, and a grant fails at the swap.
        let (room, limit) = side.room(start, wanted);
        let count = grant(wanted, want, room);
        if count == 0 {
            return Reservation::NONE;
        }
        let run = Reservation { start, count };
        let next = with_owner(run.end(), side.tag, count);
        if side.own.head.swap_if(word, next).is_ok() {
            side.note(limit);
            return run;
        }
        step_aside();
    }
}

/// Waits until all earlier runs are published, then publishes this one.
#[inline(always)]
pub(super) fn publish(side: Side, member: &Member, run: Reservation) {
    // Pairs with the `publish` of the run before: its copies come before this publication.
    if position(side.own.tail.observe()) != run.start {
        wait_for_turn(side.own, run, member);
    }
    // Pairs with the other end's `observe` in `Side::look`, and the next run's wait.
    side.own.tail.publish(u64::from(run.end()));
}

/// Waits until the runs before `run` are published.
#[cold]
#[inline(never)]
fn wait_for_turn(own: &End, run: Reservation, member: &Member) {
    let mut wait = Wait::default();
    // Pairs as in `publish`.
    while position(own.tail.observe()) != run.start {
        wait.turn(member, 0);
    }
}
