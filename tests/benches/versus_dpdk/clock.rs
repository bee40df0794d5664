//! The time-stamp counter: what both sides count in.
#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "reading the TSC is an intrinsic")
)]

use core::time::Duration;
use std::time::Instant;

/// The counter now, in cycles of its fixed rate.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn cycles() -> u64 {
    // SAFETY: RDTSC exists on every x86-64 and touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Elsewhere a cycle is a nanosecond.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn cycles() -> u64 {
    static ORIGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// The counter's rate, measured against the monotonic clock over 50 ms.
pub(crate) fn cycles_per_ns() -> f64 {
    let (begin, begin_cycles) = (Instant::now(), cycles());
    std::thread::sleep(Duration::from_millis(50));
    let (elapsed, elapsed_cycles) = (begin.elapsed(), cycles() - begin_cycles);
    elapsed_cycles as f64 / elapsed.as_nanos() as f64
}
