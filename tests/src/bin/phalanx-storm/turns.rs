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

/// What the host took of each processor while the machine wanted it, in ticks of 10 ms: `steal` in
/// `/proc/stat`. On a shared host that comes in pieces of up to 100 ms, in which nothing here runs,
/// and the scheduler within does not count it as waiting.
#[derive(Debug)]
pub(crate) struct Stolen {
    file: Option<File>,
    last: Cell<[u64; CPUS]>,
}

/// Processors that are looked at.
const CPUS: usize = 8;
const TICK_NS: u64 = 10_000_000;

impl Stolen {
    pub(crate) fn from_now() -> Self {
        let stolen = Self { file: File::open("/proc/stat").ok(), last: Cell::default() };
        stolen.look();
        stolen
    }

    /// Nanoseconds since the last look, of the processor that lost most.
    pub(crate) fn look(&self) -> u64 {
        let mut text = [0; 1024];
        let len = self.file.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        let text = text.get(..len).map(String::from_utf8_lossy).unwrap_or_default();
        let mut now = [0; CPUS];
        let lines = text.lines().skip(1).take_while(|line| line.starts_with("cpu"));
        for (word, line) in now.iter_mut().zip(lines) {
            *word = line.split_whitespace().nth(8).and_then(|it| it.parse().ok()).unwrap_or(0);
        }
        let last = self.last.replace(now);
        let most = now.iter().zip(last).map(|(now, last)| now.saturating_sub(last)).max();
        most.unwrap_or(0) * TICK_NS
    }
}
