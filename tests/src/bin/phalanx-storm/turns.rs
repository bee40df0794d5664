//! This thread's turns on a CPU, as the scheduler counts them.

use core::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt;

use rustix::time::{ClockId, clock_gettime};

/// Where a thread's own are told. The second number is what counts here: nanoseconds for which it
/// was runnable and had no CPU. (The first, its time on one, is brought up to date at ticks only.)
const PLACE: &str = "/proc/thread-self/schedstat";

/// What was told at the last look.
#[derive(Debug)]
pub(crate) struct Turns {
    /// `None` where the kernel does not count: then a thread never waits.
    file: Option<File>,
    last: Cell<(u64, u64)>,
}

impl Turns {
    /// Those of the calling thread, which alone may look at them.
    pub(crate) fn of_this_thread() -> Self {
        let turns = Self { file: File::open(PLACE).ok(), last: Cell::default() };
        turns.look();
        turns
    }

    /// How long it has been on a CPU since the last look, and how long it was runnable without one.
    pub(crate) fn look(&self) -> (u64, u64) {
        let mut text = [0; 96];
        let len = self.file.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let text = text.get(..len).and_then(|text| core::str::from_utf8(text).ok());
        let waited = text.unwrap_or_default().split_whitespace().nth(1);
        let ran = clock_gettime(ClockId::ThreadCPUTime);
        let ran = ran.tv_sec as u64 * 1_000_000_000 + ran.tv_nsec as u64;
        let now = (ran, waited.and_then(|word| word.parse().ok()).unwrap_or(0));
        let last = self.last.replace(now);
        (now.0.saturating_sub(last.0), now.1.saturating_sub(last.1))
    }
}
