//! Sleeping until a group's tables may say something new, and waking those who sleep.
//!
//! The core counts changes in one word; here is the futex on it. A read-only mapping is enough to
//! sleep, so observers may too. No allocation, no `std`: static workers use this file.

use core::time::Duration;

use phalanx_core::group::GroupRegion;
use rustix::thread::futex::{self, Flags, Timespec};

/// Says that the tables have changed, and wakes everyone who sleeps until they do.
///
/// Cost: one system call. Who changes the tables calls it after the change.
pub fn announce(region: &GroupRegion) {
    region.count_change();
    wake(region);
}

/// Wakes everyone who sleeps on the change word, for a change that is counted already.
pub fn wake(region: &GroupRegion) {
    // It fails for no word that is mapped, and nobody can be told.
    let _ = futex::wake(region.change_word().as_futex(), Flags::empty(), i32::MAX as u32);
}

/// Sleeps until the change word is other than `seen`, at most for `longest`; it may return early.
/// One system call.
pub fn sleep_until_change(region: &GroupRegion, seen: u32, longest: Duration) {
    let longest = Timespec {
        tv_sec: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: longest.subsec_nanos().into(),
    };
    // Moved already, woken, timed out, or a signal: in each case the caller looks again.
    let _ = futex::wait(region.change_word().as_futex(), Flags::empty(), seen, Some(&longest));
}
