//! `E1000eRx`: what came, out of an Rx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{BUFFER, Came, WORDS};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::refill::{Refill, Room, refill};
use crate::device::slots::{DeviceQueue, Entry, ROW, Row, Slots};
use crate::device::{Dma, Hearing, Registers};
use crate::mbuf::{BlankRoom, Bundle, Mbuf, MbufHome, MbufPool, PORT_NONE, Tally};
use crate::port::{Direction, Port, RxClaim, RxDriver, RxLine};
use crate::sync::{Published64, full_fence};

/// An Rx queue. Writes no register but the queue's tail, and its own bit where interrupts are masked.
pub struct E1000eRx<R, D> {
    pub(super) slots: Slots,
    pub(super) words: &'static [[Published64; WORDS]],
    pub(super) chip: Chip,
    /// Whether the device may hash what comes: it spreads that over queues.
    pub(super) is_hashed: bool,
    /// What has come of late.
    pub(super) row: Row,
    registers: R,
    dma: D,
    tail: usize,
    /// Up to which position the device was told that it may go; valid once the queue is settled.
    told: u32,
    queue: u16,
    /// The cause that it has had unmasked for itself alone; 0 for none.
    armed: u32,
    /// Whether what comes is the rest of a packet, up to its last buffer.
    pub(super) is_amid: bool,
    /// Whether the device has no buffer, which was counted.
    is_starved: bool,
}

impl<R, D> fmt::Debug for E1000eRx<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E1000eRx({:?})", self.slots)
    }
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
        let (words, _) = slots.queue().words64(0, slots.size() as usize * WORDS).as_chunks();
        let tail = base(Direction::Rx, queue) + reg::TAIL;
        let is_hashed = chip == Chip::I82574l && claim.port().rx_queues() > 1;
        let (told, armed, is_amid, is_starved) = (slots.posted(), 0, false, false);
        Ok(Self {
            slots,
            words,
            chip,
            is_hashed,
            row: Row::new(),
            registers,
            dma,
            tail,
            told,
            queue,
            armed,
            is_amid,
            is_starved,
        })
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
        self.find_amid();
        self.slots.pass_holes();
        self.tell();
    }

    /// How many descriptors are looked at at most: none, if the device says nothing of the first that it has; else once
    /// around, for a device that is faster than this keeps nobody here.
    #[inline(always)]
    fn most_there(&self) -> u32 {
        if self.came(self.slots.done()).is_some() { self.slots.size() } else { 0 }
    }

    /// What the device says of the descriptor of `position`.
    #[inline(always)]
    pub(super) fn came(&self, position: u32) -> Option<Came> {
        let [_, facts] = self.words.get(self.slots.index(position) as usize)?;
        // Pairs with the device's own order: the packet is there before this word.
        Came::read(self.chip, facts.observe())
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
        if let Some([address, facts]) = self.words.get(entry as usize) {
            address.publish(bus);
            facts.publish(0);
        }
    }

    /// A write to a register costs more than a row of buffers: the device is told of a quarter of the queue together, as
    /// long as half of the queue is empty and its own anyway.
    #[inline(always)]
    fn is_to_be_told(&self) -> bool {
        let (slots, untold) = (&self.slots, self.slots.posted().wrapping_sub(self.told));
        if untold == 0 || untold >= slots.size() / 4 {
            return untold != 0;
        }
        let half = slots.size() / 2;
        let left = slots.in_flight().saturating_sub(untold);
        // Filled in turn: if it has filled this one, the rest of what it knows of is less than half.
        left < half || self.came(self.told.wrapping_sub(half)).is_some()
    }

    #[inline]
    fn tell(&mut self) {
        full_fence();
        self.told = self.slots.posted();
        self.registers.write32(self.tail, self.slots.index(self.told));
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
        let (mut all, mut left) = (Tally::default(), self.most_there());
        while left > 0
            && let rest = to.get_mut(all.packets..).unwrap_or_default()
            && !rest.is_empty()
        {
            let (came, tally) = self.take_row(port, line, home, rest);
            all = all.and(tally);
            left = left.saturating_sub(came);
            let Some(place) = to.get_mut(all.packets).filter(|_| came < ROW as u32) else {
                continue;
            };
            let Some(odd) = self.take_odd(port, line, home) else { break };
            left = left.saturating_sub(1);
            if let Some(packet) = odd {
                all = all.and(Tally { packets: 1, bytes: packet.len().into() });
                *place = Some(packet);
            }
        }
        refill(self, line, home);
        all
    }

    /// Unless the device hashes: that stands in headers.
    #[inline]
    fn gives_unseen(&self) -> bool {
        !self.is_hashed
    }

    #[inline]
    fn receive_unseen(&mut self, port: u16, line: &RxLine, to: &mut Bundle<'_>) -> Tally {
        let home = to.home();
        if !self.slots.is_settled() {
            self.settle(home);
        }
        let (mut all, mut left) = (Tally::default(), self.most_there());
        while left > 0 && to.room() > 0 {
            let (came, tally) = self.take_row_unseen(port, line, to);
            all = all.and(tally);
            left = left.saturating_sub(came);
            if came == ROW as u32 || to.room() == 0 {
                continue;
            }
            let Some(odd) = self.take_odd(port, line, home) else { break };
            left = left.saturating_sub(1);
            if let Some(packet) = odd {
                all = all.and(Tally { packets: 1, bytes: packet.len().into() });
                // There is room.
                drop(to.add(packet));
            }
        }
        refill(self, line, home);
        all
    }

    fn arm(&mut self, port: &Port) -> bool {
        let Some(hearing) = Hearing::of_port(port) else { return false };
        // Who sleeps is slower to come: the device has all that there is.
        if self.told != self.slots.posted() {
            self.tell();
        }
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
