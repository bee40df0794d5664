//! The bytes of a packet, as slices. Only this file and `sight.rs` make them.
//!
//! A slice is made of what the header says, checked: it lies in the buffer, and the buffer is the one
//! that its pool gave it, or that of whom it refers to. To be written, the buffer must be the packet's
//! alone.
#![expect(unsafe_code, reason = "bytes of a buffer that is held become slices")]

use core::fmt;
use core::ptr::NonNull;

use super::external::external;
use super::flags;
use super::home::MbufHome;
use super::layout::{ExternalHeader, HEADER_BYTES, MbufHeader};
use super::mbuf::{Mbuf, is_shared, is_shared_of_kind};
use super::refs::{Bond, Kind, Progress};
use super::span::Span;
use crate::offset::Offset;

/// Data that others may read were to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedData {
    /// Where the segment's header lies: bytes from the window's start.
    pub at: u64,
}

impl fmt::Display for SharedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the data of the mbuf at +{:#x} were to be written and clones share them; copy the packet, or put a \
             segment of its own in front",
            self.at
        )
    }
}

impl core::error::Error for SharedData {}

/// Where a buffer starts, and its bytes.
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    pub(super) at: u64,
    pub(super) room: u16,
}

/// The buffer of `header`, whose flags and span say whose it is and how big, by its pool, or by whose it is: what a
/// header says of it, a former holder may have written. `None` if it says otherwise.
#[inline]
fn buffer(home: &MbufHome<'_>, header: &MbufHeader, (own, room): (u64, u16)) -> Option<Buffer> {
    let buffer = if own == 0 {
        home.buffer_of(home.place_of(header), header)
    } else {
        lent_buffer(home, header, own)
    };
    buffer.filter(|buffer| buffer.at == header.buf.get() && room <= buffer.room)
}

#[cold]
fn lent_buffer(home: &MbufHome<'_>, header: &MbufHeader, own: u64) -> Option<Buffer> {
    let bond = Bond::from_word(header.bond.observe());
    match (own, bond.progress(), bond.kind()) {
        (flags::INDIRECT, Progress::Attached, Kind::Mbuf) => {
            home.buffer_of(bond.to(), home.mbuf(bond.to())?)
        }
        (flags::EXTERNAL, Progress::Attached, Kind::External) => {
            let lent = external(home.group(), bond.to())?;
            let room = u16::try_from(lent.len.get()).unwrap_or(u16::MAX);
            Some(Buffer { at: bond.to() + size_of::<ExternalHeader>() as u64, room })
        }
        _ => None,
    }
}

/// Of what kind the buffer of `header` is.
#[inline]
fn kind(header: &MbufHeader) -> u64 {
    header.flags.get() & flags::OWN
}

/// Whether the data of `header` lie in its buffer, and that is its own or that of whom it refers to.
pub(super) fn is_sound(home: &MbufHome<'_>, header: &MbufHeader) -> bool {
    bytes(home, (header, kind(header)), Span::of(header)).is_some()
}

/// The bytes of the buffer of `header`, which is of that kind, that `span` says, which says its room too; `None` if it does
/// not have them.
#[inline]
fn bytes(home: &MbufHome<'_>, header: (&MbufHeader, u64), span: Span) -> Option<NonNull<[u8]>> {
    let (at, len) = (place_of_kind(home, header, span)?, usize::from(span.len));
    let start = home.group().window().address(at, len, 1)?;
    Some(NonNull::slice_from_raw_parts(start, len))
}

/// Where the data that the header's `span` speaks of lie in the window.
#[inline]
pub(super) fn place(home: &MbufHome<'_>, header: &MbufHeader, span: Span) -> Option<Offset<u8>> {
    place_of_kind(home, (header, kind(header)), span)
}

#[inline]
fn place_of_kind(
    home: &MbufHome<'_>,
    (header, kind): (&MbufHeader, u64),
    span: Span,
) -> Option<Offset<u8>> {
    let buffer = buffer(home, header, (kind, span.room)).filter(|_| span.is_sound())?;
    Some(Offset::new(buffer.at.checked_add(u64::from(span.offset))?))
}

