//! The monotonic clock.
//!
//! rustix reads it without a system call, and brings two kilobytes along that find out how. A process
//! without a standard library asks the kernel: it does so at its start, and where it waits for
//! somebody. (Its program's own clock is the other one.)
#![cfg_attr(
    not(feature = "std"),
    expect(unsafe_code, reason = "clock_gettime with a pointer to a moment")
)]

use core::time::Duration;
use rustix::time::Timespec;

/// Now. Cost: none, or without a standard library one system call.
pub fn monotonic_now() -> Duration {
    let now = read();
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Now, in nanoseconds. Cost: as [`monotonic_now`].
pub fn monotonic_ns() -> u64 {
    let now = read();
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

#[cfg(feature = "std")]
fn read() -> Timespec {
    rustix::time::clock_gettime(rustix::time::ClockId::Monotonic)
}

#[cfg(not(feature = "std"))]
fn read() -> Timespec {
    use super::syscall::syscall;
    use linux_raw_sys::general::{__NR_clock_gettime, CLOCK_MONOTONIC};
    let mut now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let at = (&raw mut now).expose_provenance();
    // SAFETY: the kernel writes one moment through the pointer, which outlives the call.
    let _ = unsafe { syscall(__NR_clock_gettime, [CLOCK_MONOTONIC as usize, at, 0, 0, 0, 0]) };
    now
}
