//! `E1000eRx`: what came, out of an Rx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{BUFFER, Came, WORDS, hash};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::refill::{Refill, Room, refill};
use crate::device::slots::{DeviceQueue, Entry, ROW, Row, Slots};
use crate::device::{Dma, Hearing, Registers};
use crate::mbuf::{BlankRoom, Landed, Mbuf, MbufHome, MbufPool, PORT_NONE, Tally, flags};
use crate::port::{Direction, Port, RxClaim, RxDriver, RxLine};
use crate::sync::{Published64, full_fence};

/// The most buffers of one packet: the longest frame needs 8.
const PARTS_MAX: u32 = 16;

/// An Rx queue. Writes no register but the queue's tail, and its own bit where interrupts are masked.
pub struct E1000eRx<R, D> {
    slots: Slots,
    words: &'static [Published64],
    chip: Chip,
    registers: R,
    dma: D,
    tail: usize,
    queue: u16,
    /// The cause that it has had unmasked for itself alone; 0 for none.
    armed: u32,
    /// Whether what comes is the rest of a packet, up to its last buffer.
    is_amid: bool,
    /// Whether the device has no buffer, which was counted.
    is_starved: bool,
}

impl<R, D> fmt::Debug for E1000eRx<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E1000eRx({:?})", self.slots)
    }
}

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
    /// The queue of `claim`, of a port whose owner has set its device up. It goes on where its last
    /// claimant stopped, wherever that was.
    ///
    /// # Errors
    /// [`E1000eError`].
    pub fn open(claim: &RxClaim, registers: R, dma: D) -> Result<Self, E1000eError> {
        let (chip, queue) = (Chip::of_port(claim.port())?, claim.queue());
        let found = registers.len();
        if found < reg::BAR_BYTES {
            return Err(E1000eError::Bar { found, needed: reg::BAR_BYTES });
        }
        let slots = Slots::open(DeviceQueue::lookup(claim.port(), Direction::Rx, queue)?)?;
        let words = slots.queue().words64(0, slots.size() as usize * WORDS);
        let tail = base(Direction::Rx, queue) + reg::TAIL;
        let (armed, is_amid, is_starved) = (0, false, false);
        Ok(Self { slots, words, chip, registers, dma, tail, queue, armed, is_amid, is_starved })
    }

    /// Whether packets can be received into mbufs of `pool`. Others are refused one by one, and counted; of
    /// the first burst's the log tells.
    ///
    /// # Errors
    /// [`E1000eError::Room`].
    pub fn check_pool(pool: &MbufPool) -> Result<(), E1000eError> {
        let there = pool.data_room().saturating_sub(pool.headroom());
        if there < BUFFER { Err(E1000eError::Room { there, needed: BUFFER }) } else { Ok(()) }
    }

    /// Puts in order what the last claimant has left.
    #[cold]
    fn settle(&mut self, home: &MbufHome<'_>) {
        self.slots.queue().tell_if_short(home.pool(), BUFFER, 0);
        self.slots.settle(home);
        // If it died in the middle of a packet of several buffers, the rest is none.
        if let Some(next) = self.slots.next_laid()
            && next != self.slots.done()
        {
            let before = self.came(next.wrapping_sub(1));
            self.is_amid = before.is_none_or(|came| !came.is_last);
        }
        self.slots.pass_holes();
        self.tell();
    }

    fn came(&self, position: u32) -> Option<Came> {
        let word = self.words.get(self.slots.index(position) as usize * WORDS + 1)?;
        // Pairs with the device's own order: the packet is there before this word.
        Came::read(self.chip, word.observe())
    }

    /// Looks at what came first.
    #[inline]
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

    /// Takes packets of one buffer each, which came one behind the other: as many as there are such, a row at most.
    /// How many came, and what those are worth that are packets.
    #[inline]
    fn take_row<'h>(
        &mut self,
        port: u16,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> (u32, Tally) {
        let (mut row, from) = (Row::new(), self.slots.done());
        let most = if self.is_amid { 0 } else { self.slots.in_flight().min(to.len() as u32) };
        for index in (0..most).map(|number| self.slots.index(from.wrapping_add(number))) {
            let word = self.words.get(index as usize * WORDS + 1);
            // Pairs with the device's own order: the packet is there before this word.
            let came = word.and_then(|word| Came::read(self.chip, word.observe()));
            let Some(Came { len, .. }) = came.filter(Came::is_packet) else { break };
            if !row.add(&self.slots, index, len) {
                break;
            }
        }
        let mut tally = Tally::default();
        if row.count() == 0 {
            return (0, tally);
        }
        let landed = Landed::blank(home, row.places());
        row.strike_out(&mut self.slots);
        self.slots.finish(from.wrapping_add(row.count() as u32));
        let mut places = to.iter_mut();
        for (number, (at, len)) in (0u32..).zip(row.packets()) {
            let Some(mut packet) = landed.open(at, len, port) else {
                line.count_errors(1);
                continue;
            };
            self.note_hash(from.wrapping_add(number), &mut packet);
            tally.bytes += u64::from(len);
            if let Some(place) = places.next() {
                *place = Some(packet);
                tally.packets += 1;
            }
        }
        (row.count() as u32, tally)
    }

    /// What the device has hashed of the packet whose first descriptor is that of `position`.
    #[inline(always)]
    fn note_hash(&self, position: u32, packet: &mut Mbuf<'_>) {
        let word = self.words.get(self.slots.index(position) as usize * WORDS);
        if let Some(hash) = word.and_then(|word| hash(self.chip, word.own())) {
            packet.set_hash(hash);
            packet.set_flags(flags::RSS_HASH);
        }
    }

    /// Takes what came first, if that is no row: a packet of several buffers, or none. Whether there was such.
    #[inline(never)]
    fn take_odd<'h>(&mut self, line: &RxLine, home: &'h MbufHome<'h>) -> Option<Option<Mbuf<'h>>> {
        let packet = match self.front() {
            Front::Nothing => return None,
            Front::Packet { from, parts } => self.take(from, parts, home),
            Front::Unusable { from, parts } => {
                let last = self.came(from.wrapping_add(parts - 1));
                self.is_amid = !last.is_some_and(|came| came.is_last);
                drop(self.take(from, parts, home));
                None
            }
        };
        if packet.is_none() {
            line.count_errors(1);
        }
        Some(packet)
    }

    /// Takes a packet of `parts` buffers; `None` if one of them is none, or is written over.
    #[inline]
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

