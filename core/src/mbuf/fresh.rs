//! What a fresh packet says, and its header: one line, which is what a driver writes anyway.

use super::data::Buffer;
use super::home::MbufHome;
use super::layout::{HEADROOM, MbufHeader, PORT_NONE, Waybill};
use super::link::Link;
use super::span::Span;

/// What a fresh packet says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    /// Bytes of data, as the last holder left them: at most what fits behind the headroom.
    pub(crate) len: u16,
    /// The port that it comes by.
    pub(crate) port: u16,
}

impl Fresh {
    /// No data, no port.
    pub(super) const EMPTY: Self = Self { len: 0, port: PORT_NONE };
}

/// The same, worked out for the mbufs of one home.
#[derive(Clone, Copy, Debug)]
pub(super) struct FreshWords {
    /// Bytes from a header to its buffer.
    before: u64,
    span: Span,
}

impl FreshWords {
    /// Of mbufs whose buffers of `room` bytes lie `before` bytes from their headers.
    #[inline]
    fn of(before: u64, room: u16, Fresh { len, port }: Fresh) -> Self {
        let offset = HEADROOM.min(room);
        let len = len.min(room - offset);
        Self { before, span: Span { offset, len, room, port } }
    }

    /// What a ring says of such a packet, wherever it lies, before its header is written; `None` if that has
    /// to say it.
    #[inline(always)]
    pub(super) fn blank(self) -> Option<Waybill> {
        Waybill::blank(self.span.len, self.span.port)
    }

    /// What a ring says of it once its header is written.
    #[inline(always)]
    pub(super) fn bill(self) -> Waybill {
        Waybill::fresh(self.span.len, self.span.port)
    }

    /// Bytes of data in it.
    #[inline(always)]
    pub(super) fn bytes(self) -> u64 {
        u64::from(self.span.len)
    }
}

impl MbufHome<'_> {
    /// What a fresh mbuf of this home has in its header.
    #[inline]
    pub(super) fn fresh_words(&self, fresh: Fresh) -> FreshWords {
        FreshWords::of(self.own_buffer(0), self.pool().data_room(), fresh)
    }

    /// Writes the header of the mbuf at `at`, which is the caller's: as [`reset`](Self::reset), of whatever
    /// pool it is. More data than fit its buffer are cut. Nothing, if it is no pool's any more: then it
    /// stays what it was.
    #[inline]
    pub(super) fn freshen(&self, at: u64, header: &MbufHeader, fresh: Fresh) {
        if self.own_numbers().of(at).is_some() {
            self.reset(at, header, self.fresh_words(fresh));
        } else if let Some(Buffer { at: buffer, room }) = self.buffer_of(at, header) {
            self.reset(at, header, FreshWords::of(buffer - at, room, fresh));
        }
    }

    /// As if it had just come: what a driver needs is one line.
    #[inline(always)]
    pub(super) fn reset(&self, at: u64, header: &MbufHeader, words: FreshWords) {
        header.buf.set(at + words.before);
        crash_point!("reset: a header is half written");
        Link::ALONE.write(header);
        header.flags.set(0);
        words.span.write(header);
        header.packet_len.set(u32::from(words.span.len));
        header.packet_type.set(0);
        header.vlan.set(0);
        header.hash.set(0);
    }
}
