//! Waiting that ends.
//!
//! Every wait for another process has a deadline on the monotonic clock, so a
//! stopped or hung process can make us late but never hang us. A [`Deadline`]
//! is a moment, not a length: it can be handed down through several waits and
//! they still end together.

use core::time::Duration;
use rustix::thread::nanosleep;
use rustix::time::Timespec;

use super::clock::monotonic_now;

/// First and longest pause between two attempts of [`Deadline::poll`].
const SHORTEST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// A moment on the monotonic clock after which waiting stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    monotonic: Duration,
}

impl Deadline {
    /// The moment `wait` from now. Cost: one clock reading (vDSO).
    pub fn after(wait: Duration) -> Self {
        Self { monotonic: monotonic_now().saturating_add(wait) }
    }

    /// The moment at which the monotonic clock shows `ns` nanoseconds: one that another process has named.
    pub fn at_ns(ns: u64) -> Self {
        Self { monotonic: Duration::from_nanos(ns) }
    }

    /// What the monotonic clock shows then, in nanoseconds: the same in every process.
    pub fn as_ns(&self) -> u64 {
        u64::try_from(self.monotonic.as_nanos()).unwrap_or(u64::MAX)
    }

    /// The sooner of two.
    #[must_use]
    pub fn sooner(self, other: Self) -> Self {
        Self { monotonic: self.monotonic.min(other.monotonic) }
    }

    /// How long from now; zero when it has passed.
    pub fn remaining(&self) -> Duration {
        self.monotonic.saturating_sub(monotonic_now())
    }

    /// Whether the moment has come.
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// Calls `attempt` until it answers or the deadline has passed, with pauses
    /// from 50 µs growing to 5 ms. It is called at least once, even when the
    /// deadline has already passed; `Ok(None)` means it never answered.
    ///
    /// # Errors
    /// The first error of `attempt` ends the wait.
    pub fn poll<T, E>(
        &self,
        mut attempt: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let mut pause = SHORTEST_PAUSE;
        loop {
            if let Some(answer) = attempt()? {
                return Ok(Some(answer));
            }
            let left = self.remaining();
            if left.is_zero() {
                return Ok(None);
            }
            sleep(pause.min(left));
            pause = pause.saturating_add(pause).min(LONGEST_PAUSE);
        }
    }
}

/// A signal may end the pause early, which costs one more attempt.
pub(crate) fn sleep(pause: Duration) {
    let request =
        Timespec { tv_sec: pause.as_secs() as i64, tv_nsec: i64::from(pause.subsec_nanos()) };
    let _ = nanosleep(&request);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_made_even_after_the_deadline() {
        let answer: Result<_, ()> = Deadline::after(Duration::ZERO).poll(|| Ok(Some(7)));
        assert_eq!(answer, Ok(Some(7)));
    }

    #[test]
    fn polling_ends_when_the_deadline_passes() {
        let mut attempts = 0;
        let answer: Result<Option<()>, ()> = Deadline::after(Duration::from_millis(2)).poll(|| {
            attempts += 1;
            Ok(None)
        });
        assert_eq!(answer, Ok(None));
        assert!(attempts >= 2);
    }

    #[test]
    fn an_error_ends_the_polling() {
        let answer: Result<Option<()>, _> =
            Deadline::after(Duration::from_secs(60)).poll(|| Err("broken"));
        assert_eq!(answer, Err("broken"));
    }

    #[test]
    fn a_wait_without_end_does_not_overflow_the_clock() {
        assert!(!Deadline::after(Duration::MAX).has_passed());
    }
}
