//! Sleeping and waking.

use super::WaitLine;
use crate::platform::Platform;
use crate::sync::{Contested32, full_fence, relax};

/// Longest sleep in one piece, nanoseconds: how late a process is that nobody lives to wake.
pub const NAP_NS: u64 = 100_000_000;

/// Somebody may sleep.
const SLEEPERS: u32 = 1;
/// Nobody does.
const NOBODY: u32 = 0;

/// How to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Turns on the spot: the fastest, for a core of its own. No system call.
    Spin,
    /// So many turns, then sleep until woken.
    SpinThenSleep {
        /// Turns before each sleep.
        spins: u32,
    },
    /// Turns and short sleeps by turns, for peers that do not wake: never later than `nap_ns`.
    Mixed {
        /// Turns before each sleep.
        spins: u32,
        /// Longest sleep, nanoseconds; at most [`NAP_NS`] is used.
        nap_ns: u64,
    },
}

impl Waiting {
    /// Turns before a sleep or a question, and the longest sleep.
    pub(crate) fn parts(self) -> (u32, u64) {
        match self {
            Self::Spin => (SPINS_A_QUESTION, 0),
            Self::SpinThenSleep { spins } => (spins, NAP_NS),
            Self::Mixed { spins, nap_ns } => (spins, nap_ns.min(NAP_NS)),
        }
    }
}

/// Turns of [`Waiting::Spin`] between two questions whether to go on: some milliseconds.
const SPINS_A_QUESTION: u32 = 1 << 20;

/// What [`WaitLine::wait`] does, on a word of any structure.
pub(crate) fn wait_on<T>(
    word: &Contested32,
    platform: &dyn Platform,
    how: Waiting,
    mut look: impl FnMut() -> Option<T>,
    mut go_on: impl FnMut() -> bool,
) -> Option<T> {
    let (spins, nap_ns) = how.parts();
    loop {
        for _ in 0..=spins {
            if let Some(found) = look() {
                return Some(found);
            }
            relax();
        }
        if nap_ns > 0
            && let Some(found) = sleep_on(word, platform, nap_ns, &mut look)
        {
            return Some(found);
        }
        if !go_on() {
            return None;
        }
    }
}

/// One sleep, unless a last look finds something.
fn sleep_on<T>(
    word: &Contested32,
    platform: &dyn Platform,
    nap_ns: u64,
    look: &mut impl FnMut() -> Option<T>,
) -> Option<T> {
    word.publish(SLEEPERS);
    // Pairs with the fence in `wake_on`: this look sees what was published, or the waker sees
    // the word.
    full_fence();
    let found = look();
    if found.is_none() {
        platform.sleep(word, SLEEPERS, nap_ns);
    }
    found
}

/// What [`WaitLine::wake`] does, on a word of any structure.
#[inline(always)]
pub(crate) fn wake_on(word: &Contested32, platform: &dyn Platform) {
    // Pairs with the fence in `sleep_on`.
    full_fence();
    if word.peek() != NOBODY {
        wake_sleepers(word, platform);
    }
}

#[cold]
fn wake_sleepers(word: &Contested32, platform: &dyn Platform) {
    word.publish(NOBODY);
    platform.wake(word);
}

impl WaitLine {
    /// Waits until `look` finds something, and returns it; `None` once `go_on` says `false`, which
    /// is asked after each sleep (or a million turns). A peer that dies without waking is so found
    /// within [`NAP_NS`].
    ///
    /// Cost: none but `look` while it turns; one system call a sleep.
    pub fn wait<T>(
        &self,
        platform: &dyn Platform,
        how: Waiting,
        look: impl FnMut() -> Option<T>,
        go_on: impl FnMut() -> bool,
    ) -> Option<T> {
        wait_on(&self.word, platform, how, look, go_on)
    }

    /// Wakes whoever sleeps. Call it after publishing what they wait for.
    ///
    /// Cost: a full fence (some 20 cycles) and a load; one system call if somebody sleeps.
    #[inline(always)]
    pub fn wake(&self, platform: &dyn Platform) {
        wake_on(&self.word, platform);
    }
}
