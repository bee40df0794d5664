//! `E1000eRx`: what came, out of an Rx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{BUFFER, Came, WORDS, hash};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::refill::{Refill, refill};
use crate::device::slots::{DeviceQueue, Entry, Slots};
use crate::device::{Dma, Hearing, Registers};
use crate::mbuf::{Mbuf, MbufHome, MbufPool, flags};
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

    /// Takes a packet of `parts` buffers; `None` if one of them is none, or is written over.
    #[inline]
    fn take<'h>(&mut self, from: u32, parts: u32, home: &'h MbufHome<'h>) -> Option<Mbuf<'h>> {
        let (mut packet, mut is_whole): (Option<Mbuf<'h>>, bool) = (None, true);
        for position in (0..parts).map(|part| from.wrapping_add(part)) {
            let index = self.slots.index(position);
            let len = self.came(position).map_or(0, |came| came.len);
            let Some(mut part) = self.slots.take(index, home) else {
                is_whole = false;
                continue;
            };
            part.set_fresh_len(len);
            is_whole &= part.len() == u32::from(len);
            match &mut packet {
                None => packet = Some(part),
                Some(packet) => is_whole &= packet.chain(part).is_ok(),
            }
        }
        self.slots.finish(from.wrapping_add(parts));
        let mut packet = packet.filter(|_| is_whole)?;
        let word = self.words.get(self.slots.index(from) as usize * WORDS)?;
        if let Some(hash) = hash(self.chip, word.own()) {
            packet.set_hash(hash);
            packet.set_flags(flags::RSS_HASH);
        }
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

    #[inline]
    fn room_of(&self, mbuf: &Mbuf<'_>) -> Option<(u64, u16)> {
        let room = mbuf.room().filter(|room| room.len >= BUFFER)?;
        Some((self.dma.bus(room.at, u64::from(BUFFER))?, BUFFER))
    }

    #[inline(always)]
    fn free_entry(&mut self, position: u32) -> Option<u32> {
        let entry = self.slots.index(position);
        (self.slots.entry(entry) == Entry::Free).then_some(entry)
    }

    #[inline]
    fn write(&mut self, entry: u32, _: u32, (bus, _): (u64, u16)) {
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
        if !self.slots.is_settled() {
            self.settle(home);
        }
        let mut count = 0;
        // At most once around: a device that is faster than this keeps nobody here.
        for _ in 0..self.slots.size() {
            let Some(place) = to.get_mut(count) else { break };
            match self.front() {
                Front::Nothing => break,
                Front::Packet { from, parts } => match self.take(from, parts, home) {
                    Some(packet) => {
                        *place = Some(packet);
                        count += 1;
                    }
                    None => line.count_errors(1),
                },
                Front::Unusable { from, parts } => {
                    let last = self.came(from.wrapping_add(parts - 1));
                    self.is_amid = !last.is_some_and(|came| came.is_last);
                    drop(self.take(from, parts, home));
                    line.count_errors(1);
                }
            }
        }
        refill(self, line, home);
        count
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
