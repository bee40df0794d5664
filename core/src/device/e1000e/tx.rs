//! `E1000eTx`: what is to be sent, into a Tx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{Last, WORDS, is_reported, is_sent, reported, to_send};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::sending::{Burst, Pieces, Put, Sending, bus, is_frame, send, send_unseen};
use crate::device::slots::{DeviceQueue, Entry, ROW, Row, Slots};
use crate::device::{Dma, Registers};
use crate::mbuf::{Bundle, Landed, Mbuf, MbufHome, Piece, Tally};
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
    words: &'static [[Published64; WORDS]],
    registers: R,
    dma: D,
    tail: usize,
    /// The longest frame, without its check sequence.
    longest: u32,
    /// Descriptors behind the last that is to be reported, and at how many the next one is.
    unreported: u32,
    report_every: u32,
    /// All that was laid down from this position on, by this claimant, is plain.
    plain_from: u32,
    /// What was sent of late.
    row: Row,
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
        let (words, _) = slots.queue().words64(0, slots.size() as usize * WORDS).as_chunks();
        let tail = base(Direction::Tx, queue) + reg::TAIL;
        let longest = port.facts().mtu.min(chip.mtu_max()) + TAGGED;
        let report_every = REPORT_EVERY.min(slots.size() / 4);
        let plain_from = slots.posted();
        Ok(Self {
            slots,
            words,
            registers,
            dma,
            tail,
            longest,
            unreported: 0,
            report_every,
            plain_from,
            row: Row::new(),
        })
    }

    /// Tells the device up to where it may go.
    #[inline]
    fn tell(&self) {
        full_fence();
        self.registers.write32(self.tail, self.slots.index(self.slots.posted()));
    }
}

impl<R: Registers, D: Dma> Sending for E1000eTx<R, D> {
    const BEFORE: u16 = 0;

    #[inline(always)]
    fn slots(&self) -> &Slots {
        &self.slots
    }

    #[cold]
    fn settle(&mut self, home: &MbufHome<'_>) {
        self.slots.settle(home);
        self.slots.pass_holes();
        self.plain_from = self.slots.posted();
        self.tell();
    }

    /// As long as there is such; no more than a queueful.
    fn clean<'h>(&mut self, home: &'h MbufHome<'h>) {
        for _ in 0..self.slots.size() {
            let Some(end) = self.sent_end() else { break };
            self.take_up_to(end, home);
        }
    }

    #[inline(always)]
    fn put_plain(&mut self, burst: &mut Burst<'_>, place: u64, piece: Piece) -> Put {
        let len = piece.len;
        if !is_frame(len.into(), self.longest) {
            return Put::Unfit;
        }
        let bus = match bus(&mut burst.near, &self.dma, piece) {
            Ok(bus) => bus,
            Err(why) => return why,
        };
        let position = burst.position;
        let index = self.slots.index(position);
        if !self.is_room(position, 1) || self.slots.entry(index) != Entry::Free {
            return Put::Full;
        }
        let is_due = self.is_due(1);
        self.write(index, bus, to_send(len, Last::Yes), is_due);
        self.slots.lay_place(index, position, place);
        burst.position = position.wrapping_add(1);
        Put::Laid
    }

    #[inline(never)]
    fn put(&mut self, burst: &mut Burst<'_>, packet: &mut Option<Mbuf<'_>>) -> Put {
        let Some(it) = packet else { return Put::Unfit };
        match Pieces::of(it, (&self.dma, &mut burst.near), None, self.longest) {
            Ok(pieces) => self.put_pieces(&mut burst.position, &pieces, packet),
            Err(why) => why,
        }
    }

    /// The last is reported: so each is behind it.
    #[inline]
    fn hand_over(&mut self, position: u32) {
        let index = self.slots.index(position.wrapping_sub(1));
        if let Some([_, facts]) = self.words.get(index as usize) {
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
            let [_, facts] = self.words.get(self.slots.index(position) as usize)?;
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
            let done = self.slots.done();
            // What this claimant has laid down it has looked at.
            let are_plain = self.plain_from.wrapping_sub(done) as i32 <= 0;
            let count = end.wrapping_sub(done).min(ROW as u32);
            let position = done.wrapping_add(count);
            // In descriptors that are not a packet's last nothing lies, and where a dead claimant took it.
            let row = &mut self.row;
            row.fill_with_all(&self.slots, done, count);
            let landed = match are_plain {
                true => Landed::blank(home, row.places()),
                false => Landed::packets(home, row.places()),
            };
            self.slots.strike_out_in_turn(done, count);
            self.slots.finish(position);
            if are_plain {
                // Positions come round, and it is never far behind.
                self.plain_from = position;
                landed.free_plain(row.places());
            } else {
                landed.free(row.places());
            }
        }
    }

    /// Lays a packet of these pieces down.
    fn put_pieces(
        &mut self,
        position: &mut u32,
        pieces: &Pieces,
        packet: &mut Option<Mbuf<'_>>,
    ) -> Put {
        let count = pieces.count() as u32;
        let last = position.wrapping_add(count - 1);
        let index = self.slots.index(last);
        if !self.is_room(*position, count) || self.slots.entry(index) != Entry::Free {
            return Put::Full;
        }
        let is_due = self.is_due(count);
        for (at, (bus, len)) in pieces.iter().enumerate() {
            let at = position.wrapping_add(at as u32);
            let is_last = if at == last { Last::Yes } else { Last::No };
            self.write(self.slots.index(at), bus, to_send(len, is_last), is_due && at == last);
        }
        if let Some(packet) = packet.take() {
            self.slots.lay(index, last, packet);
        }
        *position = last.wrapping_add(1);
        // What is not plain is looked at when it comes home.
        self.plain_from = *position;
        Put::Laid
    }

    /// Whether there is room for so many descriptors from `position` on. One stays free: or a full queue looks as an empty
    /// one does.
    #[inline(always)]
    fn is_room(&self, position: u32, count: u32) -> bool {
        position.wrapping_sub(self.slots.done()) + count < self.slots.size()
    }

    /// Whether the last of so many descriptors more is to be reported.
    #[inline(always)]
    fn is_due(&mut self, count: u32) -> bool {
        self.unreported += count;
        let is_due = self.unreported >= self.report_every;
        if is_due {
            self.unreported = 0;
        }
        is_due
    }

    #[inline(always)]
    fn write(&self, index: u32, bus: u64, facts: u64, is_due: bool) {
        if let Some([address, word]) = self.words.get(index as usize) {
            address.publish(bus);
            word.publish(if is_due { reported(facts) } else { facts });
        }
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

    #[inline]
    fn takes_unseen(&self) -> bool {
        true
    }

    #[inline]
    fn send_unseen(&mut self, line: &TxLine, packets: &mut Bundle<'_>) -> Tally {
        send_unseen(self, line, packets)
    }
}
