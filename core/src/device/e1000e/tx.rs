//! `E1000eTx`: what is to be sent, into a Tx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{Last, WORDS, is_sent, to_send};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::slots::{DeviceQueue, Entry, Slots};
use crate::device::{Dma, Registers};
use crate::mbuf::{Mbuf, MbufHome, Piece};
use crate::port::{Direction, TxClaim, TxDriver, TxLine};
use crate::sync::{Published64, full_fence};

/// Packets that are taken home at a time.
const BATCH: usize = 32;

/// The most segments of a packet that is sent.
const SEGMENTS_MAX: usize = 16;

/// Bytes of an Ethernet header, the shortest frame, and of one with a tag.
const ETHERNET: u32 = 14;
const TAGGED: u32 = 18;

/// A Tx queue. Writes no register but the queue's tail.
pub struct E1000eTx<R, D> {
    slots: Slots,
    words: &'static [Published64],
    registers: R,
    dma: D,
    tail: usize,
    /// The longest frame, without its check sequence.
    longest: u32,
}

impl<R, D> fmt::Debug for E1000eTx<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E1000eTx({:?})", self.slots)
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Put {
    /// It lies in the queue.
    Laid,
    /// There is no room for it now.
    Full,
    /// It can never be sent.
    Unfit,
}

/// The pieces of a packet, as the device is told of them.
struct Pieces {
    all: [(u64, u16); SEGMENTS_MAX],
    count: usize,
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
        Ok(Self { slots, words, registers, dma, tail, longest })
    }

    #[cold]
    fn settle(&mut self, home: &MbufHome<'_>) {
        self.slots.settle(home);
        self.slots.pass_holes();
        self.tell();
    }

    /// Takes home what was sent, as long as there is such; no more than `most` packets.
    fn clean<'h>(&mut self, home: &'h MbufHome<'h>, most: u32) {
        let mut left = most;
        while left > 0 {
            let mut sent = [const { None }; BATCH];
            let mut count = 0;
            for place in sent.iter_mut().take(left as usize) {
                let Some(last) = self.slots.next_laid() else { break };
                let index = self.slots.index(last);
                let word = self.words.get(index as usize * WORDS + 1);
                // Pairs with the device's own order: it has read the packet before it says so.
                if !word.is_some_and(|word| is_sent(word.observe())) {
                    break;
                }
                *place = self.slots.take(index, home);
                self.slots.finish(last.wrapping_add(1));
                count += 1;
            }
            Mbuf::free_all(&mut sent);
            if count < BATCH as u32 {
                break;
            }
            left = left.saturating_sub(count);
        }
    }

    /// Lays a packet into the queue, from `position` on.
    #[inline]
    fn put(&mut self, position: &mut u32, packet: &mut Option<Mbuf<'_>>) -> Put {
        let Some(pieces) = packet.as_ref().and_then(|packet| self.pieces_of(packet)) else {
            return Put::Unfit;
        };
        let used = position.wrapping_sub(self.slots.done());
        // One stays free: or a full queue looks as an empty one does.
        if used + pieces.count as u32 > self.slots.size() - 1 {
            return Put::Full;
        }
        let last = position.wrapping_add(pieces.count as u32 - 1);
        let index = self.slots.index(last);
        if self.slots.entry(index) != Entry::Free {
            return Put::Full;
        }
        for (number, (bus, len)) in pieces.all.into_iter().take(pieces.count).enumerate() {
            let at = self.slots.index(position.wrapping_add(number as u32)) as usize * WORDS;
            let is_last = if number + 1 == pieces.count { Last::Yes } else { Last::No };
            if let Some([address, facts]) = self.words.get(at..at + WORDS) {
                address.publish(bus);
                facts.publish(to_send(len, is_last));
            }
        }
        if let Some(packet) = packet.take() {
            self.slots.lay(index, last, packet);
        }
        *position = last.wrapping_add(1);
        Put::Laid
    }

    /// Where the device finds the packet; `None` of one that it cannot send.
    #[inline]
    fn pieces_of(&self, packet: &Mbuf<'_>) -> Option<Pieces> {
        let mut pieces = Pieces { all: [(0, 0); SEGMENTS_MAX], count: 0 };
        let mut sum = 0u32;
        for piece in packet.pieces_for_device() {
            let Piece { at, len } = piece?;
            if len == 0 {
                continue;
            }
            *pieces.all.get_mut(pieces.count)? = (self.dma.bus(at, u64::from(len))?, len);
            pieces.count += 1;
            sum += u32::from(len);
        }
        (ETHERNET..=self.longest).contains(&sum).then_some(pieces)
    }

    /// Tells the device up to where it may go.
    #[inline]
    fn tell(&self) {
        full_fence();
        self.registers.write32(self.tail, self.slots.index(self.slots.posted()));
    }
}

impl<R: Registers, D: Dma> TxDriver for E1000eTx<R, D> {
    #[inline]
    fn send(&mut self, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let Some(home) = packets.iter().flatten().next().map(Mbuf::home) else { return 0 };
        if !self.slots.is_settled() {
            self.settle(home);
        }
        if self.slots.in_flight() >= BATCH as u32 {
            self.clean(home, self.slots.size());
        }
        let (mut count, mut position) = (0, self.slots.posted());
        for place in packets.iter_mut().filter(|place| place.is_some()) {
            let mut put = self.put(&mut position, place);
            if put == Put::Full {
                self.clean(home, self.slots.size());
                put = self.put(&mut position, place);
            }
            match put {
                Put::Laid => {}
                Put::Full => break,
                Put::Unfit => {
                    *place = None;
                    line.count_dropped(1);
                }
            }
            count += 1;
        }
        if position != self.slots.posted() {
            self.slots.hand_over(position);
            self.tell();
        }
        count
    }
}
