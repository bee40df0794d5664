//! What the device has used next of an Rx queue, many at a time: looked at or not.

use super::ring::HEADER_BYTES;
use super::rx::VirtioRx;
use crate::device::slots::Row;
use crate::device::{Dma, Registers};
use crate::mbuf::{Bundle, Landed, Mbuf, MbufHome, Tally};
use crate::port::RxLine;

impl<R: Registers, D: Dma> VirtioRx<R, D> {
    /// Takes so many, a row at most, into the beginning of `to`, which has room for them. What those are worth that are
    /// packets.
    #[inline]
    pub(super) fn take_row<'h>(
        &mut self,
        (port, line): (u16, &RxLine),
        count: usize,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        let landed = self.land(count, home);
        let (mut tally, mut places) = (Tally::default(), to.iter_mut());
        for (at, len) in self.row.packets() {
            if let Some(packet) = landed.open(at, len, port).filter(|_| len > 0)
                && let Some(place) = places.next()
            {
                *place = Some(packet);
                tally.packets += 1;
                tally.bytes += u64::from(len);
            }
        }
        count_errors(line, count, tally);
        tally
    }

    /// The same, and adds them to a bundle.
    #[inline]
    pub(super) fn take_row_unseen(
        &mut self,
        (port, line): (u16, &RxLine),
        count: usize,
        to: &mut Bundle<'_>,
    ) -> Tally {
        let landed = self.land(count, to.home());
        let (mut longest, mut is_sound) = (0, true);
        for (at, len) in self.row.packets() {
            longest = len.max(longest);
            is_sound &= at != 0 && len > 0;
        }
        let tally = if is_sound {
            landed.add_to(to, (port, longest), self.row.packets())
        } else {
            add_sound(&self.row, &landed, port, to)
        };
        count_errors(line, count, tally);
        tally
    }

    /// Takes so many out of the queue into the row. They are this process's then, and not looked at.
    #[inline(always)]
    fn land<'h>(&mut self, count: usize, home: &'h MbufHome<'h>) -> Landed<'h> {
        let (row, from) = (&mut self.row, self.slots.done());
        row.clear();
        let end = from.wrapping_add(count as u32);
        for position in (0..count as u32).map(|number| from.wrapping_add(number)) {
            let (number, len) = self.ring.used_at(position);
            // More than a buffer has room for it has not written.
            let len = u16::try_from(len).unwrap_or(0).saturating_sub(HEADER_BYTES);
            row.add(&self.slots, number, len);
        }
        let landed = Landed::blank(home, row.places());
        row.strike_out(&mut self.slots);
        self.slots.finish(end);
        landed
    }
}

/// Of a row some of which are none, the others.
#[cold]
#[inline(never)]
fn add_sound<'h>(row: &Row, landed: &Landed<'h>, port: u16, to: &mut Bundle<'h>) -> Tally {
    let mut tally = Tally::default();
    for (at, len) in row.packets() {
        if let Some(packet) = landed.open(at, len, port).filter(|_| len > 0) {
            tally = tally.and(Tally { packets: 1, bytes: len.into() });
            // There is room.
            drop(to.add(packet));
        }
    }
    tally
}

#[inline(always)]
fn count_errors(line: &RxLine, count: usize, came: Tally) {
    if came.packets < count {
        line.count_errors((count - came.packets) as u64);
    }
}
