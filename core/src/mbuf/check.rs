//! Whether a packet is what it says it is.

use core::fmt;

use super::data::is_sound;
use super::flags;
use super::layout::MbufHeader;
use super::mbuf::Mbuf;
use super::refs::{Bond, Progress, Refs};
use super::span::Span;

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MbufFault {
    /// A segment is no mbuf of any pool.
    NotAnMbuf {
        /// Where it lies: bytes from the window's start.
        at: u64,
    },
    /// A segment's data do not lie in its buffer, or the buffer is none that it may have.
    Data {
        /// Where it lies: bytes from the window's start.
        at: u64,
        /// Bytes from the buffer's start to the data.
        offset: u16,
        /// Bytes of data.
        len: u16,
        /// Bytes of the buffer.
        room: u16,
    },
    /// A segment is held, and its references say that it is not; or it is a clone of nobody.
    References {
        /// Where it lies: bytes from the window's start.
        at: u64,
    },
    /// The packet does not have as many segments as it says.
    Segments {
        /// How many it says.
        said: u16,
        /// How many were found.
        found: u32,
    },
    /// The segments do not have as many bytes as the packet says.
    Len {
        /// How many it says.
        said: u32,
        /// How many were found.
        found: u32,
    },
}

impl fmt::Display for MbufFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnMbuf { at } => write!(
                f,
                "a packet has a segment at +{at:#x}, where no mbuf of any pool lies; something has written over it"
            ),
            Self::Data { at, offset, len, room } => write!(
                f,
                "the mbuf at +{at:#x} has {len} bytes from {offset} on in a buffer of {room}; something has written \
                 over it"
            ),
            Self::References { at } => write!(
                f,
                "the mbuf at +{at:#x} is held and its references say otherwise; look for who freed it twice"
            ),
            Self::Segments { said, found } => write!(
                f,
                "a packet says that it has {said} segments and has {found}; something has written over it"
            ),
            Self::Len { said, found } => write!(
                f,
                "a packet says that it has {said} bytes and its segments have {found}; set its length with them"
            ),
        }
    }
}

impl core::error::Error for MbufFault {}

impl Mbuf<'_> {
    /// Looks through all segments, and returns the first thing that is wrong.
    #[doc(alias = "rte_mbuf_sanity_check")]
    #[doc(alias = "rte_mbuf_check")]
    pub fn check(&self) -> Result<(), MbufFault> {
        let (mut count, mut len) = (0u32, 0u32);
        for (at, header) in self.walk() {
            self.check_segment(at, header)?;
            count += 1;
            len = len.saturating_add(u32::from(Span::of(header).len));
        }
        let said = self.segments_count();
        if u32::from(said) != count {
            return Err(MbufFault::Segments { said, found: count });
        }
        if self.len() != len {
            return Err(MbufFault::Len { said: self.len(), found: len });
        }
        Ok(())
    }

    fn check_segment(&self, at: u64, header: &MbufHeader) -> Result<(), MbufFault> {
        self.home.mbuf(at).ok_or(MbufFault::NotAnMbuf { at })?;
        if !is_sound(self.home, header) {
            let Span { offset, len, room, .. } = Span::of(header);
            return Err(MbufFault::Data { at, offset, len, room });
        }
        let is_clone = header.flags.get() & flags::OWN != 0;
        let is_bound = Bond::from_word(header.bond.observe()).progress() == Progress::Attached;
        if Refs::from_word(header.refs.observe()).is_let_go() || is_clone != is_bound {
            return Err(MbufFault::References { at });
        }
        Ok(())
    }
}
