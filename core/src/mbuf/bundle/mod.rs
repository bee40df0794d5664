//! `Bundle`: packets in a process's hands that it has not looked at.
//!
//! Who only passes packets on moves words: where each lies, how long it is, by which port it came. No
//! header of a plain packet is read or written, so that its line stays with the processor that has it. It is
//! of what has several segments or is shared, of 65,535 bytes and more, and of a port that a word has no
//! room for. Each packet bears its holder's tag, as any that was taken out of a ring.

mod words;

use core::fmt;
use core::marker::PhantomData;

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

/// Words of blank packets that say no port mean that there is none: of packets that were built here. Nobody else
/// reads them so.
const UNTOLD: usize = usize::MAX - 1;

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

    /// Adds all `packets`, which are of its home and for which it has room.
    #[inline]
    pub(crate) fn add_all(&mut self, packets: &mut [Option<Mbuf<'h>>]) {
        for packet in packets.iter_mut().filter_map(Option::take) {
            // What did not fit would be freed.
            drop(self.add(packet));
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
}
