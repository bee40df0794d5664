//! `VirtioTx`: what is to be sent, into a Tx queue.

use core::fmt;

use super::error::VirtioError;
use super::queue::{next_free, opened, pass_taken, tell, told, used};
use super::ring::{Descriptor, HEADER_BYTES, NEXT, Parts, Ring};
use super::rx::FRAME_BYTES;
use super::setup::{agreed, number_of};
use crate::device::sending::{
    Burst, PIECES_MAX, Pieces, Put, Sending, bus, is_frame, send, send_unseen,
};
use crate::device::slots::{Entry, ROW, Row, Slots};
use crate::device::{Dma, Registers};
use crate::mbuf::{Bundle, Landed, Mbuf, MbufHome, Piece, Tally};
use crate::port::{Direction, TxClaim, TxDriver, TxLine};

/// A Tx queue. Writes no register but the one that tells the device of it.
pub struct VirtioTx<R, D> {
    slots: Slots,
    ring: Ring,
    notify: R,
    told_at: usize,
    number: u16,
    dma: D,
    /// The header of all packets.
    header: u64,
    /// The longest frame.
    longest: u32,
    /// Descriptors in which nothing lies; counted when the queue is settled.
    free: u32,
    /// Where a free descriptor is looked for first.
    hint: u32,
    /// What was sent of late.
    row: Row,
}

impl<R, D> fmt::Debug for VirtioTx<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtioTx({:?})", self.slots)
    }
}

impl<R: Registers, D: Dma> VirtioTx<R, D> {
    /// The queue of `claim`, of a port whose owner has set its device up; `notify` is the region of that
    /// name. It goes on where its last claimant stopped.
    ///
    /// # Errors
    /// [`VirtioError`].
    pub fn open(claim: &TxClaim, notify: R, dma: D) -> Result<Self, VirtioError> {
        let (port, queue) = (claim.port(), claim.queue());
        agreed(port)?;
        let (slots, ring) = opened(port, Direction::Tx, queue)?;
        let (told_at, number) = told(&slots, &notify, number_of(Direction::Tx, queue))?;
        let (shared, place) = (*slots.queue(), Parts::of(slots.size()).header);
        let header = shared.memory().add(place);
        let header = header.and_then(|at| dma.bus(at, HEADER_BYTES.into()));
        let (at, bytes) = (shared.memory().get(), shared.memory_bytes());
        let unreachable = VirtioError::Unreachable { queue: shared.name(), at, bytes };
        let header = header.ok_or(unreachable)?;
        // A peer may have written there.
        shared.words64(place, 2).iter().for_each(|word| word.publish(0));
        let longest = port.facts().mtu.saturating_add(FRAME_BYTES);
        let (free, hint, row) = (0, 0, Row::new());
        Ok(Self { slots, ring, notify, told_at, number, dma, header, longest, free, hint, row })
    }

    /// Takes the packets home that the device has used next, so many, a row at most.
    #[inline]
    fn take_row<'h>(&mut self, count: u32, home: &'h MbufHome<'h>) {
        let (row, from) = (&mut self.row, self.slots.done());
        row.clear();
        for position in (0..count).map(|number| from.wrapping_add(number)) {
            let (head, _) = self.ring.used_at(position);
            row.add(&self.slots, head, 0);
        }
        let landed = Landed::packets(home, row.places());
        row.strike_out(&mut self.slots);
        for head in row.entries() {
            self.free += 1;
            let mut part = self.ring.next(head);
            // As far as the descriptors say what was laid.
            while let Some(number) = part.filter(|it| self.slots.entry(*it) == Entry::Part { head })
            {
                part = self.ring.next(number);
                self.slots.drop_part(number);
                self.free += 1;
            }
        }
        self.slots.finish(from.wrapping_add(count));
        landed.free(row.places());
    }

    #[inline]
    fn tell(&self) {
        tell(&self.slots, &self.ring, &self.notify, (self.told_at, self.number));
    }
}

impl<R: Registers, D: Dma> Sending for VirtioTx<R, D> {
    const BEFORE: u16 = HEADER_BYTES;

    #[inline(always)]
    fn slots(&self) -> &Slots {
        &self.slots
    }

    #[cold]
    fn settle(&mut self, home: &MbufHome<'_>) {
        self.slots.settle(home);
        pass_taken(&mut self.slots, &self.ring);
        self.free = self.slots.count_free();
        self.tell();
    }

