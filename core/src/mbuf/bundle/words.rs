//! What the words of a bundle say, as packets come into it and go.

use super::super::fill::{tell_built, tell_headers};
use super::super::layout::Waybill;
use super::super::origin::Origin;
use super::super::ring::RING_BATCH;
use super::super::tally::Tally;
use super::{Bundle, NO_PORT, UNTOLD};

impl Bundle<'_> {
    /// What is known of where all lie.
    #[inline(always)]
    pub(in crate::mbuf) fn origin(&self) -> Origin {
        self.origin
    }

    /// What a ring says of its packets; by which port they came, after [`settle`](Self::settle).
    #[inline(always)]
    pub(in crate::mbuf) fn bills(&self) -> &[Waybill] {
        self.bills.get(..self.count).unwrap_or_default()
    }

    /// The bytes of the packets from the one of number `first` on, by their headers.
    #[cold]
    pub(in crate::mbuf) fn look_up_from(&self, first: usize) -> u64 {
        Waybill::look_up(self.bills().get(first..).unwrap_or_default(), self.home)
    }

    /// Where more packets may be written, before [`grow`](Self::grow) says how many were.
    #[inline(always)]
    pub(in crate::mbuf) fn room_for_more(&mut self) -> &mut [Waybill] {
        self.bills.get_mut(self.count..).unwrap_or_default()
    }

    /// Has each packet's word say by which port it came.
    #[inline(always)]
    pub(in crate::mbuf) fn settle(&mut self) {
        if self.port == UNTOLD {
            self.write_headers();
        } else if self.port != NO_PORT {
            let (port, all) = (self.port as u16, self.bills.iter_mut().take(self.count));
            all.for_each(|bill| *bill = bill.moved_to(port));
        }
        self.port = NO_PORT;
    }

    #[inline(never)]
    fn write_headers(&mut self) {
        let all = self.bills.get_mut(..self.count).unwrap_or_default();
        tell_built(self.home, all, self.origin);
    }

    /// Says that what was there is somebody else's.
    #[inline(always)]
    pub(super) fn empty(&mut self) {
        (self.count, self.origin, self.bytes, self.port) = (0, Origin::Own, None, NO_PORT);
    }

    /// Says that `count` packets more are there, and what is known of where they lie.
    #[inline(always)]
    pub(in crate::mbuf) fn grow(&mut self, count: usize, origin: Origin) {
        self.settle();
        self.count = (self.count + count).min(RING_BATCH);
        self.origin = self.origin.and(origin);
        self.bytes = None;
    }

    /// Says that the last `count` packets, of so many bytes, were built here.
    #[inline(always)]
    pub(in crate::mbuf) fn last_are_built(&mut self, count: usize, bytes: u64) {
        self.last_have(count, bytes);
        self.port = UNTOLD;
    }

    /// Says that the last `count` packets have so many bytes.
    #[inline(always)]
    pub(in crate::mbuf) fn last_have(&mut self, count: usize, bytes: u64) {
        self.bytes = (count == self.count).then_some(bytes);
    }

    /// Says that the last `count` packets, of `bytes`, came by `port`. If those are all, no word is written before
    /// somebody asks.
    #[inline(always)]
    pub(in crate::mbuf) fn last_come_by(&mut self, count: usize, bytes: u64, port: u16) {
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
    pub(crate) fn went(&mut self, count: usize, all: Tally) -> Tally {
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
