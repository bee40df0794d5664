//! The monotonic clock, and the one on the wall.
//!
//! Read without a system call, once rustix has found out how: that is the first reading, and takes
//! some. A process that shuts itself in reads it before.

use core::time::Duration;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Now. Cost: none but the first time.
pub fn monotonic_now() -> Duration {
    let now = read();
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Now, in nanoseconds. Cost: as [`monotonic_now`].
pub fn monotonic_ns() -> u64 {
    let now = read();
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// Nanoseconds since 1970. Cost: as [`monotonic_now`].
pub fn realtime_ns() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

fn read() -> Timespec {
    clock_gettime(ClockId::Monotonic)
}