    fn clean<'h>(&mut self, home: &'h MbufHome<'h>) {
        let mut left = u32::from(used(&self.slots, &self.ring).unwrap_or(0));
        while left > 0 {
            let count = left.min(ROW as u32);
            self.take_row(count, home);
            left -= count;
        }
        if self.slots.in_flight() == 0 && self.free < self.slots.size() {
            // Parts whose packet the device has named by another number.
            self.slots.drop_stray_parts();
            self.free = self.slots.count_free();
        }
    }

    #[inline(always)]
    fn put_plain(&mut self, burst: &mut Burst<'_>, place: u64, piece: Piece) -> Put {
        let len = piece.len;
        if !is_frame(u32::from(len).wrapping_sub(HEADER_BYTES.into()), self.longest) {
            return Put::Unfit;
        }
        let bus = match bus(&mut burst.near, &self.dma, piece) {
            Ok(bus) => bus,
            Err(why) => return why,
        };
        let Some(head) = self.free_head(burst.position) else { return Put::Full };
        self.ring.write(head, Descriptor { bus, len: len.into(), flags: 0, next: 0 });
        self.lay(head, &mut burst.position, 1, place);
        Put::Laid
    }

    #[inline(never)]
    fn put(&mut self, burst: &mut Burst<'_>, packet: &mut Option<Mbuf<'_>>) -> Put {
        let Some(it) = packet else { return Put::Unfit };
        let header = Some((self.header, HEADER_BYTES));
        match Pieces::of(it, (&self.dma, &mut burst.near), header, self.longest) {
            Ok(pieces) => self.put_pieces(&pieces, &mut burst.position, packet),
            Err(why) => why,
        }
    }

    #[inline]
    fn hand_over(&mut self, position: u32) {
        self.slots.hand_over(position);
        self.tell();
    }
}

impl<R: Registers, D: Dma> VirtioTx<R, D> {
    /// Lays down a packet that has the header of all before it, in a descriptor of its own.
    fn put_pieces(
        &mut self,
        pieces: &Pieces,
        position: &mut u32,
        packet: &mut Option<Mbuf<'_>>,
    ) -> Put {
        let is_room = self.free >= pieces.count() as u32;
        let Some(head) = self.free_head(*position).filter(|_| is_room) else { return Put::Full };
        // It is not to be found again.
        self.slots.lay_part(head, head);
        let mut numbers = [head; PIECES_MAX];
        for at in 1..pieces.count() {
            let Some(part) = next_free(&self.slots, &mut self.hint) else {
                // Something has written over entries.
                numbers.iter().take(at).for_each(|number| self.slots.drop_part(*number));
                self.free = self.slots.count_free();
                return Put::Full;
            };
            self.slots.lay_part(part, head);
            if let Some(number) = numbers.get_mut(at) {
                *number = part;
            }
        }
        for (at, (bus, len)) in pieces.iter().enumerate() {
            let next = numbers.get(at + 1).copied().unwrap_or(head) as u16;
            let flags = if at + 1 < pieces.count() { NEXT } else { 0 };
            let number = numbers.get(at).copied().unwrap_or(head);
            self.ring.write(number, Descriptor { bus, len: len.into(), flags, next });
        }
        self.slots.drop_part(head);
        if let Some(packet) = packet.take() {
            self.lay(head, position, pieces.count() as u32, packet.into_place());
        }
        Put::Laid
    }

    /// A descriptor for what is to be handed over at `position`, if there is room for that.
    #[inline(always)]
    fn free_head(&mut self, position: u32) -> Option<u32> {
        let is_room = position.wrapping_sub(self.slots.done()) < self.slots.size();
        next_free(&self.slots, &mut self.hint).filter(|_| is_room)
    }

    /// Lays the packet at `place` into `head`, whose descriptors, so many, are written.
    #[inline(always)]
    fn lay(&mut self, head: u32, position: &mut u32, descriptors: u32, place: u64) {
        self.slots.lay_place(head, *position, place);
        self.free = self.free.saturating_sub(descriptors);
        self.ring.offer(*position, head);
        *position = position.wrapping_add(1);
    }
}

impl<R: Registers, D: Dma> TxDriver for VirtioTx<R, D> {
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
