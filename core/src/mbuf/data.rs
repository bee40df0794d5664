//! The bytes of a packet, as slices. The only file that makes them.
//!
//! A slice is made of what the header says, checked: it lies in the buffer, and the buffer in the
//! window. To be written, the buffer must be the packet's alone.
#![expect(unsafe_code, reason = "bytes of a buffer that is held become slices")]

use core::fmt;
use core::ptr::NonNull;

use super::layout::{HEADER_BYTES, MbufHeader};
use super::mbuf::{Mbuf, is_shared};
use super::span::Span;
use crate::offset::Offset;
use crate::window::Window;

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

/// `len` bytes from `offset` on of the buffer of `header`; `None` if it does not have them.
fn bytes(window: Window, header: &MbufHeader, offset: u16, len: u16) -> Option<NonNull<[u8]>> {
    let span = Span { offset, len, ..Span::of(header) };
    let at = header.buf.get().checked_add(u64::from(offset)).filter(|_| span.is_sound())?;
    let start = window.address(Offset::<u8>::new(at), usize::from(len), 1)?;
    Some(NonNull::slice_from_raw_parts(start, usize::from(len)))
}

/// The data of the segment of `header`, which somebody holds as long as the slice lives.
pub(super) fn data(window: Window, header: &MbufHeader) -> &[u8] {
    let Span { offset, len, .. } = Span::of(header);
    match bytes(window, header, offset, len) {
        // SAFETY: in the window, mapped for ever; the segment is held as long, whose data nobody
        // writes but through a `&mut` of its packet, and then only if nobody shares them.
        Some(data) => unsafe { data.as_ref() },
        None => &[],
    }
}

/// `len` bytes from `offset` on of the buffer of `header`, to be written: nothing, if it does not
/// have them.
pub(super) fn part_mut<'a>(
    packet: &'a mut Mbuf<'_>,
    header: &'static MbufHeader,
    offset: u16,
    len: u16,
) -> &'a mut [u8] {
    let window = packet.window();
    match bytes(window, header, offset, len).filter(|_| !is_shared(window, header)) {
        // SAFETY: in the window, mapped for ever; `header` is a segment of `packet`, which is
        // borrowed alone, and nobody else refers to its buffer (`is_shared`).
        Some(mut data) => unsafe { data.as_mut() },
        None => &mut [],
    }
}

impl<'h> Mbuf<'h> {
    /// The data of the first segment: of a packet of one segment, all.
    #[doc(alias = "rte_pktmbuf_mtod")]
    #[inline]
    pub fn data(&self) -> &[u8] {
        data(self.window(), self.header)
    }

    /// The data of the first segment, to be written.
    ///
    /// Errors: [`SharedData`], if it is a clone or has clones.
    #[inline]
    pub fn data_mut(&mut self) -> Result<&mut [u8], SharedData> {
        let (window, header) = (self.window(), self.header);
        if is_shared(window, header) {
            return Err(SharedData { at: self.at() });
        }
        let Span { offset, len, .. } = Span::of(header);
        Ok(part_mut(self, header, offset, len))
    }

    /// The data of each segment, in order.
    pub fn segments(&self) -> impl Iterator<Item = &[u8]> {
        let window = self.window();
        self.walk().map(move |(_, header)| data(window, header))
    }

    /// Shows `work` the data of each segment in order, to be written.
    ///
    /// Errors: [`SharedData`], if one is a clone or has clones; then none was shown.
    pub fn for_each_segment_mut(
        &mut self,
        mut work: impl FnMut(&mut [u8]),
    ) -> Result<(), SharedData> {
        let window = self.window();
        let all = self.walk();
        if let Some((at, _)) = all.clone().find(|(_, header)| is_shared(window, header)) {
            return Err(SharedData { at });
        }
        for (_, header) in all {
            let Span { offset, len, .. } = Span::of(header);
            work(part_mut(self, header, offset, len));
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
