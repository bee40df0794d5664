//! Where the data lie in a buffer, as one word: what a driver rearms with one store.

use super::layout::MbufHeader;

/// What a header's `span` says, checked by nobody yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Bytes from the buffer's start to the data.
    pub(crate) offset: u16,
    /// Bytes of data.
    pub(crate) len: u16,
    /// Bytes of the buffer.
    pub(crate) room: u16,
    /// The port.
    pub(crate) port: u16,
}

impl Span {
    #[inline]
    pub(crate) fn of(header: &MbufHeader) -> Self {
        let word = header.span.get();
        Self {
            offset: word as u16,
            len: (word >> 16) as u16,
            room: (word >> 32) as u16,
            port: (word >> 48) as u16,
        }
    }

    #[inline]
    pub(crate) fn write(self, header: &MbufHeader) {
        header.span.set(self.word());
    }

    #[inline]
    pub(crate) const fn word(self) -> u64 {
        let Self { offset, len, room, port } = self;
        (port as u64) << 48 | (room as u64) << 32 | (len as u64) << 16 | offset as u64
    }

    /// Bytes from the buffer's start to the end of the data.
    #[inline]
    pub(crate) fn end(self) -> u32 {
        u32::from(self.offset) + u32::from(self.len)
    }

    /// Whether the data lie in the buffer.
    #[inline]
    pub(crate) fn is_sound(self) -> bool {
        self.end() <= u32::from(self.room)
    }

    /// Bytes behind the data.
    #[inline]
    pub(crate) fn tailroom(self) -> u16 {
        u32::from(self.room).saturating_sub(self.end()) as u16
    }
}
