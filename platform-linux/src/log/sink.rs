//! Where whole frames go: this process's log, one at a time.

#![cfg_attr(
    not(feature = "std"),
    expect(unsafe_code, reason = "the log is taken from who will never go on")
)]

use core::sync::atomic::{AtomicU32, Ordering};

use phalanx_core::log::{LogWriter, Weight};
use phalanx_core::platform::Platform;
use spin::{RwLock, RwLockWriteGuard};

use crate::eal::PLATFORM;

/// How often a thread looks whether another has written its frame, and how often it then lets
/// others run. Who has been interrupted by a signal handler in the middle of writing is not waited
/// for any longer.
const SPINS: u32 = 1000;
const GIVES_WAY: u32 = 100;

static SINK: RwLock<Option<LogWriter>> = RwLock::new(None);

/// Frames that were dropped where the log could not be asked, until it can.
static DROPPED: AtomicU32 = AtomicU32::new(0);

/// Gives this process another log, or none. Waits until nobody writes.
pub(super) fn set(log: Option<LogWriter>) {
    *SINK.write() = log;
}

/// Writes a frame; what cannot be written is counted.
///
/// Cost: [`LogWriter::write`]; no system call unless another thread writes.
pub(super) fn keep(frame: &[u8], weight: Weight) {
    let Some(mut sink) = take() else { return drop_one() };
    let Some(log) = sink.as_mut() else { return drop_one() };
    let before = DROPPED.swap(0, Ordering::Relaxed);
    if before > 0 {
        log.count_dropped(before);
    }
    // The log itself counts what it drops.
    let _ = log.write(frame, PLATFORM.now_ns(), weight);
}

/// Counts a frame that is not written.
pub(super) fn drop_one() {
    DROPPED.fetch_add(1, Ordering::Relaxed);
}

/// Lets go of the log for whoever has been interrupted while he wrote, and will never go on.
#[cfg(not(feature = "std"))]
pub(super) fn take_away() {
    if SINK.try_write().is_none() {
        // SAFETY: it is locked, by this thread, for there is no other; and who had it never uses it
        // again, nor lets go of it, for the process ends.
        unsafe { SINK.force_write_unlock() };
    }
}

fn take() -> Option<RwLockWriteGuard<'static, Option<LogWriter>>> {
    for round in 0..SPINS + GIVES_WAY {
        if let Some(sink) = SINK.try_write() {
            return Some(sink);
        }
        if round < SPINS {
            core::hint::spin_loop();
        } else {
            rustix::thread::sched_yield();
        }
    }
    None
}
