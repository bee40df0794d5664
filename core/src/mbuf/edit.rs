//! Making a packet longer or shorter at its ends, within the buffers that it has.

use core::fmt;

use super::data::{SharedData, part_mut};
use super::home::MbufHome;
use super::layout::MbufHeader;
use super::link::Link;
use super::mbuf::{Mbuf, is_shared};
use super::span::Span;

/// Why a packet did not change its length. It is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditError {
    /// There is not enough room in its first or last segment, or not so much data.
    Room {
        /// Bytes that were asked for.
        asked: u32,
        /// Bytes that there are.
        there: u32,
    },
    /// Others may read what would be written.
    Shared(SharedData),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room { asked, there } => write!(
                f,
                "a packet was to grow or shrink by {asked} bytes and has {there} there; chain another segment, or ask \
                 for less"
            ),
            Self::Shared(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EditError {}

impl From<SharedData> for EditError {
    fn from(error: SharedData) -> Self {
        Self::Shared(error)
    }
}

const fn room(asked: u16, there: u16) -> EditError {
    EditError::Room { asked: asked as u32, there: there as u32 }
}

/// Why nothing can be written behind the data of a segment that says it has the room.
#[cold]
fn why_not(home: &MbufHome<'_>, (at, header): (u64, &MbufHeader), len: u16) -> EditError {
    if is_shared(home, header) { SharedData { at }.into() } else { room(len, 0) }
}

impl Mbuf<'_> {
    /// The last segment, with its place.
    #[inline]
    pub(super) fn last(&self) -> (u64, &'static MbufHeader) {
        match Link::of(self.header) {
            Link::ALONE => (self.at(), self.header),
            _ => self.last_of_several(),
        }
    }

    #[inline(never)]
    fn last_of_several(&self) -> (u64, &'static MbufHeader) {
        self.walk().last().unwrap_or((self.at(), self.header))
    }

    pub(super) fn set_len(&mut self, len: u32) {
        self.header.packet_len.set(len);
    }

    /// Makes the packet `len` bytes longer at its end, and returns these: what is in them, the last
    /// holder left. Walks to the last segment.
    #[doc(alias = "rte_pktmbuf_append")]
    #[inline]
    pub fn append(&mut self, len: u16) -> Result<&mut [u8], EditError> {
        let (at, last) = self.last();
        let span = Span::of(last);
        if span.tailroom() < len {
            return Err(room(len, span.tailroom()));
        }
        let (home, first, sum) =
            (self.home, self.header, self.len().saturating_add(u32::from(len)));
        let Some(part) = part_mut(self, last, Span { offset: span.end() as u16, len, ..span })
        else {
            return Err(why_not(home, (at, last), len));
        };
        Span { len: span.len + len, ..span }.write(last);
        first.packet_len.set(sum);
        Ok(part)
    }

    /// Makes the packet `len` bytes longer at its beginning, and returns these.
    #[doc(alias = "rte_pktmbuf_prepend")]
    #[inline]
    pub fn prepend(&mut self, len: u16) -> Result<&mut [u8], EditError> {
        let span = Span::of(self.header);
        let Some(offset) = span.offset.checked_sub(len).filter(|_| span.is_sound()) else {
            return Err(room(len, span.offset));
        };
        if is_shared(self.home, self.header) {
            return Err(SharedData { at: self.at() }.into());
        }
        let (first, sum) = (self.header, self.len().saturating_add(u32::from(len)));
        let part = part_mut(self, first, Span { offset, len, ..span }).ok_or(room(len, 0))?;
        // It lay in the room, and so still does.
        Span { offset, len: span.len.saturating_add(len), ..span }.write(first);
        first.packet_len.set(sum);
        Ok(part)
    }

    /// Takes `len` bytes off the beginning: of the first segment, which must have them.
    #[doc(alias = "rte_pktmbuf_adj")]
    #[inline]
    pub fn adj(&mut self, len: u16) -> Result<(), EditError> {
        let span = Span::of(self.header);
        let Some(left) = span.len.checked_sub(len).filter(|_| span.is_sound()) else {
            return Err(room(len, span.len));
        };
        Span { offset: span.offset + len, len: left, ..span }.write(self.header);
        self.set_len(self.len().saturating_sub(u32::from(len)));
        Ok(())
    }

    /// Takes `len` bytes off the end: of the last segment, which must have them.
    #[doc(alias = "rte_pktmbuf_trim")]
    #[inline]
    pub fn trim(&mut self, len: u16) -> Result<(), EditError> {
        let (_, last) = self.last();
        let span = Span::of(last);
        let Some(left) = span.len.checked_sub(len) else { return Err(room(len, span.len)) };
        Span { len: left, ..span }.write(last);
        self.set_len(self.len().saturating_sub(u32::from(len)));
        Ok(())
    }
}
