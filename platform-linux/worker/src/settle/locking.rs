//! The pages of a worker that could be paged out.
#![expect(unsafe_code, reason = "locking ranges of addresses")]

use core::ffi::c_void;
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::ptr;

use phalanx_core::group::{Group, GroupRegion};
use rustix::io::Errno;
use rustix::mm::{MlockFlags, mlock, mlock_with};

use crate::image;

/// Bytes of stack that are locked, from here on down.
const STACK: usize = 64 << 10;
const PAGE: usize = 4096;

/// From here on pages are never paged out.
const HUGE: u64 = 2 << 20;

/// Locks image and stack.
///
/// # Errors
/// `EPERM` or `ENOMEM` if the limit on locked memory is lower; what fitted stays locked.
#[inline(never)]
pub(super) fn lock_own() -> Result<(), Errno> {
    let image = image::addresses();
    lock(image.start, image.len())?;
    // Touched first, at its far end: the kernel locks no stack that has not grown yet.
    let mut stack = MaybeUninit::<[u8; STACK]>::uninit();
    let stack = black_box(&mut stack).as_mut_ptr().cast::<u8>();
    // SAFETY: it is within the array, which nobody else has; any byte will do.
    unsafe { stack.write_volatile(0) };
    lock(stack.addr(), STACK)
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

fn whole_pages(start: usize, len: usize) -> (*mut c_void, usize) {
    let first = start & !(PAGE - 1);
    (ptr::with_exposed_provenance_mut(first), (start + len).next_multiple_of(PAGE) - first)
}
