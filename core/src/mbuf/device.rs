//! What a device is told of an mbuf: where its bytes lie.

use super::data::place;
use super::home::MbufHome;
use super::mbuf::Mbuf;
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

    /// Where the data of each segment lie, in order; `None` of one whose header says what cannot be.
    #[inline]
    pub(crate) fn pieces_for_device(&self) -> impl Iterator<Item = Option<Piece>> + use<'h> {
        let home = self.home;
        self.walk().map(move |(_, header)| {
            let span = Span::of(header);
            Some(Piece { at: place(home, header, span)?, len: span.len })
        })
    }
}
