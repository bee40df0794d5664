//! One process at this end: its position is its own, and one store publishes.
//!
//! Nothing to recover: a run that is not published was never there. The handle keeps its own
//! copy of both positions, and reads the other end's line only when that copy says full or
//! empty.

use super::cursor::{Reservation, Want, available, grant, position};
use super::side::Side;

/// Reserves by looking; nothing is written.
#[inline(always)]
pub(super) fn reserve(side: &mut Side, wanted: u32, want: Want) -> Reservation {
    let mut room = available(side.spare, side.known, side.position, side.capacity);
    if wanted > room {
        // Pairs with the other end's publication: its elements (or its reads) come before.
        side.known = position(side.peer.tail.observe());
        room = available(side.spare, side.known, side.position, side.capacity);
    }
    Reservation { start: side.position, count: grant(wanted, want, room) }
}

/// One store.
#[inline(always)]
pub(super) fn publish(side: &mut Side, run: Reservation) {
    side.position = run.end();
    // Pairs with the other end's `observe` in its `reserve`.
    side.own.tail.publish(u64::from(side.position));
}
