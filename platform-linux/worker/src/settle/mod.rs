//! What a worker does once it has joined, so that its loop meets neither the kernel nor a page
//! fault, and so that a mistake in it harms nobody else.
//!
//! What an ordinary user may not have is left out, with a line that says what and how to get it: to
//! whoever started the worker, and in the group's log.

pub mod sandbox;

mod descriptors;
mod locking;

pub(crate) use descriptors::close_inherited;

use core::ops::Range;

use phalanx_core::group::Group;
use phalanx_linux::sys::errno::Named;
use phalanx_linux::sys::schedule;
use rustix::io::Errno;

use crate::say::complain;

/// Whether the program's own memory is locked: see [`lock_memory`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnMemory(Result<(), Errno>);

/// Locks the program's `image` in memory, and its stack from `stack_start` on down. Before anything else: the
/// kernel brings them in at once, where the start would meet a page fault for each part of them.
///
/// Cost: three system calls.
#[inline(always)]
pub(crate) fn lock_own_memory(image: Range<usize>, stack_start: usize) -> OwnMemory {
    OwnMemory(locking::lock_own(image, stack_start))
}

/// Locks the rest of what could be paged out: the group's tables, and memory of ordinary pages as far as
/// it is backed. Hugepages never are; and never everything that is mapped, for the kernel looks at each
/// page of a terabyte then, and takes seconds.
///
/// Cost: one system call, and one for each run of ordinary pages.
pub(crate) fn lock_memory(own: OwnMemory, group: &Group) {
    if let Err(errno) = own.0.and_then(|()| locking::lock_group(group)) {
        defmt::warn!(
            "memory is not all locked and may be paged out: error {=i32}; raise the limit with `ulimit -l unlimited`",
            errno.raw_os_error()
        );
        complain(format_args!(
            "worker: its memory is not all locked and may be paged out: {}; raise the limit with `ulimit -l unlimited`",
            Named(errno)
        ));
    }
}

/// Takes the real-time class, if it may.
pub(crate) fn become_fifo(priority: u8) {
    if let Err(errno) = schedule::become_fifo(priority) {
        defmt::warn!(
            "--sched fifo:{=u8} is left out: error {=i32}; it takes CAP_SYS_NICE or a higher `ulimit -r`",
            priority,
            errno.raw_os_error()
        );
        complain(format_args!(
            "worker: --sched fifo:{priority} is left out: {}; it takes CAP_SYS_NICE or `ulimit -r {priority}`",
            Named(errno)
        ));
    }
}
