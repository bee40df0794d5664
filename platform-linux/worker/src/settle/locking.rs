//! The pages of a worker that could be paged out.
#![expect(unsafe_code, reason = "locking ranges of addresses")]

use core::ffi::c_void;
use core::ops::Range;
use core::ptr;

use phalanx_core::group::{Group, GroupRegion};
use rustix::io::Errno;
use rustix::mm::{Advice, MlockFlags, madvise, mlock, mlock_with};

/// Bytes of stack that are locked, from the program's first frame on down. Of a stack that the limit allows
/// so much the kernel has mapped 128 KB when the program begins.
const STACK: usize = 64 << 10;

/// So many of them are brought in before anything uses them; the start itself uses some 24 KB. Each page takes a
/// start 1.5 µs, so the rest comes when a program wants it.
const READY: usize = 48 << 10;
const PAGE: usize = 4096;

/// From here on pages are never paged out.
const HUGE: u64 = 2 << 20;

/// Locks image and stack.
///
/// # Errors
/// `EPERM` or `ENOMEM` if the limit on locked memory is lower; what fitted stays locked.
#[inline(always)]
pub(super) fn lock_own(image: Range<usize>, stack_start: usize) -> Result<(), Errno> {
    lock(image.start, image.len())?;
    lock_what_is_there(stack_start - STACK, STACK)?;
    bring_in(stack_start - READY, READY);
    Ok(())
}

/// Locks the group's tables and its memory of ordinary pages.
///
/// # Errors
/// As above.
#[inline(never)]
pub(super) fn lock_group(group: &Group) -> Result<(), Errno> {
    let window = ptr::from_ref(group.region()).addr();
    lock_what_is_there(window, size_of::<GroupRegion>())?;
    for run in group.memseg_lists().runs().filter(|run| run.list.page_bytes() < HUGE) {
        lock_what_is_there(window + run.at.get() as usize, run.bytes as usize)?;
    }
    Ok(())
}

#[inline(always)]
fn lock(start: usize, len: usize) -> Result<(), Errno> {
    let (at, len) = whole_pages(start, len);
    // SAFETY: locking changes no memory; what is not mapped is an error.
    unsafe { mlock(at, len) }
}

/// Locks each page once it is there: one that somebody gives back meanwhile is not taken again.
fn lock_what_is_there(start: usize, len: usize) -> Result<(), Errno> {
    let (at, len) = whole_pages(start, len);
    // SAFETY: as above.
    unsafe { mlock_with(at, len, MlockFlags::ONFAULT) }
}

/// Brings in memory of which nobody knows yet. A kernel that cannot (before Linux 5.14) does so as it is used.
fn bring_in(start: usize, len: usize) {
    let (at, len) = whole_pages(start, len);
    // SAFETY: changes no content.
    let _ = unsafe { madvise(at, len, Advice::LinuxPopulateWrite) };
}

#[inline(always)]
fn whole_pages(start: usize, len: usize) -> (*mut c_void, usize) {
    let first = start & !(PAGE - 1);
    (ptr::with_exposed_provenance_mut(first), (start + len).next_multiple_of(PAGE) - first)
}
