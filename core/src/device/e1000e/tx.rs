//! `E1000eTx`: what is to be sent, into a Tx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{Last, WORDS, is_reported, is_sent, reported, to_send};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::sending::{Burst, Pieces, Put, Sending, is_frame, send};
use crate::device::slots::{DeviceQueue, Entry, ROW, Row, Slots};
use crate::device::{Dma, Registers};
use crate::mbuf::{Landed, Mbuf, MbufHome, Piece, Tally};
use crate::port::{Direction, TxClaim, TxDriver, TxLine};
use crate::sync::{Published64, full_fence};

/// Bytes of an Ethernet header with a tag.
const TAGGED: u32 = 18;

/// After how many descriptors the device is to report that it has sent them, if a burst is longer: or after a
/// quarter of a queue.
const REPORT_EVERY: u32 = 32;

/// A Tx queue. Writes no register but the queue's tail.
pub struct E1000eTx<R, D> {
    slots: Slots,
    words: &'static [Published64],
    registers: R,
    dma: D,
    tail: usize,
    /// The longest frame, without its check sequence.
    longest: u32,
    /// Descriptors behind the last that is to be reported.
    unreported: u32,
}

impl<R, D> fmt::Debug for E1000eTx<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E1000eTx({:?})", self.slots)
    }
}

impl<R: Registers, D: Dma> E1000eTx<R, D> {
    /// The queue of `claim`, of a port whose owner has set its device up. It goes on where its last
    /// claimant stopped.
    ///
    /// # Errors
    /// [`E1000eError`].
    pub fn open(claim: &TxClaim, registers: R, dma: D) -> Result<Self, E1000eError> {
        let (port, queue) = (claim.port(), claim.queue());
        let (chip, found) = (Chip::of_port(port)?, registers.len());
        if found < reg::BAR_BYTES {
            return Err(E1000eError::Bar { found, needed: reg::BAR_BYTES });
        }
        let slots = Slots::open(DeviceQueue::lookup(port, Direction::Tx, queue)?)?;
        let words = slots.queue().words64(0, slots.size() as usize * WORDS);
        let tail = base(Direction::Tx, queue) + reg::TAIL;
        let longest = port.facts().mtu.min(chip.mtu_max()) + TAGGED;
        Ok(Self { slots, words, registers, dma, tail, longest, unreported: 0 })
    }

    /// Tells the device up to where it may go.
    #[inline]
    fn tell(&self) {
        full_fence();
        self.registers.write32(self.tail, self.slots.index(self.slots.posted()));
    }
}

impl<R: Registers, D: Dma> Sending for E1000eTx<R, D> {
    #[inline(always)]
    fn slots(&self) -> &Slots {
        &self.slots
    }

    #[cold]
    fn settle(&mut self, home: &MbufHome<'_>) {
        self.slots.settle(home);
        self.slots.pass_holes();
        self.tell();
    }

    /// As long as there is such; no more than a queueful.
    fn clean<'h>(&mut self, home: &'h MbufHome<'h>) {
        for _ in 0..self.slots.size() {
            let Some(end) = self.sent_end() else { break };
            self.take_up_to(end, home);
        }
    }

    #[inline]
    fn put(&mut self, burst: &mut Burst<'_>, packet: &mut Option<Mbuf<'_>>) -> Put {
        let Some(it) = packet else { return Put::Unfit };
        if let Some(Piece { at, len }) = burst.plain.piece(it)
            && is_frame(len.into(), self.longest)
            && let Some(bus) = burst.near.bus(&self.dma, at, len)
        {
            return self.put_all(&mut burst.position, [(bus, len)].into_iter(), packet);
        }
        let pieces = Pieces::of(it, (&self.dma, &mut burst.near), None, self.longest);
        let Some(pieces) = pieces else { return Put::Unfit };
        self.put_all(&mut burst.position, pieces.iter(), packet)
    }

    /// The last is reported: so each is behind it.
    #[inline]
    fn hand_over(&mut self, position: u32) {
        let index = self.slots.index(position.wrapping_sub(1));
        if let Some(facts) = self.words.get(index as usize * WORDS + 1) {
            facts.publish(reported(facts.own()));
        }
        self.unreported = 0;
        self.slots.hand_over(position);
        self.tell();
    }
}

impl<R: Registers, D: Dma> E1000eTx<R, D> {
    /// Behind the first packet from `done` on of which the device reports that it was sent: all before it were too.
    #[inline]
    fn sent_end(&self) -> Option<u32> {
        let mut position = self.slots.done();
        while position != self.slots.posted() {
            let facts = self.words.get(self.slots.index(position) as usize * WORDS + 1)?;
            position = position.wrapping_add(1);
            if is_reported(facts.own()) {
                // Pairs with the device's own order: it has read the packets before it says so.
                return is_sent(facts.observe()).then_some(position);
            }
        }
        None
    }

    /// Takes home what lies before `end`, many at a time.
    #[inline]
    fn take_up_to<'h>(&mut self, end: u32, home: &'h MbufHome<'h>) {
        while self.slots.done() != end {
            let (mut row, mut position) = (Row::new(), self.slots.done());
            while position != end && row.count() < ROW {
                // In descriptors that are not a packet's last nothing lies, and where a dead claimant took it.
                row.add(&self.slots, self.slots.index(position), 0);
                position = position.wrapping_add(1);
            }
            let landed = Landed::packets(home, row.places());
            row.strike_out(&mut self.slots);
            self.slots.finish(position);
            landed.free(row.places());
        }
    }

    /// Lays a packet of these pieces down.
    #[inline(always)]
    fn put_all(
        &mut self,
        position: &mut u32,
        pieces: impl ExactSizeIterator<Item = (u64, u16)>,
        packet: &mut Option<Mbuf<'_>>,
    ) -> Put {
        let (used, count) = (position.wrapping_sub(self.slots.done()), pieces.len() as u32);
        // One stays free: or a full queue looks as an empty one does.
        if used + count > self.slots.size() - 1 {
            return Put::Full;
        }
        let last = position.wrapping_add(count - 1);
        let index = self.slots.index(last);
        if self.slots.entry(index) != Entry::Free {
            return Put::Full;
        }
        self.unreported += count;
        let is_due = self.unreported >= REPORT_EVERY.min(self.slots.size() / 4);
        if is_due {
            self.unreported = 0;
        }
        for (at, (bus, len)) in pieces.enumerate() {
            let at = position.wrapping_add(at as u32);
            let facts = to_send(len, if at == last { Last::Yes } else { Last::No });
            let facts = if is_due && at == last { reported(facts) } else { facts };
            let at = self.slots.index(at) as usize * WORDS;
            if let Some([address, word]) = self.words.get(at..at + WORDS) {
                address.publish(bus);
                word.publish(facts);
            }
        }
        if let Some(packet) = packet.take() {
            self.slots.lay(index, last, packet);
        }
        *position = last.wrapping_add(1);
        Put::Laid
    }
}

impl<R: Registers, D: Dma> TxDriver for E1000eTx<R, D> {
    #[inline]
    fn send(&mut self, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        self.send_tallied(line, packets).packets
    }

    #[inline]
    fn send_tallied(&mut self, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> Tally {
        send(self, line, packets)
    }
}
