//! Mbufs that lie with a device and come back from it, many at a time.
//!
//! What is given to a device to be filled is *blank*: an mbuf of the giver's own pool, as it lay there, whose
//! header nobody writes before the packet has come and is looked at. What is given to be sent (`plain.rs`) is *plain*,
//! mostly: one segment of the sender's own pool that nobody shares. Either is worked out by its place; whatever else
//! it may be goes the long way.

use super::bundle::Bundle;
use super::consumer::own_all;
use super::fresh::Fresh;
use super::home::MbufHome;
use super::layout::{HEADROOM, Waybill};
use super::link::{Link, header};
use super::mbuf::Mbuf;
use super::origin::{Origin, first_of};
use super::tally::Tally;
use super::waybill::is_plain;

/// Where the data of blank mbufs lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlankRoom {
    /// Bytes from an mbuf's place to the end of its headroom.
    pub(crate) before: u64,
    /// Bytes of the headroom.
    pub(crate) headroom: u16,
    /// Bytes behind it.
    pub(crate) len: u16,
}

impl<'h> MbufHome<'h> {
    /// Where the data of this home's blank mbufs lie.
    #[inline]
    pub(crate) fn blank_room(&self) -> BlankRoom {
        let room = self.pool().data_room();
        let headroom = HEADROOM.min(room);
        let before = self.own_buffer(0) + u64::from(headroom);
        BlankRoom { before, headroom, len: room - headroom }
    }

    /// Fills the beginning of `to` with the places of blank mbufs, as many as there are; how many. What a peer
    /// left that is none is left out, and counted as a stray.
    #[inline]
    pub(crate) fn take_blank(&self, to: &mut [u64]) -> usize {
        if self.take(to) {
            if self.are_own(to) {
                return to.len();
            }
            let _none = self.put_sound(to);
        }
        self.take_blank_singly(to)
    }

    #[cold]
    #[inline(never)]
    fn take_blank_singly(&self, to: &mut [u64]) -> usize {
        let mut filled = 0;
        while let Some(place) = to.get_mut(filled..=filled)
            && self.take(place)
        {
            match self.are_own(place) {
                true => filled += 1,
                false => {
                    let _none = self.put_sound(place);
                    break;
                }
            }
        }
        filled
    }

    /// Puts blank mbufs back.
    #[inline]
    pub(crate) fn put_blank(&self, places: &[u64]) {
        if !places.is_empty() {
            self.put_own(places);
        }
    }
}

/// Mbufs that a device has given back and that are this process's from now on: their tags say so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Landed<'h> {
    home: &'h MbufHome<'h>,
    origin: Origin,
}

impl<'h> Landed<'h> {
    /// Tags blank mbufs, or plain packets, at `places`; those, of other pools perhaps, that another claimant has posted
    /// too.
    #[inline(always)]
    pub(crate) fn blank(home: &'h MbufHome<'h>, places: &[u64]) -> Self {
        let Some(first) = places.first() else { return Self { home, origin: Origin::Own } };
        // Places only, in which no other bit is set: a queue's entries have no room for more.
        match home.tagger().tag_row(*first, places.iter().copied()) {
            Some(_) => Self { home, origin: Origin::Own },
            None => Self::blank_in_no_row(home, places),
        }
    }

    #[inline(never)]
    fn blank_in_no_row(home: &'h MbufHome<'h>, places: &[u64]) -> Self {
        let (tagger, mut origin, mut rest) = (home.tagger(), Origin::Own, places);
        while let Some((first, others)) = rest.split_first() {
            // Mostly few runs.
            rest = match tagger.tag_run(rest) {
                Some(count) => rest.get(count..).unwrap_or_default(),
                None => {
                    if !tagger.tag(*first) {
                        own_all(home, *first);
                        origin = Origin::Any;
                    }
                    others
                }
            };
            crash_point!("device queue: a packet is tagged");
        }
        Self { home, origin }
    }