/// The data of the segment of `header`, which somebody holds as long as the slice lives.
#[inline]
pub(super) fn data<'a>(home: &MbufHome<'_>, header: &'a MbufHeader) -> &'a [u8] {
    match bytes(home, (header, kind(header)), Span::of(header)) {
        // SAFETY: in the window, mapped for ever; the segment is held as long, whose data nobody
        // writes but through a `&mut` of its packet, and then only if nobody shares them.
        Some(data) => unsafe { data.as_ref() },
        None => &[],
    }
}

/// The bytes that `span` says, which says the buffer's room too, of the buffer of `header`, to be written; `None` if it does
/// not have them, or shares them.
#[inline]
pub(super) fn part_mut<'a>(
    packet: &'a mut Mbuf<'_>,
    header: &'static MbufHeader,
    span: Span,
) -> Option<&'a mut [u8]> {
    let (home, kind) = (packet.home, kind(header));
    let data = bytes(home, (header, kind), span);
    let mut data = data.filter(|_| !is_shared_of_kind(home, header, kind))?;
    // SAFETY: in the window, mapped for ever; `header` is a segment of `packet`, which is
    // borrowed alone; the bytes are of its own buffer, whatever `span` says (`buffer`: it ends in its room,
    // which is no more than the buffer's), and nobody else refers to that (`is_shared_of_kind`).
    Some(unsafe { data.as_mut() })
}

impl<'h> Mbuf<'h> {
    /// The data of the first segment: of a packet of one segment, all.
    #[doc(alias = "rte_pktmbuf_mtod")]
    #[inline]
    pub fn data(&self) -> &[u8] {
        data(self.home, self.header)
    }

    /// The data of the first segment, to be written.
    ///
    /// Errors: [`SharedData`], if it is a clone or has clones.
    #[inline]
    pub fn data_mut(&mut self) -> Result<&mut [u8], SharedData> {
        let header = self.header;
        if is_shared(self.home, header) {
            return Err(SharedData { at: self.at() });
        }
        Ok(part_mut(self, header, Span::of(header)).unwrap_or_default())
    }

    /// The data of each segment, in order.
    pub fn segments(&self) -> impl Iterator<Item = &[u8]> {
        let home = self.home;
        self.walk().map(move |(_, header)| data(home, header))
    }

    /// Shows `work` the data of each segment in order, to be written.
    ///
    /// Errors: [`SharedData`], if one is a clone or has clones; then none was shown.
    pub fn for_each_segment_mut(
        &mut self,
        mut work: impl FnMut(&mut [u8]),
    ) -> Result<(), SharedData> {
        let (home, all) = (self.home, self.walk());
        if let Some((at, _)) = all.clone().find(|(_, header)| is_shared(home, header)) {
            return Err(SharedData { at });
        }
        for (_, header) in all {
            work(part_mut(self, header, Span::of(header)).unwrap_or_default());
        }
        Ok(())
    }

    /// The bytes of the first segment that are the program's own.
    #[doc(alias = "rte_mbuf_to_priv")]
    pub fn private(&self) -> &[u8] {
        match self.private_bytes() {
            // SAFETY: behind the header of an mbuf that is held, which its pool made as long; they
            // are written through a `&mut` of the packet only.
            Some(bytes) => unsafe { bytes.as_ref() },
            None => &[],
        }
    }

    /// The same, to be written.
    pub fn private_mut(&mut self) -> &mut [u8] {
        match self.private_bytes() {
            // SAFETY: as in `private`, and the packet is borrowed alone.
            Some(mut bytes) => unsafe { bytes.as_mut() },
            None => &mut [],
        }
    }

    fn private_bytes(&self) -> Option<NonNull<[u8]>> {
        let at = self.at();
        let len = self.home.with_pool(at, self.header, |pool, _, _| pool.mbuf_private_bytes())?;
        let start = Offset::<u8>::new(at).add(u64::from(HEADER_BYTES))?;
        let start = self.window().address(start, usize::from(len), 1)?;
        Some(NonNull::slice_from_raw_parts(start, usize::from(len)))
    }
}
