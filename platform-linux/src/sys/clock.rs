//! The monotonic clock, and the one on the wall.
//!
//! Read without a system call, once it is known how: rustix finds that out at the first reading, which
//! takes some. A static worker is told at its start (`vdso.rs`).

use core::time::Duration;
use rustix::time::{ClockId, Timespec};

/// Now. Cost: none but the first time.
pub fn monotonic_now() -> Duration {
    let now = read(ClockId::Monotonic);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Now, in nanoseconds. Cost: as [`monotonic_now`].
pub fn monotonic_ns() -> u64 {
    let now = read(ClockId::Monotonic);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// Nanoseconds since 1970. Cost: as [`monotonic_now`].
pub fn realtime_ns() -> u64 {
    let now = read(ClockId::Realtime);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

fn read(clock: ClockId) -> Timespec {
    #[cfg(feature = "std")]
    return rustix::time::clock_gettime(clock);
    #[cfg(not(feature = "std"))]
    super::vdso::read_clock(clock as i32)
}
