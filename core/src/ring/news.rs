//! News: the last element, in the very line that says that there is one.
//!
//! A consumer that waits for the next element reads the producers' tail over and over. When it
//! moves, the element itself lies in another line, and fetching that takes as long again. So a
//! single producer that puts one small element in repeats it beside its tail, and says so in
//! the tail's upper half. A consumer that finds exactly one new element takes it from there, and
//! no other line has to move.
//!
//! A consumer may be slow, so the element of position `p` may be overwritten under its eyes, by
//! that of `p + 2`: but not before the tail says `p + 2`. So it looks at the tail again after
//! it has read, and if that has moved takes the element from its slot, where each lies until
//! it is taken.

use super::Slots;
use super::config::Sync;
use super::cursor::{Reservation, news, position, with_news};
use super::layout::NEWS;
use super::side::{Discipline, Hand, Side};
use super::single::Single;
use crate::shared::Element;

/// What a single producer's tail says in its upper half if the last element is news.
const IS_NEWS: u32 = 1;

/// What of the upper half of its producers' tail a consumer believes: other producers have
/// other things there.
pub(super) const fn believed(producers: Sync) -> u32 {
    match producers {
        Sync::Single => IS_NEWS,
        _ => 0,
    }
}

/// Publishes a run of one element whose bytes are `word`.
#[inline(always)]
pub(super) fn publish(side: Side, hand: &mut Hand, run: Reservation, word: u64) {
    hand.position = run.end();
    // Pairs with the `observe` in `read`: who sees the word sees the tail that stood before it.
    side.own.news[run.start as usize % NEWS].publish(word);
    // Pairs with the other end's look.
    side.own.tail.publish(with_news(run.end(), IS_NEWS));
}

/// Takes one element by a look at the tail; the hand knows of none.
#[inline(always)]
pub(super) fn take<T: Element>(side: Side, hand: &mut Hand, slots: Slots<T>) -> Option<T> {
    let start = hand.position;
    // Pairs with the producer's publication.
    let tail = side.peer.tail.observe();
    let room = position(tail).wrapping_sub(start);
    if room == 0 {
        return None;
    }
    let run = Reservation { start, count: 1 };
    if room == 1
        && news(tail) & side.believed != 0
        && let Some(element) = read(side, start, tail).and_then(|word| slots.of_word(word))
    {
        hand.limit = run.end();
        Single::publish(side, hand, run);
        return Some(element);
    }
    hand.limit = start.wrapping_add(room.min(side.capacity));
    let element = slots.take_one(start);
    Single::publish(side, hand, run);
    Some(element)
}

/// The news of position `start`, if the tail is still as it was and so nothing has overwritten it.
#[inline(always)]
fn read(side: Side, start: u32, tail: u64) -> Option<u64> {
    // Pairs with the first `publish` in `publish`.
    let word = side.peer.news[start as usize % NEWS].observe();
    (side.peer.tail.observe() == tail).then_some(word)
}
