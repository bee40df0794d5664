//! Many entries at a time: what came back in one burst, what goes in one.
//!
//! The order is that of one entry, for each: tagged, struck out, noted in the cursor. All are tagged before the first
//! is struck out, and all are struck out, in the order of their positions, before the cursor moves over them. So a
//! death leaves a row of holes behind the cursor, and behind them what lies there still.

use super::entry::Entry;
use super::slots::Slots;
use crate::mbuf::{Landed, Mbuf, MbufHome, PORT_NONE};
use crate::sync::Published64;

/// Entries that are worked on at a time.
pub(crate) const ROW: usize = 32;

/// What came back: entries and the packets that lie there. Who works on a queue has one for all its bursts: it is too big
/// to be moved, or made anew for each. What a way to fill it does not say of its packets is of earlier ones.
#[derive(Debug)]
pub(crate) struct Row {
    places: [u64; ROW],
    /// What [`add`](Self::add) was told.
    entries: [u32; ROW],
    /// The same, or what [`fill_in_turn`](Self::fill_in_turn) has found.
    lens: [u16; ROW],
    count: usize,
}

impl Row {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { places: [0; ROW], entries: [0; ROW], lens: [0; ROW], count: 0 }
    }

    /// It is empty again. What lies behind its count is not looked at.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        self.count = 0;
    }

    /// Adds what lies in `entry`, of so many bytes, if the row has room for it and something lies there: whether it has.
    #[inline(always)]
    pub(crate) fn add(&mut self, slots: &Slots, entry: u32, len: u16) -> bool {
        let Entry::Packet { at, .. } = slots.entry(entry) else { return false };
        let Some(place) = self.places.get_mut(self.count) else { return false };
        *place = at;
        if let (Some(to), Some(said)) =
            (self.entries.get_mut(self.count), self.lens.get_mut(self.count))
        {
            (*to, *said) = (entry, len);
        }
        self.count += 1;
        true
    }

    /// Makes it the row of what lies in `count` entries from that of `from` on, which are used in turn,
    /// up to the first in which nothing lies, or of whose word in `words` `len` says no bytes. An entry's place is its
    /// position's.
    #[inline(always)]
    pub(crate) fn fill_in_turn<T>(
        &mut self,
        slots: &Slots,
        (from, count): (u32, u32),
        words: &[T],
        len: impl Fn(&T) -> Option<u16>,
    ) {
        self.clear();
        let mut to = self.places.iter_mut().zip(&mut self.lens);
        let words = in_turn(words, from, count);
        'parts: for (entries, words) in slots.in_turn(from, count).into_iter().zip(words) {
            for ((entry, word), (place, said)) in entries.iter().zip(words).zip(to.by_ref()) {
                let Some(len) = len(word) else { break 'parts };
                let Entry::Packet { at, .. } = Entry::from_word(entry.own()) else { break 'parts };
                (*place, *said) = (at, len);
                self.count += 1;
            }
        }
    }

    /// Makes it the row of all that lies in `count` entries, a row's at most, from that of `from` on, which are used in
    /// turn.
    #[inline(always)]
    pub(crate) fn fill_with_all(&mut self, slots: &Slots, from: u32, count: u32) {
        self.clear();
        let mut to = self.places.iter_mut();
        for entries in slots.in_turn(from, count) {
            for entry in entries {
                if let Entry::Packet { at, .. } = Entry::from_word(entry.own())
                    && let Some(place) = to.next()
                {
                    *place = at;
                    self.count += 1;
                }
            }
        }
    }

    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Where its packets lie.
    #[inline(always)]
    pub(crate) fn places(&self) -> &[u64] {
        self.places.get(..self.count).unwrap_or_default()
    }

    /// Where they lay that were struck out.
    #[inline(always)]
    pub(crate) fn entries(&self) -> impl Iterator<Item = u32> + '_ {
        let all = self.places().iter().zip(&self.entries);
        all.filter(|(place, _)| **place != 0).map(|(_, entry)| *entry)
    }

    /// Its packets, and of how many bytes they are.
    #[inline(always)]
    pub(crate) fn packets(&self) -> impl Iterator<Item = (u64, u16)> + '_ {
        self.places().iter().copied().zip(self.lens.iter().copied())
    }

    /// Strikes the entries out, which a device has named itself; the packets are tagged. What it gave back twice in one
    /// row came once: the other is the packet of no place.
    #[inline(always)]
    pub(crate) fn strike_out(&mut self, slots: &mut Slots) {
        let row = self.places.iter_mut().zip(&self.entries).take(self.count);
        for (place, entry) in row {
            match slots.entry(*entry) {
                Entry::Packet { .. } => slots.write(*entry, Entry::Free),
                _ => *place = 0,
            }
            crash_point!("device queue: an entry is struck out");
        }
    }
}

/// So many of `all`, as many as a power of two, from that of `position` on: up to the last, and on from the first.
#[inline(always)]
fn in_turn<T>(all: &[T], position: u32, count: u32) -> [&[T]; 2] {
    let (start, count) = (position as usize & all.len().wrapping_sub(1), count as usize);
    let last = all.get(start..).unwrap_or_default();
    match last.get(..count) {
        Some(all) => [all, &[]],
        None => [last, all.get(..count - last.len()).unwrap_or_default()],
    }
}

impl Slots {
    /// So many entries from that of `position` on, where they are used in turn.
    #[inline(always)]
    fn in_turn(&self, position: u32, count: u32) -> [&'static [Published64]; 2] {
        in_turn(self.queue().entries, position, count)
    }

    /// Strikes out so many entries from that of `from` on, which are used in turn: the packets are tagged.
    #[inline(always)]
    pub(crate) fn strike_out_in_turn(&mut self, from: u32, count: u32) {
        for entries in self.in_turn(from, count) {
            for entry in entries {
                // As in `take`.
                entry.publish(Entry::Free.to_word());
                crash_point!("device queue: an entry is struck out");
            }
        }
    }

    /// As [`lay`](Self::lay), of a blank mbuf or a packet at `at`, which was the caller's.
    #[inline(always)]
    pub(crate) fn lay_place(&mut self, entry: u32, position: u32, at: u64) {
        // Pairs with the `observe` in `visit_posted`: from here on it lies in the queue.
        self.write(entry, Entry::packet(at, position));
        crash_point!("device queue: a packet is laid down");
    }

    /// As [`take`](Self::take), of a blank mbuf that a device has filled with `len` bytes; `None` also if it has no
    /// room for them.
    #[inline]
    pub(crate) fn take_blank<'h>(
        &mut self,
        entry: u32,
        len: u16,
        home: &'h MbufHome<'h>,
    ) -> Option<Mbuf<'h>> {
        let mut row = Row::new();
        row.add(self, entry, len);
        let landed = Landed::blank(home, row.places());
        row.strike_out(self);
        let (at, len) = row.packets().next()?;
        landed.open(at, len, PORT_NONE)
    }
}
