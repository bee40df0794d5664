//! `Waybill`: what a ring says of a packet, so that who passes it on need not look at it.
//!
//! An mbuf's place leaves thirty bits of a word free. They tell what a forwarder would read in the header:
//! how long the packet is, which port it came by, and whether it is one segment that nobody shares.
//! Who puts a packet in has its header at hand; who takes it out would fetch that line from another
//! processor. While a packet lies in a ring or goes from one to the next nobody changes it, so
//! the word stays true. It may even be all that there is: of a fresh packet that nobody has looked at, the header
//! is not written before somebody does.
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

/// The header says nothing yet: a fresh packet, of this word's length and port. Whoever opens it writes it.
const BLANK: u64 = 1 << 2;

/// The bits of a place: mbufs lie at multiples of 64 bytes in a window of 1 TiB.
const PLACE: u64 = (1 << 40) - 64;

const _: () = assert!(window::LEN as u64 - 64 == PLACE, "every place of the window fits a waybill");

/// The length stands in the header: said once more, so that of many words one look tells.
pub(super) const LONG: u64 = 1 << 3;

const PORT_SHIFT: u32 = 40;
const LEN_SHIFT: u32 = 48;

/// The port, or that there is none, stands in the header.
const PORT_IN_HEADER: u64 = 0xff;

/// The length stands in the header.
const LEN_IN_HEADER: u64 = 0xffff;

/// What a waybill says that its packet's header does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing.
    None,
    /// By which port it came.
    Port(u16),
    /// Everything: it is a fresh packet.
    All {
        /// Bytes of data.
        len: u16,
        /// The port that it came by.
        port: u16,
    },
}

impl Waybill {
    /// Nothing.
    pub(super) const NONE: Self = Self { says: 0 };

    /// Of the packet whose first segment's header is `first`, at `at`. Reads the header's first line.
    #[inline(always)]
    pub(super) fn of(at: u64, first: &MbufHeader) -> Self {
        let said = Self::said(u64::from(first.packet_len.get()), Span::of(first).port);
        Self { says: said | at & PLACE | u64::from(is_plain(first)) }
    }

    /// Of a packet of one fresh mbuf, wherever it lies, whose header nobody has written. `None` if the word
    /// has no room for what that would say.
    #[inline(always)]
    pub(super) fn blank(len: u16, port: u16) -> Option<Self> {
        let has_room = u64::from(len) < LEN_IN_HEADER && Self::has_room_for(port);
        has_room.then(|| Self { says: Self::said(u64::from(len), port) | PLAIN | BLANK })
    }

    /// The same, of less than 65,535 bytes, by no port: what only a bundle in which it was built can tell from a word
    /// whose header has to say it.
    #[inline(always)]
    pub(super) fn built(len: u16) -> Self {
        Self { says: Self::said(u64::from(len), PORT_NONE) | PLAIN | BLANK }
    }

    /// The same packet, of `len` bytes instead of none, which are less than 65,535.
    #[inline(always)]
    pub(super) const fn of_bytes(self, len: u16) -> Self {
        Self { says: self.says | (len as u64) << LEN_SHIFT }
    }

    /// The same, and its header is written.
    #[inline(always)]
    pub(super) fn fresh(len: u16, port: u16) -> Self {
        Self { says: Self::said(u64::from(len), port) | PLAIN }
    }

    /// Of the packet at `at`, of which nothing is known.
    #[inline]
    pub(super) const fn bare(at: u64) -> Self {
        Self { says: Self::said(LEN_IN_HEADER, PORT_NONE) | at & PLACE }
    }

    #[inline(always)]
    const fn said(len: u64, port: u16) -> u64 {
        let port = port as u64;
        if len >= LEN_IN_HEADER {
            return LEN_IN_HEADER << LEN_SHIFT | Self::said(0, port as u16) | LONG;
        }
        let port = if port < PORT_IN_HEADER { port } else { PORT_IN_HEADER };
        len << LEN_SHIFT | port << PORT_SHIFT
    }

    /// The same, of the packet at `at`.
    #[inline(always)]
    pub(super) const fn at(self, at: u64) -> Self {
        Self { says: self.says & !PLACE | at & PLACE }
    }

    /// Where a packet lies of which a ring says `word`; a bare place is itself.
    #[inline]
    pub(crate) const fn place_in(word: u64) -> u64 {
        word & PLACE
    }

    /// Where its first segment lies: bytes from the window's start.
    #[inline(always)]
    pub(super) const fn place(self) -> u64 {
        self.says & PLACE
    }

    /// Whether it is one segment with a buffer of its own that nobody else refers to.
    #[inline(always)]
    pub(super) const fn is_plain(self) -> bool {
        self.says & PLAIN != 0
    }

    /// Whether a port may stand in a waybill.
    #[inline]
    pub(super) const fn has_room_for(port: u16) -> bool {
        (port as u64) < PORT_IN_HEADER
    }

