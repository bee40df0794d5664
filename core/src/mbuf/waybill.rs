//! `Waybill`: what a ring says of a packet, so that who passes it on need not look at it.
//!
//! An mbuf's place leaves thirty bits of a word free. They tell what a forwarder would read in the header:
//! how long the packet is, which port it came by, and whether it is one segment that nobody shares.
//! Who puts a packet in has its header at hand; who takes it out would fetch that line from another
//! processor. While a packet lies in a ring or goes from one to the next nobody changes it, so
//! the word stays true.
//!
//! A word of a peer's may say anything. What it says of the packet is believed as far as its header would
//! be: a lie costs counts that are wrong, and mbufs, never memory. That an mbuf lies at its place
//! is asked like ever.

use super::flags;
use super::home::MbufHome;
use super::layout::{MbufHeader, PORT_NONE, Waybill};
use super::link::Link;
use super::refs::Refs;
use super::span::Span;
use crate::window;

/// One segment, with a buffer of its own that nobody else refers to: it can go back to its pool as it is.
const PLAIN: u64 = 1;

/// The port is this word's, and the header does not say it yet.
const MOVED: u64 = 1 << 1;

/// The bits of a place: mbufs lie at multiples of 64 bytes in a window of 1 TiB.
const PLACE: u64 = (1 << 40) - 64;

const _: () = assert!(window::LEN as u64 - 64 == PLACE, "every place of the window fits a waybill");

const PORT_SHIFT: u32 = 40;
const LEN_SHIFT: u32 = 48;

/// The port, or that there is none, stands in the header.
const PORT_IN_HEADER: u64 = 0xff;

/// The length stands in the header.
const LEN_IN_HEADER: u64 = 0xffff;

impl Waybill {
    /// Nothing.
    pub(super) const NONE: Self = Self { word: 0 };

    /// Of the packet whose first segment's header is `first`, at `at`. Reads the header's first line.
    #[inline(always)]
    pub(super) fn of(at: u64, first: &MbufHeader) -> Self {
        let said = Self::said(u64::from(first.packet_len.get()), Span::of(first).port);
        Self { word: said | at & PLACE | u64::from(is_plain(first)) }
    }

    /// Of a packet of one fresh mbuf, wherever it lies.
    #[inline(always)]
    pub(super) fn fresh(len: u16, port: u16) -> Self {
        Self { word: Self::said(u64::from(len), port) | PLAIN }
    }

    /// Of the packet at `at`, of which nothing is known.
    #[inline]
    pub(super) const fn bare(at: u64) -> Self {
        Self { word: Self::said(LEN_IN_HEADER, PORT_NONE) | at & PLACE }
    }

    #[inline(always)]
    const fn said(len: u64, port: u16) -> u64 {
        let port = port as u64;
        let len = if len < LEN_IN_HEADER { len } else { LEN_IN_HEADER };
        let port = if port < PORT_IN_HEADER { port } else { PORT_IN_HEADER };
        len << LEN_SHIFT | port << PORT_SHIFT
    }

    /// The same, of the packet at `at`.
    #[inline(always)]
    pub(super) const fn at(self, at: u64) -> Self {
        Self { word: self.word & !PLACE | at & PLACE }
    }

    /// Where a packet lies of which a ring says `word`; a bare place is itself.
    #[inline]
    pub(crate) const fn place_in(word: u64) -> u64 {
        word & PLACE
    }

    /// Where its first segment lies: bytes from the window's start.
    #[inline(always)]
    pub(super) const fn place(self) -> u64 {
        self.word & PLACE
    }

    /// Whether it is one segment with a buffer of its own that nobody else refers to.
    #[inline(always)]
    pub(super) const fn is_plain(self) -> bool {
        self.word & PLAIN != 0
    }

    /// Whether a port may stand in a waybill.
    #[inline]
    pub(super) const fn has_room_for(port: u16) -> bool {
        (port as u64) < PORT_IN_HEADER
    }

    /// The same packet, which came by `port`, which there is room for; its header is not told.
    #[inline(always)]
    pub(super) const fn moved_to(self, port: u16) -> Self {
        let rest = self.word & !(PORT_IN_HEADER << PORT_SHIFT);
        Self { word: rest | (port as u64 & PORT_IN_HEADER) << PORT_SHIFT | MOVED }
    }

