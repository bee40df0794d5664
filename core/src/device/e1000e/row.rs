//! Packets of one buffer each, which came one behind the other: many at a time, looked at or not.

use super::descriptor::{BUFFER, Came, hash};
use super::rx::E1000eRx;
use crate::device::slots::ROW;
use crate::device::{Dma, Registers};
use crate::mbuf::{Bundle, Landed, Mbuf, MbufHome, Tally, flags};
use crate::port::RxLine;

impl<R: Registers, D: Dma> E1000eRx<R, D> {
    /// Takes as many as there are such, a row at most, into the beginning of `to`. How many came, and what those are
    /// worth that are packets.
    #[inline]
    pub(super) fn take_row<'h>(
        &mut self,
        port: u16,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> (u32, Tally) {
        let (mut tally, from) = (Tally::default(), self.slots.done());
        let Some(landed) = self.land(to.len(), home) else { return (0, tally) };
        let mut places = to.iter_mut();
        for (number, (at, len)) in (0u32..).zip(self.row.packets()) {
            let Some(mut packet) = landed.open(at, len, port) else {
                line.count_errors(1);
                continue;
            };
            if self.is_hashed {
                self.note_hash(from.wrapping_add(number), &mut packet);
            }
            tally.bytes += u64::from(len);
            if let Some(place) = places.next() {
                *place = Some(packet);
                tally.packets += 1;
            }
        }
        (self.row.count() as u32, tally)
    }

    /// The same, and adds them to a bundle.
    #[inline]
    pub(super) fn take_row_unseen(
        &mut self,
        port: u16,
        line: &RxLine,
        to: &mut Bundle<'_>,
    ) -> (u32, Tally) {
        let Some(landed) = self.land(to.room(), to.home()) else {
            return (0, Tally::default());
        };
        let tally = landed.add_to(to, (port, BUFFER), self.row.packets());
        if tally.packets < self.row.count() {
            line.count_errors((self.row.count() - tally.packets) as u64);
        }
        (self.row.count() as u32, tally)
    }

    /// Takes such out of the queue into the row, no more than `most` and a row. They are this process's then, and not looked
    /// at.
    #[inline(always)]
    fn land<'h>(&mut self, most: usize, home: &'h MbufHome<'h>) -> Option<Landed<'h>> {
        let (chip, from) = (self.chip, self.slots.done());
        let most =
            if self.is_amid { 0 } else { most.min(ROW).min(self.slots.in_flight() as usize) };
        let row = &mut self.row;
        row.fill_in_turn(&self.slots, (from, most as u32), self.words, |[_, facts]| {
            // As in `came`.
            let came = Came::read(chip, facts.observe()).filter(Came::is_packet)?;
            Some(came.len)
        });
        if row.count() == 0 {
            return None;
        }
        let landed = Landed::blank(home, row.places());
        let count = row.count() as u32;
        self.slots.strike_out_in_turn(from, count);
        self.slots.finish(from.wrapping_add(count));
        Some(landed)
    }

    /// What the device has hashed of the packet whose first descriptor is that of `position`.
    #[inline]
    pub(super) fn note_hash(&self, position: u32, packet: &mut Mbuf<'_>) {
        let words = self.words.get(self.slots.index(position) as usize);
        if let Some(hash) = words.and_then(|[said, _]| hash(self.chip, said.own())) {
            packet.set_hash(hash);
            packet.set_flags(flags::RSS_HASH);
        }
    }
}