    /// Tags all segments of the packets at `places`.
    #[inline(always)]
    pub(crate) fn packets(home: &'h MbufHome<'h>, places: &[u64]) -> Self {
        let landed = Self::blank(home, places);
        if landed.origin == Origin::Own {
            let window = home.group().window();
            let is_alone = |at| header(window, at).is_some_and(|it| Link::of(it) == Link::ALONE);
            // As a rule none has a second.
            for at in places.iter().filter(|at| !is_alone(**at)) {
                own_all(home, *at);
            }
            return landed;
        }
        places.iter().for_each(|at| own_all(home, *at));
        landed
    }

    /// The packet of `len` bytes in the blank mbuf at `at`, one of those that were tagged. `None` if that is no mbuf
    /// of any pool, which is counted as a stray, or has no room for them, which frees it.
    #[inline(always)]
    pub(crate) fn open(&self, at: u64, len: u16, port: u16) -> Option<Mbuf<'h>> {
        let (home, fresh) = (self.home, Fresh { len, port });
        let header = first_of(home, Waybill::bare(at), self.origin)?;
        match self.origin {
            Origin::Own => home.reset(at, header, home.fresh_words(fresh)),
            Origin::Any => home.freshen(at, header, fresh),
        }
        let packet = Mbuf::new(home, header);
        (packet.data_len() == len).then_some(packet)
    }

    /// Adds `packets` to a bundle that has room for them: blank mbufs that were tagged, and how many bytes each has, no
    /// more than `longest`. What those are worth that are packets; others go as [`open`](Self::open) says.
    #[inline(always)]
    pub(crate) fn add_to(
        &self,
        to: &mut Bundle<'h>,
        (port, longest): (u16, u16),
        packets: impl Iterator<Item = (u64, u16)>,
    ) -> Tally {
        let is_told = self.origin == Origin::Own && self.home.blank_room().len >= longest;
        let Some(bill) = Waybill::blank(0, port).filter(|_| is_told) else {
            return self.open_into(to, port, packets);
        };
        let mut tally = Tally::default();
        for (slot, (at, len)) in to.room_for_more().iter_mut().zip(packets) {
            *slot = bill.at(at).of_bytes(len);
            tally.bytes += u64::from(len);
            tally.packets += 1;
        }
        to.grow(tally.packets, Origin::Own);
        to.last_have(tally.packets, tally.bytes);
        tally
    }

    #[inline(never)]
    fn open_into(
        &self,
        to: &mut Bundle<'h>,
        port: u16,
        packets: impl Iterator<Item = (u64, u16)>,
    ) -> Tally {
        let mut tally = Tally::default();
        for packet in packets.filter_map(|(at, len)| self.open(at, len, port)) {
            tally.bytes += u64::from(packet.len());
            tally.packets += 1;
            // There is room.
            drop(to.add(packet));
        }
        tally
    }

    /// As [`free`](Self::free), of plain packets: no header is read of this home's own.
    #[inline]
    pub(crate) fn free_plain(&self, places: &[u64]) {
        if self.origin == Origin::Own {
            self.home.put_blank(places);
        } else {
            self.free_each(places);
        }
    }

    /// Frees the packets at `places`, those that were tagged.
    #[inline]
    pub(crate) fn free(&self, places: &[u64]) {
        let (home, window) = (self.home, self.home.group().window());
        let is_plain = |at: &u64| header(window, *at).is_some_and(is_plain);
        if self.origin == Origin::Own && places.iter().all(is_plain) {
            home.put_blank(places);
        } else {
            self.free_each(places);
        }
    }

    #[cold]
    #[inline(never)]
    fn free_each(&self, places: &[u64]) {
        let found = |at: &u64| first_of(self.home, Waybill::bare(*at), self.origin);
        let packets = places.iter().filter_map(found);
        self.home.free_bulk(packets.map(|header| Mbuf::new(self.home, header)));
    }
}
