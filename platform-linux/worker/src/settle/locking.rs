//! The pages of a worker that could be paged out.
#![expect(unsafe_code, reason = "locking ranges of addresses")]

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr;

use phalanx_core::group::{Group, GroupRegion};
use rustix::io::Errno;
use rustix::mm::{MlockFlags, mlock, mlock_with};

/// Bytes of stack that are locked, from here on down.
const STACK: usize = 64 << 10;
const PAGE: usize = 4096;

/// From here on pages are never paged out.
const HUGE: u64 = 2 << 20;

unsafe extern "C" {
    /// `linker/worker.ld`: where the image begins.
    static __phx_image_start: u8;
    /// `linker/worker.ld`: where it ends.
    static __phx_image_end: u8;
}

/// Locks image, stack, the group's tables and its memory of ordinary pages.
///
/// # Errors
/// `EPERM` or `ENOMEM` if the limit on locked memory is lower; what fitted stays locked.
#[inline(never)]
pub(super) fn lock_all(group: &Group) -> Result<(), Errno> {
    let start = (&raw const __phx_image_start).addr();
    let end = (&raw const __phx_image_end).addr();
    lock(start, end - start)?;
    // Touched first: the kernel locks no stack that has not grown yet.
    let stack = black_box([0u8; STACK]);
    lock((&raw const stack).addr(), STACK)?;
    let window = ptr::from_ref(group.region()).addr();
    lock(window, size_of::<GroupRegion>())?;
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
