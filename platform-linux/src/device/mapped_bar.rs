//! A BAR that is mapped: registers that this process reads and writes without the kernel.
#![expect(unsafe_code, reason = "volatile accesses to a device's registers, and mapping them")]

use core::ffi::c_void;
use core::fmt;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use phalanx_core::device::Registers;
use phalanx_core::sync::full_fence;
use phalanx_core::window;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::error::{BarError, UseError};
use crate::mapping::first_overlap;
use crate::pci::PciAddress;
use crate::sys::page::page_size;

/// What places of BARs are multiples of.
const STRIDE: usize = 1 << 30;
/// How far behind the window they may lie.
const REACH: usize = 1 << 40;

/// Where BARs are mapped: behind the window, where the kernel puts nothing by itself either.
static AREA: AtomicUsize = AtomicUsize::new(window::BASE + window::LEN);

/// BARs are mapped behind a window that starts at `base`, from now on.
pub(crate) fn follow_window(base: usize) {
    AREA.store(base.saturating_add(window::LEN), Ordering::Relaxed);
}

/// Where a BAR is to be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the first place behind the window that is free: what an owner does.
    Free,
    /// Where the owner has it: what all others do.
    At(usize),
}

/// A mapped BAR; unmapped on drop.
#[doc(alias = "mem_resource")]
pub struct MappedBar {
    base: NonNull<u8>,
    len: usize,
    mapped: usize,
}

// SAFETY: registers belong to no thread; each access is one instruction.
unsafe impl Send for MappedBar {}
// SAFETY: as above; who may write which register is the driver's rule, and a wrong write confuses a
// device, not this program's memory.
unsafe impl Sync for MappedBar {}

impl fmt::Debug for MappedBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MappedBar({:#x}, {} bytes)", self.address(), self.len)
    }
}

impl MappedBar {
    /// Maps `len` bytes of `file` from `offset` on, for reading and writing. Answers DV-5. Cost: one system
    /// call, and one more for each place that is taken.
    ///
    /// # Errors
    /// [`BarError::Refused`], and [`BarError::Taken`] if something else lies at the place asked for.
    pub(crate) fn map(
        file: BorrowedFd<'_>,
        offset: u64,
        len: usize,
        place: Place,
    ) -> Result<Self, BarError> {
        let mapped = len.max(1).next_multiple_of(page_size());
        let (mut at, end) = match place {
            Place::At(at) => (at, at.saturating_add(1)),
            Place::Free => {
                let area = AREA.load(Ordering::Relaxed);
                (area, area.saturating_add(REACH))
            }
        };
        while at < end {
            match map_at(file, offset, mapped, at) {
                Ok(base) => return Ok(Self { base, len, mapped }),
                Err(Errno::EXIST) => at = at.saturating_add(STRIDE),
                Err(errno) => return Err(BarError::Refused { errno }),
            }
        }
        let at = if let Place::At(at) = place { at } else { AREA.load(Ordering::Relaxed) };
        let by = first_overlap(at..at.saturating_add(mapped)).map(Box::new);
        Err(BarError::Taken { at, len: mapped, by })
    }

    /// Where it is mapped: the same in every process of the group that has it.
    #[must_use]
    pub fn address(&self) -> usize {
        self.base.as_ptr().expose_provenance()
    }

    /// The place of `N` bytes from `at` on, if they are there and aligned.
    fn place<const N: usize>(&self, at: usize) -> Option<NonNull<u8>> {
        let end = at.checked_add(N)?;
        if end > self.len || !at.is_multiple_of(N) {
            return None;
        }
        // SAFETY: `at < self.len`, and that many bytes are mapped from `base` on.
        Some(unsafe { self.base.add(at) })
    }
}

/// A BAR that is mapped already, if it has as many bytes as another driver of it needs.
pub(super) fn long_enough(
    mapped: &Arc<MappedBar>,
    device: PciAddress,
    bar: u8,
    least: u64,
) -> Result<Arc<MappedBar>, UseError> {
    let len = mapped.len as u64;
    if len < least {
        return Err(UseError::Bar { device, bar, why: BarError::Short { len, least } });
    }
    Ok(Arc::clone(mapped))
}

