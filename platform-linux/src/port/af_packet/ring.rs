//! `FrameRing`: a socket's ring, mapped; one frame at a time.
//!
//! A ring is an array of frames, which the kernel and the process use in turn, always the next one. Each
//! begins with a status word that says whose it is. This is the one file that reads and writes
//! there; what it hands out are numbers, and bytes whose place was checked against the frame. What the
//! numbers say is not believed here (`frame.rs` checks it).
#![expect(unsafe_code, reason = "the kernel's ring becomes words and slices")]

use core::ptr::NonNull;

use phalanx_core::sync::{Published32, Word32};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use super::geometry::Geometry;
use crate::mapping::{Access, FileMapping, MapError, map_file_anywhere};

/// Bytes of a frame that are read and written as words: `struct tpacket2_hdr`.
pub(super) const HEADER_BYTES: usize = 32;

/// A mapped ring, and which frame is the next.
#[derive(Debug)]
pub(super) struct FrameRing {
    /// `geometry.bytes()` from here on, aligned to 16 bytes: the mapping's, or words for good.
    start: NonNull<u8>,
    /// Unmapped with the ring; `None` for words.
    _mapping: Option<FileMapping>,
    frame_size: usize,
    count: u32,
    at: u32,
}

impl FrameRing {
    /// Maps the ring of `socket` (or of a file that plays one), which was cut as `geometry` says.
    ///
    /// Cost: three system calls. The kernel checks the length of the whole.
    ///
    /// # Errors
    /// [`MapError`].
    pub(super) fn map(socket: BorrowedFd<'_>, geometry: Geometry) -> Result<Self, MapError> {
        let mapping = map_file_anywhere(socket, geometry.bytes(), Access::ReadWrite, 0)?;
        let start = NonNull::new(mapping.as_ptr()).ok_or(MapError::Refused(Errno::INVAL))?;
        Ok(Self { _mapping: Some(mapping), ..Self::at_start(start, geometry) })
    }

    /// A ring in words that play one; `None` if there are too few, or they are not aligned to 16 bytes.
    pub(super) fn over(words: &'static [Word32], geometry: Geometry) -> Option<Self> {
        let start = NonNull::from(words).cast::<u8>();
        let fits = size_of_val(words) >= geometry.bytes() && start.addr().get().is_multiple_of(16);
        fits.then(|| Self::at_start(start, geometry))
    }

    fn at_start(start: NonNull<u8>, geometry: Geometry) -> Self {
        let (frame_size, count) = (geometry.frame_size() as usize, geometry.frame_count());
        Self { start, _mapping: None, frame_size, count, at: 0 }
    }

    /// How many frames it has.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of a frame.
    pub(super) fn frame_size(&self) -> usize {
        self.frame_size
    }

    /// Which frame is the next, 0..`count`.
    pub(super) fn at(&self) -> u32 {
        self.at
    }

    /// Makes frame `at` the next, modulo their number.
    pub(super) fn seek(&mut self, at: u32) {
        self.at = at % self.count;
    }

    /// Goes one frame on.
    #[inline(always)]
    pub(super) fn step(&mut self) {
        self.at = if self.at + 1 < self.count { self.at + 1 } else { 0 };
    }

    /// Goes one frame back.
    pub(super) fn step_back(&mut self) {
        self.at = self.at.checked_sub(1).unwrap_or(self.count - 1);
    }

    /// Whose the frame is, and with it what its former holder wrote there.
    #[inline(always)]
    pub(super) fn status(&self) -> u32 {
        self.status_word().observe()
    }

    /// Hands the frame over, with what was written there.
    #[inline(always)]
    pub(super) fn set_status(&mut self, status: u32) {
        self.status_word().publish(status);
    }

    /// The header's word at `offset`, of 4..32 in steps of 4.
    #[inline(always)]
    pub(super) fn word(&self, offset: usize) -> u32 {
        self.word_at(offset).get()
    }

    /// Writes such a word.
    #[inline(always)]
    pub(super) fn set_word(&mut self, offset: usize, value: u32) {
        self.word_at(offset).set(value);
    }

    /// `len` bytes of the frame from `offset` on; `None` if it does not have them.
    ///
    /// Ask for bytes of a frame only while its status says that it is this process's.
    #[inline(always)]
    pub(super) fn bytes(&self, offset: usize, len: usize) -> Option<&[u8]> {
        let part = self.part(offset, len)?;
        // SAFETY: in the mapping (`part`), which lives as long as `self`. The kernel writes to no
        // frame that is the process's, and of processes only the claimant of the queue has it mapped
        // to use it; both is promised by who holds the status and the claim. One who breaks that promise has
        // the bytes change while they are copied, as those of any packet that processes share: who reads
        // lengths there checks each against the slice.
        Some(unsafe { part.as_ref() })
    }

    /// The same, to be written.
    #[inline(always)]
    pub(super) fn bytes_mut(&mut self, offset: usize, len: usize) -> Option<&mut [u8]> {
        let mut part = self.part(offset, len)?;
        // SAFETY: as in `bytes`, and `self` is borrowed alone.
        Some(unsafe { part.as_mut() })
    }

    #[inline(always)]
    fn part(&self, offset: usize, len: usize) -> Option<NonNull<[u8]>> {
        let end = offset.checked_add(len)?;
        // The header's words are never part of a slice: they are written while slices live.
        if end > self.frame_size || offset < HEADER_BYTES {
            return None;
        }
        Some(NonNull::slice_from_raw_parts(self.place(offset), len))
    }

    /// The address of byte `offset` of the frame, 0..`frame_size`.
    #[inline(always)]
    fn place(&self, offset: usize) -> NonNull<u8> {
        let from_start = self.at as usize * self.frame_size + offset;
        debug_assert!(self.at < self.count, "frame {} of {}", self.at, self.count);
        // SAFETY: `at` is below `count` (`seek`, `step`, `step_back`), `offset` below or at the
        // frame's end, and `count` frames are as long as what begins there (`map`, `over`), which lives as
        // long as `self`.
        unsafe { self.start.add(from_start) }
    }

    #[inline(always)]
    fn status_word(&self) -> &Published32 {
        // SAFETY: the frame's first four bytes, in the mapping and aligned, for frames are multiples of
        // 16 bytes; all that is done there is done by atomic words.
        unsafe { self.place(0).cast().as_ref() }
    }

    #[inline(always)]
    fn word_at(&self, offset: usize) -> &Word32 {
        let offset = offset & (HEADER_BYTES - 4);
        // SAFETY: four of the frame's first 32 bytes, in the mapping and aligned (as above and by the
        // mask), never part of a slice (`part`).
        unsafe { self.place(offset).cast().as_ref() }
    }
}

// SAFETY: the mapping belongs to the process, not to a thread, and is unmapped on any; words may be used on any.
unsafe impl Send for FrameRing {}