    /// The same packet, which came by `port`, which there is room for; its header is not told.
    #[inline(always)]
    pub(super) const fn moved_to(self, port: u16) -> Self {
        let rest = self.says & !(PORT_IN_HEADER << PORT_SHIFT);
        Self { says: rest | (port as u64 & PORT_IN_HEADER) << PORT_SHIFT | MOVED }
    }

    /// What is to be written into the header before anybody reads it there.
    #[inline(always)]
    pub(super) const fn news(self) -> News {
        match self.says & (MOVED | BLANK) {
            0 => News::None,
            MOVED => News::Port(self.port_byte() as u16),
            _ => {
                let port = match self.port_byte() {
                    // Its header says nothing yet: it came by none.
                    PORT_IN_HEADER => PORT_NONE,
                    port => port as u16,
                };
                News::All { len: (self.says >> LEN_SHIFT) as u16, port }
            }
        }
    }

    /// Bytes of data, if its header says nothing yet.
    #[inline(always)]
    pub(super) const fn blank_len(self) -> Option<u16> {
        if self.says & BLANK == 0 { None } else { Some((self.says >> LEN_SHIFT) as u16) }
    }

    /// As rows of objects are looked for: its place where that stands, bit 0 set if it is not plain, and [`LONG`].
    #[inline(always)]
    pub(super) const fn row_word(self) -> u64 {
        self.says ^ PLAIN
    }

    /// Bytes of data, where the header does not have to be asked.
    #[inline(always)]
    pub(super) const fn bytes(self) -> u64 {
        self.says >> LEN_SHIFT
    }

    /// The port that it came by or goes to; the header is looked at only if that has to say it.
    #[inline(always)]
    pub(super) fn port(self, home: &MbufHome<'_>) -> Option<u16> {
        match self.port_byte() {
            PORT_IN_HEADER if self.blank_len().is_some() => None,
            PORT_IN_HEADER => self.port_by_header(home),
            port => Some(port as u16),
        }
    }

    /// Bytes of data in all segments; looked up as the port is.
    #[inline(always)]
    pub(super) fn len(self, home: &MbufHome<'_>) -> u32 {
        match self.says >> LEN_SHIFT {
            LEN_IN_HEADER => self.len_by_header(home),
            len => len as u32,
        }
    }

    #[inline(always)]
    const fn port_byte(self) -> u64 {
        self.says >> PORT_SHIFT & PORT_IN_HEADER
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

    /// Whether all are plain.
    #[inline(always)]
    pub(super) fn are_plain(bills: &[Self]) -> bool {
        bills.iter().fold(PLAIN, |all, bill| all & bill.says) != 0
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
                assert_eq!((bill.place(), bill.is_plain(), bill.news()), (at, true, News::None));
                assert_eq!((bill.row_word() & PLACE, bill.row_word() & 1), (at, 0));
                assert_eq!((bill.says >> LEN_SHIFT, bill.port_byte()), (len.into(), port.into()));
                let moved = bill.moved_to(9);
                assert_eq!((moved.place(), moved.news()), (at, News::Port(9)));
                assert_eq!(moved.says >> LEN_SHIFT, len.into());
                assert!(moved.is_plain());
            }
        }
    }

    #[test]
    fn what_has_no_room_is_left_to_the_header() {
        let bill = Waybill::fresh(u16::MAX, PORT_NONE);
        assert_eq!((bill.says >> LEN_SHIFT, bill.port_byte()), (LEN_IN_HEADER, PORT_IN_HEADER));
        assert_eq!(Waybill::said(1 << 40, 300), bill.says & !PLAIN);
        assert_ne!(bill.says & LONG, 0);
        assert!(Waybill::has_room_for(254) && !Waybill::has_room_for(255));
        assert!(!Waybill::bare(64).is_plain());
        assert_eq!(Waybill::bare(64).row_word() & (PLACE | 1), 64 | 1);
    }

    #[test]
    fn a_blank_packet_says_all_that_its_header_would() {
        let bill = Waybill::blank(60, 7).unwrap().at(4096);
        assert_eq!(bill.news(), News::All { len: 60, port: 7 });
        assert_eq!(bill.moved_to(9).news(), News::All { len: 60, port: 9 });
        assert_eq!((bill.place(), bill.is_plain()), (4096, true));
        assert_eq!(Waybill::blank(u16::MAX, 7), None);
        assert_eq!(Waybill::blank(60, 255), None);
        assert_eq!(Waybill::blank(60, PORT_NONE), None);
    }

    #[test]
    fn a_bare_place_is_its_own_and_any_word_has_one() {
        assert_eq!(Waybill::place_in(WINDOW_LAST), WINDOW_LAST);
        for word in [0, u64::MAX, 63, 1 << 40] {
            assert!(Waybill::place_in(word) <= WINDOW_LAST);
        }
    }
}