fn map_at(file: BorrowedFd<'_>, offset: u64, len: usize, at: usize) -> Result<NonNull<u8>, Errno> {
    let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
    let place: *mut c_void = ptr::with_exposed_provenance_mut(at);
    // SAFETY: the flag keeps the kernel from replacing a mapping, so the range is nobody else's.
    let base =
        unsafe { mmap(place, len, access, flags | MapFlags::FIXED_NOREPLACE, file, offset) }?;
    if base != place {
        // An old kernel takes the address as a hint.
        // SAFETY: just mapped, and nobody knows its address.
        let _ = unsafe { munmap(base, len) };
        return Err(Errno::NOSYS);
    }
    NonNull::new(base.cast()).ok_or(Errno::FAULT)
}

impl Drop for MappedBar {
    fn drop(&mut self) {
        // SAFETY: this value made the mapping, and every access goes through it.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.mapped) };
    }
}

macro_rules! accesses {
    ($($int:ty, $read:ident, $write:ident);+) => {
        impl Registers for MappedBar {
            fn len(&self) -> usize {
                self.len
            }
            $(
                #[inline]
                fn $read(&self, at: usize) -> $int {
                    match self.place::<{ size_of::<$int>() }>(at) {
                        Some(place) => {
                            // SAFETY: mapped and aligned, checked by `place`; any bytes are an integer.
                            let value = unsafe { place.cast::<$int>().read_volatile() };
                            full_fence();
                            value
                        }
                        None => <$int>::MAX,
                    }
                }

                #[inline]
                fn $write(&self, at: usize, value: $int) {
                    if let Some(place) = self.place::<{ size_of::<$int>() }>(at) {
                        // SAFETY: mapped, writable and aligned; no Rust reference points into a BAR.
                        unsafe { place.cast::<$int>().write_volatile(value) };
                    }
                }
            )+
        }
    };
}

accesses!(u8, read8, write8; u16, read16, write16; u32, read32, write32; u64, read64, write64);

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::{AsFd, OwnedFd};
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

    fn file(len: u64) -> OwnedFd {
        let file = memfd_create("phalanx-bar", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&file, len).unwrap();
        file
    }

    #[test]
    fn what_is_written_is_read_and_nothing_beyond_the_end() {
        let file = file(4096);
        let bar = MappedBar::map(file.as_fd(), 0, 64, Place::Free).unwrap();
        bar.write32(60, 0x1234_5678);
        bar.write8(0, 7);
        assert_eq!((bar.read32(60), bar.read16(60), bar.read8(0)), (0x1234_5678, 0x5678, 7));
        assert_eq!((bar.read32(64), bar.read64(60), bar.read16(1)), (u32::MAX, u64::MAX, u16::MAX));
        bar.write64(64, 1);
        assert_eq!(bar.read64(usize::MAX - 7), u64::MAX);
        let whole = MappedBar::map(file.as_fd(), 0, 4096, Place::Free).unwrap();
        assert_eq!(whole.read64(64), 0);
    }

    #[test]
    fn two_lie_behind_the_window_and_apart_and_a_place_that_is_taken_is_named() {
        let file = file(4096);
        let one = MappedBar::map(file.as_fd(), 0, 4096, Place::Free).unwrap();
        let two = MappedBar::map(file.as_fd(), 0, 4096, Place::Free).unwrap();
        assert!(one.address() >= window::BASE + window::LEN && one.address() != two.address());
        let third = MappedBar::map(file.as_fd(), 0, 4096, Place::At(one.address()));
        assert!(third.unwrap_err().to_string().contains("phalanx-bar"));
        let place = two.address();
        drop(two);
        let again = MappedBar::map(file.as_fd(), 0, 4096, Place::At(place)).unwrap();
        assert_eq!(again.address(), place);
    }
}
