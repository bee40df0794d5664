//! One file at any address: for observers, and for small files that need no
//! particular place.
#![expect(unsafe_code, reason = "mapping and unmapping")]

use super::reservation::check_alignment;
use super::{Access, MapError};
use core::ptr;
use rustix::fd::BorrowedFd;
use rustix::mm::{self, MapFlags};

/// A mapped file; unmapped on drop.
///
/// It hands out an address only, so every look inside is the reader's own
/// `unsafe`, and must not outlive this value.
#[derive(Debug)]
pub struct FileMapping {
    base: usize,
    len: usize,
}

/// Maps `len` bytes of `file` from `offset`, shared, where the kernel likes.
///
/// The kernel keeps a hugetlbfs file at a multiple of its page size. Nothing is
/// prefaulted. Cost: two system calls.
///
/// # Errors
/// [`MapError`], except `OutsideReservation`.
pub fn map_file_anywhere(
    file: BorrowedFd<'_>,
    len: usize,
    access: Access,
    offset: u64,
) -> Result<FileMapping, MapError> {
    check_alignment(file, 0, len, offset)?;
    let flags = MapFlags::SHARED | MapFlags::NORESERVE;
    // SAFETY: without a fixed address the kernel picks a range that nobody uses.
    let placed =
        unsafe { mm::mmap(ptr::null_mut(), len, access.protection(), flags, file, offset) };
    Ok(FileMapping { base: placed?.expose_provenance(), len })
}

impl FileMapping {
    /// First address.
    pub fn base(&self) -> usize {
        self.base
    }

    /// The first byte. Valid while this value lives, for reading, and for writing
    /// if it was mapped so; other processes may write at any time.
    pub fn as_ptr(&self) -> *mut u8 {
        ptr::with_exposed_provenance_mut(self.base)
    }

    /// Length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a mapping is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }
}

impl Drop for FileMapping {
    fn drop(&mut self) {
        // SAFETY: this value made the mapping, and readers promised to be done.
        let _ = unsafe { mm::munmap(self.as_ptr().cast(), self.len) };
    }
}