impl<R: Registers, D: Dma> Refill for E1000eRx<R, D> {
    #[inline(always)]
    fn slots(&mut self) -> &mut Slots {
        &mut self.slots
    }

    /// One less than there are: or a full queue looks as an empty one does.
    #[inline(always)]
    fn most(&self) -> u32 {
        self.slots.size() - 1
    }

    #[inline(always)]
    fn dma(&self) -> &impl Dma {
        &self.dma
    }

    #[inline]
    fn room(&self, BlankRoom { before, len, .. }: BlankRoom) -> Option<Room> {
        (len >= BUFFER).then_some(Room { before, len: BUFFER })
    }

    #[inline(always)]
    fn free_entry(&mut self, position: u32) -> Option<u32> {
        let entry = self.slots.index(position);
        (self.slots.entry(entry) == Entry::Free).then_some(entry)
    }

    #[inline]
    fn write(&mut self, entry: u32, _: u32, bus: u64, _: u16) {
        let at = entry as usize * WORDS;
        if let Some([address, facts]) = self.words.get(at..at + WORDS) {
            address.publish(bus);
            facts.publish(0);
        }
    }

    #[inline]
    fn tell(&self) {
        full_fence();
        self.registers.write32(self.tail, self.slots.index(self.slots.posted()));
    }

    #[inline(always)]
    fn is_starved(&mut self) -> &mut bool {
        &mut self.is_starved
    }
}

impl<R: Registers, D: Dma> RxDriver for E1000eRx<R, D> {
    #[inline]
    fn receive<'h>(
        &mut self,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        self.receive_by(PORT_NONE, line, home, to).packets
    }

    #[inline]
    fn receive_by<'h>(
        &mut self,
        port: u16,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> Tally {
        if !self.slots.is_settled() {
            self.settle(home);
        }
        let (mut all, mut left) = (Tally::default(), self.slots.size());
        // At most once around: a device that is faster than this keeps nobody here.
        while left > 0
            && let rest = to.get_mut(all.packets..).unwrap_or_default()
            && !rest.is_empty()
        {
            let (came, tally) = self.take_row(port, line, home, rest);
            all.packets += tally.packets;
            all.bytes += tally.bytes;
            left = left.saturating_sub(came);
            let Some(place) = to.get_mut(all.packets).filter(|_| came < ROW as u32) else {
                continue;
            };
            let Some(odd) = self.take_odd(line, home) else { break };
            left = left.saturating_sub(1);
            if let Some(mut packet) = odd {
                packet.set_port(Some(port));
                all.bytes += u64::from(packet.len());
                *place = Some(packet);
                all.packets += 1;
            }
        }
        refill(self, line, home);
        all
    }

    fn arm(&mut self, port: &Port) -> bool {
        let Some(hearing) = Hearing::of_port(port) else { return false };
        let has_own_cause = self.chip == Chip::I82574l && matches!(hearing, Hearing::Vectors(_));
        let cause =
            if has_own_cause { reg::CAUSE_RX_QUEUE << (self.queue & 1) } else { reg::CAUSE_RX };
        if has_own_cause {
            self.armed = cause;
            // What has come so far is looked for next.
            self.registers.write32(reg::ICR, cause);
        }
        self.registers.write32(reg::IMS, cause);
        // A read behind both: what comes after what is looked at next interrupts.
        let _ = self.registers.read32(reg::STATUS);
        true
    }

    fn disarm(&mut self) {
        // A cause that is shared others may have armed; its next interrupt masks it.
        let cause = core::mem::take(&mut self.armed);
        if cause != 0 {
            self.registers.write32(reg::IMC, cause);
        }
    }
}
