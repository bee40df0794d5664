//! Plain packets that are given to a device: one segment of the sender's own pool each, that nobody shares.
//!
//! Where their data lie is worked out by their places, and what they have in common once for a burst. Of one that was
//! not looked at since it came or was built, no header is read.

use super::bundle::Bundle;
use super::device::Piece;
use super::home::MbufHome;
use super::layout::{MbufHeader, Waybill};
use super::link::header;
use super::mbuf::Mbuf;
use super::origin::Origin;
use super::posted::BlankRoom;
use super::span::Span;
use super::waybill::is_plain;
use crate::mempool::Numbers;
use crate::offset::Offset;
use crate::sync::Word32;

/// Finds where the data of plain packets of one home lie: what they have in common is worked out once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<'h> {
    home: &'h MbufHome<'h>,
    numbers: Numbers<'h>,
    /// Bytes from an mbuf's place to its buffer.
    before: u64,
    /// Bytes of a buffer.
    room: u16,
    /// The same of blank ones.
    blank: BlankRoom,
}

impl<'h> Plain<'h> {
    #[inline(always)]
    pub(crate) fn of(home: &'h MbufHome<'h>) -> Self {
        let (numbers, blank) = (home.own_numbers(), home.blank_room());
        Self { home, numbers, before: home.own_buffer(0), room: blank.headroom + blank.len, blank }
    }

    /// Where the data of `packet` lie, and `before` bytes in front of them, a multiple of 4, which are zeroed; `None`
    /// if it is not plain, its header says what cannot be, there is no headroom for them, or they do not start at a
    /// multiple of 4.
    #[inline(always)]
    pub(crate) fn piece(&self, packet: &Mbuf<'_>, before: u16) -> Option<Piece> {
        let at = packet.at();
        let is_own = core::ptr::eq(packet.home, self.home) && self.numbers.of(at).is_some();
        let data = self.data_of(at, packet.header).filter(|_| is_own)?;
        self.behind_zeros(at, data, before)
    }

    /// The place of each packet of `bundle`, which [`are_told`](Self::are_told), and the same of it.
    #[inline(always)]
    pub(crate) fn pieces(
        &self,
        bundle: &Bundle<'_>,
        before: u16,
    ) -> impl Iterator<Item = (u64, Option<Piece>)> {
        bundle.bills().iter().map(move |bill| {
            let at = bill.place();
            let data = match bill.blank_len() {
                Some(len) => (len <= self.blank.len).then_some((self.blank.headroom, len)),
                None => header(self.home.group().window(), at).and_then(|it| self.data_of(at, it)),
            };
            (at, data.and_then(|data| self.behind_zeros(at, data, before)))
        })
    }

    /// Whether all packets of `bundle` are plain ones of this home's own pool, as their words say.
    #[inline(always)]
    pub(crate) fn are_told(&self, bundle: &Bundle<'_>) -> bool {
        let is_own = bundle.origin() == Origin::Own && core::ptr::eq(bundle.home(), self.home);
        is_own && Waybill::are_plain(bundle.bills())
    }

    /// From where in its buffer on the data of the plain mbuf at `at` lie, and their bytes.
    #[inline(always)]
    fn data_of(&self, at: u64, header: &MbufHeader) -> Option<(u16, u16)> {
        let span = Span::of(header);
        let is_own = is_plain(header) && header.buf.get() == at + self.before;
        let is_sound = span.is_sound() && span.room <= self.room;
        (is_own && is_sound).then_some((span.offset, span.len))
    }

    #[inline(always)]
    fn behind_zeros(&self, at: u64, (offset, len): (u16, u16), before: u16) -> Option<Piece> {
        let at = Offset::<u8>::new(at + self.before + u64::from(offset));
        if before == 0 {
            return Some(Piece { at, len });
        }
        let is_there = offset >= before && at.get().is_multiple_of(4);
        let at = at.get().checked_sub(before.into()).filter(|_| is_there).map(Offset::<u8>::new)?;
        let words = self.home.group().window().slice::<Word32>(at.cast(), usize::from(before / 4));
        // Its own, which nobody shares.
        words?.iter().for_each(|word| word.set(0));
        Some(Piece { at, len: len.checked_add(before)? })
    }
}
