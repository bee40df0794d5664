//! What a device is told of an mbuf: where its bytes lie.

use super::data::place;
use super::home::MbufHome;
use super::mbuf::{Mbuf, is_shared};
use super::span::Span;
use crate::offset::Offset;

/// Bytes of the window that lie in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The first.
    pub(crate) at: Offset<u8>,
    /// How many.
    pub(crate) len: u16,
}

impl<'h> Mbuf<'h> {
    /// Where it comes from and goes back to.
    #[inline(always)]
    pub(crate) fn home(&self) -> &'h MbufHome<'h> {
        self.home
    }

    /// Where a device may write a packet: behind the headroom, to the end of the first segment's buffer.
    /// `None` if others share that, or something has written over the header.
    #[inline]
    pub(crate) fn room(&self) -> Option<Piece> {
        self.room_behind(0)
    }

    /// The same, and so many bytes of the headroom before it.
    #[inline]
    pub(crate) fn room_behind(&self, before: u16) -> Option<Piece> {
        let span = Span::of(self.header);
        let span = Span { len: 0, offset: span.offset.checked_sub(before)?, ..span };
        let len = span.tailroom();
        let at = place(self.home, self.header, span.offset, len)?;
        (!is_shared(self.home, self.header)).then_some(Piece { at, len })
    }

    /// Where the data of each segment lie, in order; `None` of one whose header says what cannot be.
    #[inline]
    pub(crate) fn pieces_for_device(&self) -> impl Iterator<Item = Option<Piece>> + use<'h> {
        let home = self.home;
        self.walk().map(move |(_, header)| {
            let Span { offset, len, .. } = Span::of(header);
            Some(Piece { at: place(home, header, offset, len)?, len })
        })
    }
}
