//! Positions that run freely round 2^32, and the words they travel in. Pure arithmetic.
//!
//! A position counts elements since the ring was made, modulo 2^32; the slot of a position is
//! the position masked. So "full" and "empty" are differences, never a flag, and a ring works
//! across the wrap because its size divides 2^32.

#![allow(unreachable_pub, reason = "named by a sealed trait")]

/// How many are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// All or nothing (`bulk`).
    All,
    /// As many as there are (`burst`).
    UpTo,
}

/// A run of positions that one call has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The first position; of an empty run, see [`granted`](Self::granted).
    pub(super) start: u32,
    /// How many; 0 if nothing was to be had.
    pub(super) count: u32,
}

impl Reservation {
    /// Nothing was to be had.
    pub(super) const NONE: Self = Self { start: 0, count: 0 };

    /// Nothing, because the process of `tag` (not 0) is in the way.
    pub(super) const fn held_by(tag: u16) -> Self {
        Self { start: tag as u32, count: 0 }
    }

    /// How many positions, or the tag of who is in the way.
    #[inline(always)]
    pub(super) const fn granted(self) -> Result<u32, u16> {
        if self.count == 0 && self.start != 0 { Err(self.start as u16) } else { Ok(self.count) }
    }

    /// The position after the last.
    #[inline(always)]
    pub(super) const fn end(self) -> u32 {
        self.start.wrapping_add(self.count)
    }
}

/// How many positions from `own` on may be used up to `limit`.
///
/// More than `capacity` cannot be: an `own` that is older than the limit, or a lying peer, gives
/// at most that, so no caller ever copies round the ring twice.
#[inline(always)]
pub(super) const fn available(limit: u32, own: u32, capacity: u32) -> u32 {
    let room = limit.wrapping_sub(own);
    if room > capacity { capacity } else { room }
}

/// As [`available`], by a note of the limit that may be old: 0 if it is behind `own`, or so far
/// before it that `own` must be the old one.
#[inline(always)]
pub(super) const fn noted(limit: u32, own: u32, capacity: u32) -> u32 {
    let room = limit.wrapping_sub(own);
    if room > capacity { 0 } else { room }
}

/// Positions that a note of the limit may fall behind before it has to be written anew.
const NOTE_AGE_MAX: u32 = 1 << 29;

/// Whether a limit that was just looked up, and gives `room`, should replace the note `noted`: if
/// something is left of it for the next call, or if the note would soon have gone round.
#[inline(always)]
pub(super) const fn is_worth_a_note(room: u32, wanted: u32, noted: u32, own: u32) -> bool {
    room > wanted || own.wrapping_sub(noted) > NOTE_AGE_MAX
}

/// How many of `wanted` are granted when `room` may be used.
#[inline(always)]
pub(super) const fn grant(wanted: u32, want: Want, room: u32) -> u32 {
    match want {
        _ if wanted <= room => wanted,
        Want::All => 0,
        Want::UpTo => room,
    }
}

/// What a shared end may be asked for at once: of a burst the first [`BATCH_MAX`]; a greater bulk
/// becomes a number that no ring can grant.
#[inline(always)]
pub(super) const fn batch(wanted: u32, want: Want) -> u32 {
    match want {
        _ if wanted <= BATCH_MAX => wanted,
        Want::All => u32::MAX,
        Want::UpTo => BATCH_MAX,
    }
}

/// How `count` elements from `position` on lie in the slots: the first index, how many from
/// there, how many more from index 0. Never more than there are slots, whatever `count` is.
#[cfg(any(test, not(loom)))]
#[inline(always)]
pub(super) const fn split(position: u32, count: usize, mask: u32) -> (usize, usize, usize) {
    let index = (position & mask) as usize;
    let until_end = mask as usize + 1 - index;
    if count <= until_end {
        return (index, count, 0);
    }
    let rest = count - until_end;
    (index, until_end, if rest > index { index } else { rest })
}

/// The position in a head or tail word: its low half.
#[inline(always)]
pub(super) const fn position(word: u64) -> u32 {
    word as u32
}

/// The high half of a single producer's tail: whether there is news.
#[inline(always)]
pub(super) const fn news(word: u64) -> u32 {
    (word >> 32) as u32
}

/// `{position, news}`.
#[inline(always)]
pub(super) const fn with_news(position: u32, news: u32) -> u64 {
    (news as u64) << 32 | position as u64
}

/// `{position: 32, owner: 16, count: 16}`; whoever calls keeps `count` below 2^16.
#[inline(always)]
pub(super) const fn with_owner(position: u32, owner: u16, count: u32) -> u64 {
    (owner as u64) << 48 | (count as u64 & 0xffff) << 32 | position as u64
}

/// The owner in a word made by [`with_owner`]; 0 for nobody.
#[inline(always)]
pub(super) const fn owner(word: u64) -> u16 {
    (word >> 48) as u16
}

