//! A reserved range, and what is mapped over it.
//!
//! A [`Reservation`] is the right to map into its range. It does not unmap itself
//! on drop: pointers into the window outlive every value on a stack, so giving it
//! back is an explicit, unsafe act.
#![expect(unsafe_code, reason = "mapping at fixed addresses")]

use super::{Access, MapError, ReserveError, first_overlap, page_size_of};
use crate::sys::page::page_size;
use core::ffi::c_void;
use core::ptr;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{self, MapFlags, ProtFlags};

/// A range of addresses that nothing but this value maps into.
#[derive(Debug, PartialEq, Eq)]
pub struct Reservation {
    base: usize,
    len: usize,
}

/// Reserves `[base, base + len)`: no access, no memory, nobody else.
///
/// Fails rather than move or replace anything. Cost: one system call; to name who
/// is in the way, a read of `/proc/self/maps`.
///
/// # Errors
/// [`ReserveError`].
///
/// ```
/// use phalanx_linux::mapping::{ReserveError, reserve};
/// let window = reserve(0x2100_0000_0000, 1 << 30)?;
/// assert!(matches!(reserve(window.base(), 4096), Err(ReserveError::Taken { .. })));
/// # Ok::<(), ReserveError>(())
/// ```
#[cfg_attr(not(feature = "std"), inline(never))]
pub fn reserve(base: usize, len: usize) -> Result<Reservation, ReserveError> {
    let align = page_size();
    if len == 0
        || !base.is_multiple_of(align)
        || !len.is_multiple_of(align)
        || base.checked_add(len).is_none()
    {
        return Err(ReserveError::Misaligned { base, len, align });
    }
    let placed =
        map_nothing(base, len, MapFlags::FIXED_NOREPLACE).map_err(|errno| match errno {
            Errno::EXIST => ReserveError::Taken { base, len, by: in_the_way(base..base + len) },
            Errno::NOMEM => ReserveError::NoAddressSpace { len },
            other => ReserveError::Refused(other),
        })?;
    if placed != base {
        // An old kernel takes the address as a hint.
        let elsewhere = Reservation { base: placed, len };
        // SAFETY: just mapped, and nobody knows its address.
        let _ = unsafe { elsewhere.unmap() };
        return Err(ReserveError::KernelTooOld);
    }
    Ok(Reservation { base, len })
}

/// Reserves `len` bytes wherever the kernel likes, at a multiple of `align`: for
/// an observer, whose view of the window may lie anywhere.
///
/// Both must be multiples of the page size, `align` a power of two; for a view of
/// huge pages, `align` is the biggest huge page size. Cost: up to three system
/// calls.
///
/// # Errors
/// [`ReserveError`], except `Taken` and `KernelTooOld`.
pub fn reserve_anywhere(len: usize, align: usize) -> Result<Reservation, ReserveError> {
    let page_size = page_size();
    let wrong = ReserveError::Misaligned { base: 0, len, align };
    let are_whole = len.is_multiple_of(page_size) && align.is_multiple_of(page_size);
    if len == 0 || !are_whole || !align.is_power_of_two() {
        return Err(wrong);
    }
    let room = len.checked_add(align - page_size).ok_or(wrong)?;
    let start = map_nothing(0, room, MapFlags::empty()).map_err(|errno| match errno {
        Errno::NOMEM => ReserveError::NoAddressSpace { len },
        other => ReserveError::Refused(other),
    })?;
    let base = start.next_multiple_of(align);
    for surplus in [start..base, base + len..start + room] {
        let surplus = Reservation { base: surplus.start, len: surplus.len() };
        // SAFETY: just mapped, and nobody knows its address.
        let _ = unsafe { surplus.unmap() };
    }
    Ok(Reservation { base, len })
}

#[cfg(feature = "std")]
use first_overlap as in_the_way;

/// Which mapping is in the way, for a small error.
#[cfg(not(feature = "std"))]
fn in_the_way(range: core::ops::Range<usize>) -> Option<crate::runtime_dir::ShownPath> {
    let mapped = first_overlap(range)?;
    Some(crate::runtime_dir::ShownPath::written(format_args!("{mapped}")))
}

