//! News: the last element, in the very line that says that there is one.
//!
//! A consumer that waits for the next element reads the producers' tail over and over. When it
//! moves, the element itself lies in another line, and fetching that takes as long again. So a
//! single producer that puts one small element in repeats it beside its tail, and says so in
//! the tail's upper half. A consumer that finds exactly one new element takes it from there, and
//! no other line has to move.
//!
//! A consumer may be slow, so the element of position `p` may be overwritten under its eyes, by
//! that of `p + 4`: but not before the tail says `p + 4`. So it looks at the tail again after
//! it has read, and falls back to the slot, where each element lies until it is taken.

use super::Slots;
use super::cursor::{Reservation, calls, position, with_calls};
use super::layout::NEWS;
use super::side::{Discipline, Hand, Side};
use super::single::Single;
use crate::shared::Element;

/// Publishes a run of one element whose bytes are `word`.
#[inline(always)]
pub(super) fn publish(side: Side, hand: &mut Hand, run: Reservation, word: u64) {
    hand.position = run.end();
    // Pairs with the `observe` in `take`: who sees the word sees the tail that stood before it.
    side.own.news[run.start as usize % NEWS].publish(word);
    // Pairs with the other end's `look`.
    side.own.tail.publish(with_calls(run.end(), 1));
}

/// Takes one element by a look at the tail.
#[inline(always)]
pub(super) fn take<T: Element>(side: Side, hand: &mut Hand, slots: Slots<T>) -> Option<T> {
    let start = hand.position;
    // Pairs with the producers' publication.
    let mut tail = side.peer.tail.observe();
    if position(tail) == start {
        return None;
    }
    let run = Reservation { start, count: 1 };
    let element;
    if tail == with_calls(run.end(), 1) {
        // Pairs with the `publish` above.
        let word = side.peer.news[start as usize % NEWS].observe();
        tail = side.peer.tail.observe();
        if position(tail).wrapping_sub(start) < NEWS as u32 {
            element = slots.of_word(word);
        } else {
            element = slots.take_one(start);
        }
    } else {
        element = slots.take_one(start);
    }
    hand.limit = position(tail);
    let _ = calls(tail);
    Single::publish(side, hand, run);
    Some(element)
}
