//! Prefaulting: after it, no access to the range costs a page fault.
//!
//! The kernel's own way (`MADV_POPULATE_WRITE`, Linux 5.14) reports a page that
//! cannot be had as an error. Touching by hand, all that older kernels leave,
//! gets a SIGBUS instead; no handler is installed for it, since a library that
//! takes over a signal breaks its host.
#![expect(unsafe_code, reason = "advice to the kernel, and touching pages by hand")]

use super::reservation::pointer;
use super::{Access, PopulateError, Reservation};
use crate::sys::page::page_size;
use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};
use rustix::io::Errno;
use rustix::mm::{self, Advice};

impl Reservation {
    /// Brings every page of `[base, base + len)` in, so that no later access with
    /// `access` faults. The content does not change.
    ///
    /// With `ReadWrite` a hole of the file is filled from the pool, so prefault
    /// what is committed and nothing else. Cost: one system call, and a page table
    /// entry a page (0.25 ms for 1 GiB of 2 MiB pages). Before Linux 5.14 each
    /// 4 KiB is touched by hand, and a missing page is a SIGBUS instead of an error.
    ///
    /// # Errors
    /// [`PopulateError`].
    ///
    /// # Safety
    /// The range must have been mapped by [`Self::map_file_fixed`] with this access.
    pub unsafe fn populate(
        &self,
        base: usize,
        len: usize,
        access: Access,
    ) -> Result<(), PopulateError> {
        if self.check_inside(base, len).is_err() {
            return Err(PopulateError::OutsideReservation { base, len });
        }
        let advice = match access {
            Access::ReadWrite => Advice::LinuxPopulateWrite,
            Access::ReadOnly => Advice::LinuxPopulateRead,
        };
        match advise(base, len, advice) {
            Ok(()) => Ok(()),
            Err(Errno::INVAL) if advise(base, 0, advice).is_err() => {
                // The kernel does not know the advice at all, not even for nothing.
                // SAFETY: the caller vouches for range and access.
                unsafe { touch_each_page(base, len, access) };
                Ok(())
            }
            Err(Errno::FAULT) => Err(PopulateError::NotBacked { base, len }),
            Err(Errno::NOMEM | Errno::INVAL) => Err(PopulateError::NotMapped { base, len }),
            Err(errno) => Err(PopulateError::Refused(errno)),
        }
    }
}

/// Brings `[base, base + len)` into this process's page tables, for reading: only then does the kernel say
/// where it is. Nothing changes but that. One system call.
///
/// # Errors
/// The kernel's; `ENOMEM` or `EFAULT` if something of it is not mapped or not backed.
#[cfg(feature = "std")]
pub(crate) fn bring_in(base: usize, len: usize) -> Result<(), Errno> {
    advise(base, len, Advice::LinuxPopulateRead)
}

/// Whether this kernel can prefault and say what it could not (`MADV_POPULATE_WRITE`, Linux 5.14).
/// Cost: one system call, which changes nothing.
pub fn is_populating_known() -> bool {
    advise(0, 0, Advice::LinuxPopulateWrite).is_ok()
}

/// Gives a piece of populating advice, again when a signal interrupts it.
fn advise(base: usize, len: usize, advice: Advice) -> Result<(), Errno> {
    loop {
        // SAFETY: `populate` passes the two pieces of advice that bring pages in
        // and change no content.
        match unsafe { mm::madvise(pointer(base), len, advice) } {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// What [`Reservation::populate`] does on a kernel that cannot.
///
/// # Safety
/// `[base, base + len)` must be mapped with `access`.
pub(super) unsafe fn touch_each_page(base: usize, len: usize, access: Access) {
    let mut address = base;
    while address < base + len {
        let byte = ptr::with_exposed_provenance_mut::<u8>(address);
        // SAFETY: the caller vouches that the byte is mapped; an atomic races
        // with nobody who keeps the rules of shared memory.
        let byte = unsafe { AtomicU8::from_ptr(byte) };
        // The compiler drops a visible `or 0`, and a load nobody looks at.
        black_box(match access {
            Access::ReadWrite => byte.fetch_or(black_box(0), Ordering::Relaxed),
            Access::ReadOnly => byte.load(Ordering::Relaxed),
        });
        address += page_size();
    }
}