/// Maps inaccessible memory at `base` (0: anywhere) and returns where it is.
fn map_nothing(base: usize, len: usize, placement: MapFlags) -> Result<usize, Errno> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | placement;
    // SAFETY: callers pass no flag, or the one that never replaces a mapping, so
    // the new range is nobody else's; without access nothing can be read from it.
    let placed = unsafe { mm::mmap_anonymous(pointer(base), len, ProtFlags::empty(), flags) };
    Ok(placed?.expose_provenance())
}

impl Reservation {
    /// First address.
    pub fn base(&self) -> usize {
        self.base
    }

    /// Length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a reservation is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Maps `len` bytes of `file` from `offset` at address `base`, shared with
    /// everybody who maps it. Replaces what this reservation had there.
    ///
    /// A sparse file may be mapped whole: no memory is taken and no huge page is
    /// set aside before it is committed or touched. A touch of a page that cannot
    /// be had is a SIGBUS, so commit before use. Cost: one system call more than
    /// `mmap`.
    ///
    /// # Errors
    /// [`MapError`]. The earlier mapping is still there after one.
    ///
    /// # Safety
    /// No reference into `[base, base + len)` may be alive in this process, and
    /// from now on nobody may read or write there but through atomics, raw
    /// pointers or references whose rules other processes keep as well. The file
    /// must not be made shorter while it is mapped.
    pub unsafe fn map_file_fixed(
        &self,
        file: BorrowedFd<'_>,
        base: usize,
        len: usize,
        access: Access,
        offset: u64,
    ) -> Result<(), MapError> {
        self.check_inside(base, len)?;
        check_alignment(file, base, len, offset)?;
        let flags = MapFlags::SHARED | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: the range lies in this reservation, so only mappings made
        // through it are replaced, and the caller vouches that none is in use.
        let placed =
            unsafe { mm::mmap(pointer(base), len, access.protection(), flags, file, offset) };
        // Exposed, so that the window may make pointers from addresses.
        placed?.expose_provenance();
        Ok(())
    }

    /// Takes the mapping at `[base, base + len)` away; the range stays reserved.
    ///
    /// # Errors
    /// [`MapError`]; `Refused` with `EINVAL` if it would cut a huge page in two.
    ///
    /// # Safety
    /// Nobody in this process may use the range any more.
    pub unsafe fn unmap_file(&self, base: usize, len: usize) -> Result<(), MapError> {
        self.check_inside(base, len)?;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: the range lies in this reservation and the caller vouches that
        // it is not in use.
        unsafe { mm::mmap_anonymous(pointer(base), len, ProtFlags::empty(), flags) }?;
        Ok(())
    }

    /// Gives the whole range back to the kernel.
    ///
    /// # Errors
    /// The kernel's.
    ///
    /// # Safety
    /// Nobody in this process may use any address of the range any more.
    pub unsafe fn unmap(self) -> Result<(), Errno> {
        if self.len == 0 {
            return Ok(());
        }
        // SAFETY: the range is this value's own and the caller vouches that it is
        // not in use.
        unsafe { mm::munmap(pointer(self.base), self.len) }
    }

    /// Whether the range is this reservation's own.
    pub(super) fn check_inside(&self, base: usize, len: usize) -> Result<(), MapError> {
        let end = base.checked_add(len);
        if base >= self.base && end.is_some_and(|end| end <= self.base + self.len) {
            return Ok(());
        }
        let (reserved_base, reserved_len) = (self.base, self.len);
        Err(MapError::OutsideReservation { base, len, reserved_base, reserved_len })
    }
}

/// Refuses what the kernel would, but with the page size in the answer.
pub(super) fn check_alignment(
    file: BorrowedFd<'_>,
    base: usize,
    len: usize,
    offset: u64,
) -> Result<(), MapError> {
    let page_size = page_size_of(file);
    let is_whole = |value: u64| value.is_multiple_of(page_size);
    if len > 0 && is_whole(base as u64) && is_whole(len as u64) && is_whole(offset) {
        Ok(())
    } else {
        Err(MapError::Misaligned { base, len, offset, page_size })
    }
}

pub(super) fn pointer(address: usize) -> *mut c_void {
    ptr::with_exposed_provenance_mut(address)
}
