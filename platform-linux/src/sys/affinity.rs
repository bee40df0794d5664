//! The CPUs that a thread may run on, as the words of a set. rustix has the calls, with a set of its
//! own that is filled bit by bit.
#![expect(unsafe_code, reason = "two calls with a pointer to a set of bits")]

use super::syscall::syscall;
use linux_raw_sys::general::{__NR_sched_getaffinity, __NR_sched_setaffinity};
use phalanx_core::group::CpuSet;
use rustix::io::Errno;

/// Those of the calling thread: allowed and online. Cost: one system call.
///
/// # Errors
/// `EINVAL` on a machine with more CPUs than a set has.
pub fn current() -> Result<CpuSet, Errno> {
    let mut words = *CpuSet::new().words();
    let at = (&raw mut words).expose_provenance();
    // SAFETY: the kernel writes no more bytes than it is told, through a pointer to that many. 0 is
    // the calling thread.
    unsafe { syscall(__NR_sched_getaffinity, [0, size_of_val(&words), at, 0, 0, 0]) }?;
    Ok(CpuSet::from_words(words))
}

/// Has the calling thread run on `cpus`, as far as it may. Cost: one system call.
///
/// # Errors
/// `EINVAL` if it may run on none of them.
pub fn set(cpus: &CpuSet) -> Result<(), Errno> {
    let words = cpus.words();
    let at = words.as_ptr().expose_provenance();
    // SAFETY: the kernel reads so many bytes through a pointer to that many.
    unsafe { syscall(__NR_sched_setaffinity, [0, size_of_val(words), at, 0, 0, 0]) }.map(|_| ())
}
