//! Many entries at a time: what came back in one burst, what goes in one.
//!
//! The order is that of one entry, for each: tagged, struck out, noted in the cursor. All are tagged before the first
//! is struck out, and all are struck out, in the order of their positions, before the cursor moves over them. So a
//! death leaves a row of holes behind the cursor, and behind them what lies there still.

use super::entry::Entry;
use super::slots::Slots;
use crate::mbuf::{Landed, Mbuf, MbufHome, PORT_NONE};

/// Entries that are worked on at a time.
pub(crate) const ROW: usize = 32;

/// What came back: entries and the packets that lie there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    places: [u64; ROW],
    entries: [u32; ROW],
    lens: [u16; ROW],
    count: usize,
}

impl Row {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { places: [0; ROW], entries: [0; ROW], lens: [0; ROW], count: 0 }
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

    /// Strikes the entries out, no two of which are the same; the packets are tagged.
    #[inline(always)]
    pub(crate) fn strike_out_each(&self, slots: &mut Slots) {
        for entry in self.entries.iter().take(self.count) {
            slots.write(*entry, Entry::Free);
            crash_point!("device queue: an entry is struck out");
        }
    }

    /// The same of what a device names itself. What a device gave back twice in one row came once: the other
    /// is the packet of no place.
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

impl Slots {
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
