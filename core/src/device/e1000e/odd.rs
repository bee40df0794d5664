//! What came and is no packet of one buffer: a packet of several, or none.

use super::descriptor::BUFFER;
use super::rx::E1000eRx;
use crate::device::{Dma, Registers};
use crate::mbuf::{Mbuf, MbufHome};
use crate::port::RxLine;

/// The most buffers of one packet: the longest frame needs 8.
const PARTS_MAX: u32 = 16;

/// What lies at the front of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    /// Nothing that came.
    Nothing,
    /// A packet in so many buffers, from this position on.
    Packet { from: u32, parts: u32 },
    /// So many buffers of what is none.
    Unusable { from: u32, parts: u32 },
}

impl<R: Registers, D: Dma> E1000eRx<R, D> {
    /// If the last claimant died in the middle of a packet of several buffers, the rest is none.
    #[cold]
    pub(super) fn find_amid(&mut self) {
        if let Some(next) = self.slots.next_laid()
            && next != self.slots.done()
        {
            let before = self.came(next.wrapping_sub(1));
            self.is_amid = before.is_none_or(|came| !came.is_last);
        }
    }

    /// Looks at what came first.
    fn front(&self) -> Front {
        let Some(from) = self.slots.next_laid() else { return Front::Nothing };
        let (mut parts, mut is_sound, mut is_empty) = (0, !self.is_amid, true);
        loop {
            let position = from.wrapping_add(parts);
            if position == self.slots.posted() {
                return Front::Nothing;
            }
            let Some(came) = self.came(position) else { return Front::Nothing };
            parts += 1;
            is_sound &= !came.has_error && came.len <= BUFFER;
            is_empty &= came.len == 0;
            if came.is_last && is_sound && !is_empty {
                return Front::Packet { from, parts };
            }
            // A device that ends no packet is not waited for.
            if came.is_last || parts == PARTS_MAX {
                return Front::Unusable { from, parts };
            }
        }
    }

    /// Takes what came first, if that is no row: a packet of several buffers, or none. Whether there was such.
    #[inline(never)]
    pub(super) fn take_odd<'h>(
        &mut self,
        port: u16,
        line: &RxLine,
        home: &'h MbufHome<'h>,
    ) -> Option<Option<Mbuf<'h>>> {
        let mut packet = match self.front() {
            Front::Nothing => return None,
            Front::Packet { from, parts } => self.take(from, parts, home),
            Front::Unusable { from, parts } => {
                let last = self.came(from.wrapping_add(parts - 1));
                self.is_amid = !last.is_some_and(|came| came.is_last);
                drop(self.take(from, parts, home));
                None
            }
        };
        match &mut packet {
            Some(packet) => packet.set_port(Some(port)),
            None => line.count_errors(1),
        }
        Some(packet)
    }

    /// Takes a packet of `parts` buffers; `None` if one of them is none, or is written over.
    fn take<'h>(&mut self, from: u32, parts: u32, home: &'h MbufHome<'h>) -> Option<Mbuf<'h>> {
        let (mut packet, mut is_whole): (Option<Mbuf<'h>>, bool) = (None, true);
        for position in (0..parts).map(|part| from.wrapping_add(part)) {
            let index = self.slots.index(position);
            let len = self.came(position).map_or(0, |came| came.len);
            let Some(part) = self.slots.take_blank(index, len, home) else {
                is_whole = false;
                continue;
            };
            match &mut packet {
                None => packet = Some(part),
                Some(packet) => is_whole &= packet.chain(part).is_ok(),
            }
        }
        self.slots.finish(from.wrapping_add(parts));
        let mut packet = packet.filter(|_| is_whole)?;
        self.note_hash(from, &mut packet);
        Some(packet)
    }
}
