//! `Bundle`: packets in a process's hands that it has not looked at.
//!
//! Who only passes packets on moves words: where each lies, how long it is, by which port it came. No
//! header of a plain packet is read or written, so that its line stays with the processor that has it. It is
//! of what has several segments or is shared, of 65,535 bytes and more, and of a port that a word has no
//! room for. Each packet bears its holder's tag, as any that was taken out of a ring.

use core::fmt;
use core::marker::PhantomData;

use super::fill::tell_headers;
use super::home::MbufHome;
use super::layout::Waybill;
use super::mbuf::Mbuf;
use super::origin::Origin;
use super::ring::RING_BATCH;
use super::tally::Tally;
use super::unseen::{Drain, Unseen};

/// Up to [`SIZE`](Bundle::SIZE) packets that were not looked at; dropped, they are freed. Stays on its thread.
pub struct Bundle<'h> {
    home: &'h MbufHome<'h>,
    bills: [Waybill; RING_BATCH],
    count: usize,
    /// What is known of where all lie.
    origin: Origin,
    /// The bytes of all, where they have been counted.
    bytes: Option<u64>,
    /// By which port all came, if their words do not say it yet; else `NO_PORT`. As wide as a count, as
    /// [`Origin`] is.
    port: usize,
    _owns: PhantomData<*mut ()>,
}

/// Each word says by which port its packet came, or leaves that to its header.
const NO_PORT: usize = usize::MAX;

impl fmt::Debug for Bundle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle({} packets)", self.count)
    }
}

impl Drop for Bundle<'_> {
    fn drop(&mut self) {
        self.free();
    }
}

impl<'h> Bundle<'h> {
    /// The most packets of a bundle.
    pub const SIZE: usize = RING_BATCH;

    /// Nothing; what comes in goes back by way of `home`.
    pub fn new(home: &'h MbufHome<'h>) -> Self {
        let bills = [Waybill::NONE; RING_BATCH];
        Self {
            home,
            bills,
            count: 0,
            origin: Origin::Own,
            bytes: None,
            port: NO_PORT,
            _owns: PhantomData,
        }
    }

    /// How many packets.
    #[inline]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many more there is room for.
    #[inline]
    pub fn room(&self) -> usize {
        RING_BATCH - self.count
    }

    /// How many packets, and how many bytes of data they have.
    #[inline]
    pub fn tally(&self) -> Tally {
        let bytes = self.bytes.unwrap_or_else(|| Waybill::bytes_of(self.bills(), self.home));
        Tally { packets: self.count, bytes }
    }

