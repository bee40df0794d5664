//! `E1000eRx`: what came, out of an Rx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{BUFFER, Came, WORDS, hash};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::slots::{DeviceQueue, Entry, Slots};
use crate::device::{Dma, Registers};
use crate::mbuf::{Mbuf, MbufHome, MbufPool, flags};
use crate::port::{Direction, RxClaim, RxDriver, RxLine};
use crate::sync::{Published64, full_fence};

/// Descriptors that are filled at a time.
const BATCH: usize = 32;

/// The most buffers of one packet: the longest frame needs 8.
const PARTS_MAX: u32 = 16;

/// An Rx queue. Writes no register but the queue's tail.
pub struct E1000eRx<R, D> {
    slots: Slots,
    words: &'static [Published64],
    chip: Chip,
    registers: R,
    dma: D,
    tail: usize,
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
        Ok(Self { slots, words, chip, registers, dma, tail, is_amid: false, is_starved: false })
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

    /// Gives the device buffers for those that it has filled.
    #[inline]
    fn refill<'h>(&mut self, line: &RxLine, home: &'h MbufHome<'h>) {
        // One less than there are: or a full queue looks as an empty one does.
        let wanted = (self.slots.size() - 1).saturating_sub(self.slots.in_flight()) as usize;
        let least = BATCH.min(self.slots.size() as usize / 4);
        if wanted < least {
            return;
        }
        let (mut left, before) = (wanted, self.slots.posted());
        while left > 0 {
            let posted = self.post(left.min(BATCH), home);
            left -= posted;
            if posted < BATCH {
                break;
            }
        }
        if self.slots.posted() != before {
            self.tell();
            self.is_starved = false;
        } else if self.slots.in_flight() == 0 && !self.is_starved {
            self.is_starved = true;
            line.count_no_mbuf(1);
        }
    }

    /// Posts so many fresh mbufs, or as many as there are.
    #[inline]
    fn post<'h>(&mut self, count: usize, home: &'h MbufHome<'h>) -> usize {
        let mut fresh = [const { None }; BATCH];
        let batch = fresh.get_mut(..count).unwrap_or_default();
        home.alloc_as_many(batch);
        let mut position = self.slots.posted();
        for mbuf in batch.iter_mut().map_while(Option::take) {
            // One that no device reaches goes back; the next may be reached.
            let Some(bus) = self.bus_of(&mbuf) else { continue };
            let index = self.slots.index(position);
            if self.slots.entry(index) != Entry::Free {
                break;
            }
            self.slots.lay(index, position, mbuf);
            let at = index as usize * WORDS;
            if let Some([address, facts]) = self.words.get(at..at + WORDS) {
                address.publish(bus);
                facts.publish(0);
            }
            position = position.wrapping_add(1);
        }
        let posted = position.wrapping_sub(self.slots.posted()) as usize;
        self.slots.hand_over(position);
        posted
    }

    fn bus_of(&self, mbuf: &Mbuf<'_>) -> Option<u64> {
        let room = mbuf.room().filter(|room| room.len >= BUFFER)?;
        self.dma.bus(room.at, u64::from(BUFFER))
    }

    /// Tells the device up to where it may go.
    #[inline]
    fn tell(&self) {
        full_fence();
        self.registers.write32(self.tail, self.slots.index(self.slots.posted()));
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
        self.refill(line, home);
        count
    }
}