/// The count in a word made by [`with_owner`].
#[inline(always)]
pub(super) const fn count(word: u64) -> u32 {
    (word >> 32) as u32 & 0xffff
}

/// `{position: 32, owner: 16, call: 16}`: the same word, where calls are numbered (Rts).
#[inline(always)]
pub(super) const fn with_call(position: u32, owner: u16, call: u16) -> u64 {
    with_owner(position, owner, call as u32)
}

/// The number of the call in a word made by [`with_call`].
#[inline(always)]
pub(super) const fn call(word: u64) -> u16 {
    (word >> 32) as u16
}

/// The most that one call on a shared end may reserve: what `count` can say.
pub const BATCH_MAX: u32 = u16::MAX as u32;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every ring of up to 16 slots, every number of elements in it, every start near the wrap.
    fn every_state(mut check: impl FnMut(u32, u32, u32, u32)) {
        for size in [2u32, 4, 8, 16] {
            for capacity in 1..size {
                for used in 0..=capacity {
                    for start in (0..40).map(|i: u32| i.wrapping_sub(20)) {
                        check(size, capacity, used, start);
                    }
                }
            }
        }
    }

    #[test]
    fn what_producers_may_add_and_consumers_may_take_is_the_capacity() {
        every_state(|_, capacity, used, consumer| {
            let producer = consumer.wrapping_add(used);
            let room = available(consumer.wrapping_add(capacity), producer, capacity);
            let there = available(producer, consumer, capacity);
            assert_eq!((room, there), (capacity - used, used));
        });
    }

    #[test]
    fn a_lying_peer_never_gives_more_than_the_capacity() {
        every_state(|_, capacity, _, own| {
            for peer in [0, 1, 7, u32::MAX / 2, u32::MAX] {
                assert!(available(peer, own, capacity) <= capacity);
                assert!(noted(peer, own, capacity) <= capacity);
            }
        });
    }

    #[test]
    fn a_note_as_old_as_it_may_get_gives_no_more_than_there_is() {
        every_state(|_, capacity, room, own| {
            let limit = own.wrapping_add(room);
            // The oldest note that is left alone, and two capacities more (`Side::note`).
            let oldest = NOTE_AGE_MAX + 3 * capacity;
            for age in (0..=2 * capacity).chain(oldest - 2 * capacity..=oldest) {
                let by_note = noted(limit.wrapping_sub(age), own, capacity);
                assert_eq!(by_note, room.saturating_sub(age));
            }
        });
    }

    #[test]
    fn a_note_is_worth_writing_if_it_leaves_something_or_has_grown_old() {
        assert!(is_worth_a_note(2, 1, 100, 100));
        assert!(!is_worth_a_note(1, 1, 100, 100));
        assert!(is_worth_a_note(1, 1, 100, 101 + NOTE_AGE_MAX));
    }

    #[test]
    fn an_empty_run_says_who_is_in_the_way() {
        assert_eq!(Reservation::NONE.granted(), Ok(0));
        assert_eq!(Reservation::held_by(u16::MAX).granted(), Err(u16::MAX));
        assert_eq!(Reservation { start: 7, count: 3 }.granted(), Ok(3));
    }

    #[test]
    fn bulk_gives_all_or_nothing_and_burst_what_there_is() {
        for wanted in 0..20 {
            for room in 0..20 {
                let all = if wanted <= room { wanted } else { 0 };
                assert_eq!(grant(wanted, Want::All, room), all);
                assert_eq!(grant(wanted, Want::UpTo, room), wanted.min(room));
            }
        }
    }

    #[test]
    fn a_run_is_split_so_that_each_position_meets_its_slot() {
        every_state(|size, _, count, position| {
            let mask = size - 1;
            let (index, first, second) = split(position, count as usize, mask);
            assert_eq!(first + second, count as usize);
            assert!(index + first <= size as usize && second <= index);
            let slots = (index..index + first).chain(0..second);
            for (i, slot) in slots.enumerate() {
                assert_eq!(slot as u32, position.wrapping_add(i as u32) & mask);
            }
        });
    }

    #[test]
    fn a_run_longer_than_the_ring_is_cut() {
        every_state(|size, _, _, position| {
            for count in [size as usize, size as usize + 1, usize::MAX] {
                let (index, first, second) = split(position, count, size - 1);
                assert_eq!((first + second, second), (size as usize, index));
            }
        });
    }

    #[test]
    fn a_word_says_what_was_put_into_it() {
        for at in [0, 1, u32::MAX] {
            for count_ in [0, 1, BATCH_MAX] {
                let word = with_owner(at, 0xfe01, count_);
                assert_eq!((position(word), owner(word), count(word)), (at, 0xfe01, count_));
                let word = with_news(at, u32::MAX - count_);
                assert_eq!((position(word), news(word)), (at, u32::MAX - count_));
                let word = with_call(at, 0xfe01, count_ as u16);
                assert_eq!((position(word), owner(word), call(word)), (at, 0xfe01, count_ as u16));
            }
        }
    }
}
