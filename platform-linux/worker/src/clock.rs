//! Resting.

use core::sync::atomic::AtomicU32;
use core::time::Duration;

use rustix::thread::futex;
use rustix::time::Timespec;

/// Nobody ever wakes who rests on it.
static NEVER: AtomicU32 = AtomicU32::new(0);

/// Rests by a futex that nobody wakes: the one way to sleep that every sandbox allows.
pub(crate) fn rest(time: Duration) {
    let limit = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) };
    // Ends with the time, or earlier by a signal, which is as well.
    let _ = futex::wait(&NEVER, futex::Flags::PRIVATE, 0, Some(&limit));
}