    /// Adds a packet; gives it back if there is no room, or if it has another home.
    #[inline]
    pub fn push(&mut self, packet: Unseen<'h>) -> Result<(), Unseen<'h>> {
        if !core::ptr::eq(packet.home(), self.home) {
            return Err(packet);
        }
        match self.bills.get_mut(self.count) {
            Some(slot) => {
                let origin = packet.origin();
                *slot = packet.into_bill();
                self.grow(1, origin);
                Ok(())
            }
            None => Err(packet),
        }
    }

    /// Adds a packet that is looked at no more; gives it back as [`push`](Self::push) does. Reads its
    /// header's first line.
    #[inline]
    pub fn add(&mut self, packet: Mbuf<'h>) -> Result<(), Mbuf<'h>> {
        if !core::ptr::eq(packet.home, self.home) {
            return Err(packet);
        }
        match self.bills.get_mut(self.count) {
            Some(slot) => {
                let origin = Origin::of(self.home, packet.at());
                *slot = packet.into_bill();
                self.grow(1, origin);
                Ok(())
            }
            None => Err(packet),
        }
    }

    /// Takes all packets out, one by one, the first first. Those that are not taken are freed.
    #[inline]
    pub fn drain(&mut self) -> Drain<'_, 'h> {
        self.settle();
        let (count, origin) = (self.count, self.origin);
        self.empty();
        Drain::new(self.home, self.bills.get(..count).unwrap_or_default(), origin)
    }

    /// Takes all packets out to be looked at, the first first. What is no mbuf of any pool is left out and
    /// counted as a stray.
    pub fn open(&mut self) -> [Option<Mbuf<'h>>; RING_BATCH] {
        let mut packets = [const { None }; RING_BATCH];
        let unseen = self.drain().filter_map(Unseen::open);
        for (slot, packet) in packets.iter_mut().zip(unseen) {
            *slot = Some(packet);
        }
        packets
    }

    /// Frees all packets, and returns how many there were. Of plain ones of its own pool no header is
    /// read.
    #[inline]
    pub fn free(&mut self) -> usize {
        let count = self.count;
        if self.origin == Origin::Own && Waybill::are_plain(self.bills()) {
            let places = self.bills.map(Waybill::place);
            self.empty();
            crash_point!("free of a bundle: its words are forgotten");
            if count > 0 {
                self.home.put_own(places.get(..count).unwrap_or_default());
            }
        } else {
            self.free_each();
        }
        count
    }

    #[cold]
    #[inline(never)]
    fn free_each(&mut self) {
        let home = self.home;
        home.free_bulk(self.drain().filter_map(Unseen::open));
    }

    /// By way of which its packets go back.
    #[inline(always)]
    pub fn home(&self) -> &'h MbufHome<'h> {
        self.home
    }

    /// What a ring says of its packets; by which port they came, after [`settle`](Self::settle).
    #[inline(always)]
    pub(super) fn bills(&self) -> &[Waybill] {
        self.bills.get(..self.count).unwrap_or_default()
    }

    /// The bytes of the packets from the one of number `first` on, by their headers.
    #[cold]
    pub(super) fn look_up_from(&self, first: usize) -> u64 {
        Waybill::look_up(self.bills().get(first..).unwrap_or_default(), self.home)
    }

    /// Where more packets may be written, before [`grow`](Self::grow) says how many were.
    #[inline(always)]
    pub(super) fn room_for_more(&mut self) -> &mut [Waybill] {
        self.bills.get_mut(self.count..).unwrap_or_default()
    }

    /// Has each packet's word say by which port it came.
    #[inline(always)]
    pub(super) fn settle(&mut self) {
        if self.port != NO_PORT {
            let (port, all) = (self.port as u16, self.bills.iter_mut().take(self.count));
            all.for_each(|bill| *bill = bill.moved_to(port));
            self.port = NO_PORT;
        }
    }

    /// Says that what was there is somebody else's.
    #[inline(always)]
    fn empty(&mut self) {
        (self.count, self.origin, self.bytes, self.port) = (0, Origin::Own, None, NO_PORT);
    }

    /// Says that `count` packets more are there, and what is known of where they lie.
    #[inline(always)]
    pub(super) fn grow(&mut self, count: usize, origin: Origin) {
        self.settle();
        self.count = (self.count + count).min(RING_BATCH);
        self.origin = self.origin.and(origin);
        self.bytes = None;
    }

    /// Says that the last `count` packets have so many bytes.
    #[inline(always)]
    pub(super) fn last_have(&mut self, count: usize, bytes: u64) {
        self.bytes = (count == self.count).then_some(bytes);
    }

    /// Says that the last `count` packets, of `bytes`, came by `port`. If those are all, no word is written before
    /// somebody asks.
    #[inline(always)]
    pub(super) fn last_come_by(&mut self, count: usize, bytes: u64, port: u16) {
        if count == self.count && Waybill::has_room_for(port) {
            (self.port, self.bytes) = (usize::from(port), Some(bytes));
        } else {
            self.some_come_by(count, port);
        }
    }

    #[inline(never)]
    fn some_come_by(&mut self, count: usize, port: u16) {
        let first = self.count.saturating_sub(count);
        let last = self.bills.get_mut(first..self.count).unwrap_or_default();
        match Waybill::has_room_for(port) {
            true => last.iter_mut().for_each(|bill| *bill = bill.moved_to(port)),
            false => tell_headers(self.home, last, self.origin, port),
        }
    }

    /// Says that the first `count` packets of all, which were worth `all`, went to somebody else; what
    /// those were worth.
    #[inline(always)]
    pub(super) fn went(&mut self, count: usize, all: Tally) -> Tally {
        if count >= self.count {
            self.empty();
            return all;
        }
        self.bills.copy_within(count..self.count, 0);
        self.count -= count;
        self.bytes = None;
        let bytes = all.bytes.saturating_sub(self.tally().bytes);
        Tally { packets: count, bytes }
    }
}
