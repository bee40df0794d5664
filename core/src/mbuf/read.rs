//! Reading across segments, and packets made of others' bytes.

use core::fmt;

use super::data::{SharedData, data, is_sound};
use super::home::MbufHome;
use super::mbuf::{Mbuf, is_shared};
use super::span::Span;

/// Why no copy was made, or a packet was not brought into one piece. It is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyError {
    /// It has not as many bytes, or says that it has more than its segments do.
    Range {
        /// From which byte on.
        from: u32,
        /// How many bytes it has.
        len: u32,
    },
    /// The pool has no mbuf, or not as many as it takes.
    Empty,
    /// The last segment's buffer, or a pool's, has no room for the bytes.
    Room {
        /// Bytes for which there was to be room.
        asked: u32,
        /// Bytes of room.
        there: u32,
    },
    /// Others may read what would be written.
    Shared(SharedData),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { from, len } => write!(
                f,
                "a packet that says it has {len} bytes was to be copied from byte {from} on, where it has none, or \
                 fewer; ask for less, or free it if something has written over it"
            ),
            Self::Empty => f.write_str(
                "a packet was to be copied and the pool has not as many mbufs; free some, or make it larger",
            ),
            Self::Room { asked, there } => write!(
                f,
                "{asked} bytes were to lie in one buffer, which has room for {there}; use a pool of larger buffers"
            ),
            Self::Shared(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CopyError {}

impl<'h> Mbuf<'h> {
    /// The data from byte `from` on, in pieces, a segment each.
    fn pieces(&self, from: u32) -> impl Iterator<Item = &[u8]> {
        let (home, mut skip) = (self.home, from as usize);
        self.walk().filter_map(move |(_, header)| {
            let piece = data(home, header);
            let rest = piece.get(skip..);
            skip = skip.saturating_sub(piece.len());
            rest.filter(|rest| !rest.is_empty())
        })
    }

    /// Copies bytes from `from` on into `to`, wherever they lie; `false`, and `to` holds anything, if
    /// there are not as many.
    pub fn copy_to(&self, from: u32, to: &mut [u8]) -> bool {
        let mut filled = 0;
        for piece in self.pieces(from) {
            let part = to.get_mut(filled..).unwrap_or_default();
            for (to, from) in part.iter_mut().zip(piece) {
                *to = *from;
                filled += 1;
            }
        }
        filled == to.len()
    }

    /// `len` bytes from `from` on: where they lie, if they lie in one segment, else copied to
    /// `scratch`. `None` if there are not as many, or `scratch` is shorter.
    #[doc(alias = "rte_pktmbuf_read")]
    pub fn read<'a>(&'a self, from: u32, len: u32, scratch: &'a mut [u8]) -> Option<&'a [u8]> {
        let (len, first) = (len as usize, self.pieces(from).next());
        if let Some(piece) = first.and_then(|piece| piece.get(..len)) {
            return Some(piece);
        }
        let scratch = scratch.get_mut(..len)?;
        self.copy_to(from, scratch).then_some(scratch)
    }

    /// A packet of its own with the bytes from `from` on, at most `len` of them, in as many mbufs of
    /// `home` as they need; flags, port, tags and hash as in this one.
    ///
    /// Errors: [`CopyError`]; nothing was taken.
    #[doc(alias = "rte_pktmbuf_copy")]
    pub fn copy(&self, home: &'h MbufHome<'h>, from: u32, len: u32) -> Result<Self, CopyError> {
        let there = self.len().checked_sub(from).filter(|_| from < self.len() || self.len() == 0);
        let Some(there) = there else {
            return Err(CopyError::Range { from, len: self.len() });
        };
        let (mut read, end) = (from, from + len.min(there));
        let mut copy = home.alloc().ok_or(CopyError::Empty)?;
        while read < end {
            if copy.tailroom() == 0 {
                copy.chain_empty(home, end - read)?;
            }
            let count = (end - read).min(u32::from(copy.tailroom())) as u16;
            let to = copy.append(count).map_err(|_| CopyError::Empty)?;
            if !self.copy_to(read, to) {
                return Err(CopyError::Range { from, len: self.len() });
            }
            read += u32::from(count);
        }
        copy.copy_facts(self);
        Ok(copy)
    }

    /// Puts a fresh segment behind, which has room for some of `wanted` bytes.
    fn chain_empty(&mut self, home: &'h MbufHome<'h>, wanted: u32) -> Result<(), CopyError> {
        let segment = home.alloc().ok_or(CopyError::Empty)?;
        let there = u32::from(segment.tailroom());
        let room = CopyError::Room { asked: wanted, there };
        if there == 0 {
            return Err(room);
        }
        self.chain(segment).map_err(|_| room)
    }

    /// What is known of the packet, as `from` has it.
    pub(super) fn copy_facts(&mut self, from: &Self) {
        self.set_flags(from.flags());
        self.set_port(from.port());
        let (to, from) = (self.header, from.header);
        to.packet_type.set(from.packet_type.get());
        to.vlan.set(from.vlan.get());
        to.hash.set(from.hash.get());
        to.mark.set(from.mark.get());
        to.tx_offload.set(from.tx_offload.get());
        for (to, from) in to.dynamic.iter().zip(&from.dynamic) {
            to.set(from.get());
        }
    }

    /// Brings all data into the first segment and frees the others. Nothing to do for a packet of
    /// one segment.
    ///
    /// Errors: [`CopyError`], if the first segment has no room behind its data, or others share it.
    #[doc(alias = "rte_pktmbuf_linearize")]
    pub fn linearize(&mut self) -> Result<&mut [u8], CopyError> {
        let first = Span::of(self.header);
        let behind = self.data_of_all().saturating_sub(u32::from(first.len));
        let there = first.tailroom();
        let Some(behind) = u16::try_from(behind).ok().filter(|behind| *behind <= there) else {
            return Err(CopyError::Room { asked: behind, there: u32::from(there) });
        };
        if is_shared(self.home, self.header) {
            return Err(CopyError::Shared(SharedData { at: self.at() }));
        }
        let home = self.home;
        if !self.walk().all(|(_, header)| is_sound(home, header)) {
            return Err(CopyError::Range { from: u32::from(first.len), len: self.len() });
        }
        if let Some(rest) = self.split_off(1)
            && let Ok(to) = self.append(behind)
        {
            rest.copy_to(0, to);
        }
        self.data_mut().map_err(CopyError::Shared)
    }
}
