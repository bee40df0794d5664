//! `E1000eTx`: what is to be sent, into a Tx queue.

use core::fmt;

use super::chip::Chip;
use super::descriptor::{Last, WORDS, is_sent, to_send};
use super::error::E1000eError;
use super::registers as reg;
use super::setup::base;
use crate::device::sending::{BATCH, Pieces, Put, Sending, send};
use crate::device::slots::{DeviceQueue, Entry, Slots};
use crate::device::{Dma, Registers};
use crate::mbuf::{Mbuf, MbufHome};
use crate::port::{Direction, TxClaim, TxDriver, TxLine};
use crate::sync::{Published64, full_fence};

/// Bytes of an Ethernet header with a tag.
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
        let mut left = self.slots.size();
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

    #[inline]
    fn put(&mut self, position: &mut u32, packet: &mut Option<Mbuf<'_>>) -> Put {
        let pieces = packet.as_ref().and_then(|it| Pieces::of(it, &self.dma, None, self.longest));
        let Some(pieces) = pieces else { return Put::Unfit };
        let used = position.wrapping_sub(self.slots.done());
        // One stays free: or a full queue looks as an empty one does.
        if used + pieces.count() as u32 > self.slots.size() - 1 {
            return Put::Full;
        }
        let last = position.wrapping_add(pieces.count() as u32 - 1);
        let index = self.slots.index(last);
        if self.slots.entry(index) != Entry::Free {
            return Put::Full;
        }
        for (number, (bus, len)) in pieces.iter().enumerate() {
            let at = self.slots.index(position.wrapping_add(number as u32)) as usize * WORDS;
            let is_last = if number + 1 == pieces.count() { Last::Yes } else { Last::No };
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

    #[inline]
    fn hand_over(&mut self, position: u32) {
        self.slots.hand_over(position);
        self.tell();
    }
}

impl<R: Registers, D: Dma> TxDriver for E1000eTx<R, D> {
    #[inline]
    fn send(&mut self, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        send(self, line, packets)
    }
}