    /// The port that is to be written into the header before anybody reads it there.
    #[inline(always)]
    pub(super) const fn news(self) -> Option<u16> {
        if self.word & MOVED != 0 { Some(self.port_byte() as u16) } else { None }
    }

    /// The port that it came by or goes to; the header is looked at only if that has to say it.
    #[inline(always)]
    pub(super) fn port(self, home: &MbufHome<'_>) -> Option<u16> {
        match self.port_byte() {
            PORT_IN_HEADER => self.port_by_header(home),
            port => Some(port as u16),
        }
    }

    /// Bytes of data in all segments; looked up as the port is.
    #[inline(always)]
    pub(super) fn len(self, home: &MbufHome<'_>) -> u32 {
        match self.word >> LEN_SHIFT {
            LEN_IN_HEADER => self.len_by_header(home),
            len => len as u32,
        }
    }

    #[inline(always)]
    const fn port_byte(self) -> u64 {
        self.word >> PORT_SHIFT & PORT_IN_HEADER
    }

    #[cold]
    fn port_by_header(self, home: &MbufHome<'_>) -> Option<u16> {
        let port = Span::of(home.mbuf(self.place())?).port;
        Some(port).filter(|port| *port != PORT_NONE)
    }

    #[cold]
    fn len_by_header(self, home: &MbufHome<'_>) -> u32 {
        home.mbuf(self.place()).map_or(0, |first| first.packet_len.get())
    }

    /// The bytes of all packets of `bills`: their words say it, but for the longest.
    #[inline(always)]
    pub(super) fn bytes_of(bills: &[Self], home: &MbufHome<'_>) -> u64 {
        let (mut bytes, mut beyond) = (0, 0);
        for bill in bills {
            let len = bill.word >> LEN_SHIFT;
            bytes += len;
            // Of one that stands in the header, and of no other, a bit more.
            beyond |= len + 1;
        }
        if beyond > LEN_IN_HEADER { Self::look_up(bills, home) } else { bytes }
    }

    #[cold]
    fn look_up(bills: &[Self], home: &MbufHome<'_>) -> u64 {
        bills.iter().map(|bill| u64::from(bill.len(home))).sum()
    }

    /// Whether all are plain.
    #[inline(always)]
    pub(super) fn are_plain(bills: &[Self]) -> bool {
        bills.iter().fold(PLAIN, |all, bill| all & bill.word) != 0
    }
}

/// Whether nothing has to be done to a packet before it goes back, and it is one segment: one look at its
/// header's first line.
#[inline(always)]
pub(super) fn is_plain(first: &MbufHeader) -> bool {
    let is_own = first.flags.get() & flags::OWN == 0;
    let is_sole = Refs::from_word(first.refs.observe()).is_sole();
    is_own & is_sole & (Link::of(first) == Link::ALONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW_LAST: u64 = window::LEN as u64 - 64;

    #[test]
    fn a_word_says_what_was_put_into_it() {
        for at in [64, 4096, WINDOW_LAST] {
            for (len, port) in [(0, 0), (60, 7), (0xfffe, 0xfe)] {
                let bill = Waybill::fresh(len, port).at(at);
                assert_eq!((bill.place(), bill.is_plain(), bill.news()), (at, true, None));
                assert_eq!((bill.word >> LEN_SHIFT, bill.port_byte()), (len.into(), port.into()));
                let moved = bill.moved_to(9);
                assert_eq!((moved.place(), moved.news()), (at, Some(9)));
                assert_eq!(moved.word >> LEN_SHIFT, len.into());
                assert!(moved.is_plain());
            }
        }
    }

    #[test]
    fn what_has_no_room_is_left_to_the_header() {
        let bill = Waybill::fresh(u16::MAX, PORT_NONE);
        assert_eq!((bill.word >> LEN_SHIFT, bill.port_byte()), (LEN_IN_HEADER, PORT_IN_HEADER));
        assert_eq!(Waybill::said(1 << 40, 300), bill.word & !PLAIN);
        assert!(Waybill::has_room_for(254) && !Waybill::has_room_for(255));
        assert!(!Waybill::bare(64).is_plain());
    }

    #[test]
    fn a_bare_place_is_its_own_and_any_word_has_one() {
        assert_eq!(Waybill::place_in(WINDOW_LAST), WINDOW_LAST);
        for word in [0, u64::MAX, 63, 1 << 40] {
            assert!(Waybill::place_in(word) <= WINDOW_LAST);
        }
    }
}
