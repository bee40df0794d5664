//! `Bundle`: packets in a process's hands that it has not looked at.
//!
//! Who only passes packets on moves words: where each lies, how long it is, by which port it came. No
//! header is read, and none written, so that its line stays with the processor that has it. Each
//! packet bears its holder's tag, as any that was taken out of a ring.

use core::fmt;
use core::marker::PhantomData;

use super::consumer::{first_of, opened};
use super::home::{Fresh, MbufHome};
use super::layout::Waybill;
use super::link::header;
use super::mbuf::Mbuf;
use super::ring::RING_BATCH;
use super::tally::Tally;
use super::unseen::{Drain, Unseen};
use crate::mempool::PoolEmpty;

/// Up to [`SIZE`](Bundle::SIZE) packets that were not looked at; dropped, they are freed. Stays on its thread.
pub struct Bundle<'h> {
    home: &'h MbufHome<'h>,
    bills: [Waybill; RING_BATCH],
    count: usize,
    /// Whether all are known to be mbufs of the home's own pool.
    are_own: bool,
    /// The bytes of all, where they have been counted.
    bytes: Option<u64>,
    _owns: PhantomData<*mut ()>,
}

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
        Self { home, bills, count: 0, are_own: true, bytes: None, _owns: PhantomData }
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
                let is_own = packet.is_own();
                *slot = packet.into_bill();
                self.grow(1, is_own);
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
                let is_own = self.home.own_numbers().of(packet.at()).is_some();
                *slot = packet.into_bill();
                self.grow(1, is_own);
                Ok(())
            }
            None => Err(packet),
        }
    }

    /// Takes all packets out, one by one, the first first. Those that are not taken are freed.
    #[inline]
    pub fn drain(&mut self) -> Drain<'_, 'h> {
        let (count, are_own) = (self.count, self.are_own);
        self.empty();
        Drain::new(self.home, self.bills.get(..count).unwrap_or_default(), are_own)
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
        if self.are_own && Waybill::are_plain(self.bills()) {
            let places = self.bills.map(Waybill::place);
            self.empty();
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

    /// What a ring says of its packets.
    #[inline(always)]
    pub(super) fn bills(&self) -> &[Waybill] {
        self.bills.get(..self.count).unwrap_or_default()
    }

    /// Where more packets may be written, before [`grow`](Self::grow) says how many were.
    #[inline(always)]
    pub(super) fn room_for_more(&mut self) -> &mut [Waybill] {
        self.bills.get_mut(self.count..).unwrap_or_default()
    }

    /// Says that what was there is somebody else's.
    #[inline(always)]
    fn empty(&mut self) {
        (self.count, self.are_own, self.bytes) = (0, true, None);
    }

    /// Says that `count` packets more are there, and whether they are all mbufs of the home's own pool.
    #[inline(always)]
    pub(super) fn grow(&mut self, count: usize, are_own: bool) {
        self.count = (self.count + count).min(RING_BATCH);
        self.are_own &= are_own;
        self.bytes = None;
    }

    /// Says that the last `count` packets came by `port`; how many bytes they have.
    #[inline(always)]
    pub(super) fn last_come_by(&mut self, count: usize, port: u16) -> u64 {
        let first = self.count.saturating_sub(count);
        let last = self.bills.get_mut(first..self.count).unwrap_or_default();
        if !Waybill::has_room_for(port) {
            return tell_headers(self.home, last, self.are_own, port);
        }
        let bytes = Waybill::bytes_of(last, self.home);
        last.iter_mut().for_each(|bill| *bill = bill.moved_to(port));
        self.bytes = (first == 0).then_some(bytes);
        bytes
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

    /// Fills what room there is with fresh packets of one mbuf each, or with none; how many.
    #[inline]
    pub(crate) fn fill_fresh(&mut self, fresh: Fresh) -> Result<usize, PoolEmpty> {
        let (home, asked) = (self.home, self.room());
        let mut places = [0; RING_BATCH];
        let places = places.get_mut(..asked).unwrap_or_default();
        if !home.take(places) {
            return Err(PoolEmpty { asked });
        }
        let (window, words) = (home.group().window(), home.fresh_words(fresh));
        let (bill, mut numbers) = (words.bill(), home.own_numbers().in_turn());
        for (slot, at) in self.room_for_more().iter_mut().zip(&*places) {
            let found = numbers.of(*at).and_then(|_| header(window, *at));
            let Some(header) = found else {
                // Where none of the pool's mbufs lies nothing is written: a peer left that place.
                return Err(home.put_sound(places));
            };
            home.reset(*at, header, words);
            *slot = bill.at(*at);
        }
        let is_all = self.is_empty();
        self.grow(asked, true);
        self.bytes = is_all.then_some(asked as u64 * words.bytes());
        Ok(asked)
    }
}

/// Writes `port` into the headers of packets whose bills have no room for it; how many bytes they have.
#[cold]
#[inline(never)]
fn tell_headers(home: &MbufHome<'_>, bills: &mut [Waybill], are_own: bool, port: u16) -> u64 {
    let bytes = Waybill::bytes_of(bills, home);
    for bill in bills {
        if let Some(header) = first_of(home, *bill, are_own) {
            let mut packet = opened(home, header, *bill);
            packet.set_port(Some(port));
            *bill = packet.into_bill();
        }
    }
    bytes
}
