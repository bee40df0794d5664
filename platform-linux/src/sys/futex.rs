//! Sleeping on a word in shared memory, and waking whoever does: a futex that is not private to a
//! process.

use phalanx_core::sync::Contested32;
use rustix::thread::futex::{Flags, wait, wake};
use rustix::time::Timespec;

/// Sleeps while `word` is `expected`, at most `timeout_ns` nanoseconds. A signal ends it early.
///
/// Cost: one system call.
pub fn sleep_on(word: &Contested32, expected: u32, timeout_ns: u64) {
    let limit = Timespec {
        tv_sec: (timeout_ns / 1_000_000_000) as i64,
        tv_nsec: (timeout_ns % 1_000_000_000) as i64,
    };
    // The word has changed, the time is over, a signal came: whoever sleeps looks again anyhow.
    let _ = wait(word.as_futex(), Flags::empty(), expected, Some(&limit));
}

/// Wakes everybody who sleeps on `word`, in any process.
///
/// Cost: one system call.
pub fn wake_all(word: &Contested32) {
    // Fails for no word that this process can read.
    let _ = wake(word.as_futex(), Flags::empty(), i32::MAX as u32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sleeps_on_a_word_that_has_another_value() {
        sleep_on(&Contested32::new(1), 0, u64::MAX);
    }

    #[test]
    fn a_sleep_ends_with_its_time() {
        sleep_on(&Contested32::new(0), 0, 1_000);
    }

    #[test]
    fn a_sleeper_is_woken() {
        let word = Contested32::new(1);
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                while word.observe() == 1 {
                    sleep_on(&word, 1, 60_000_000_000);
                }
            });
            word.publish(0);
            wake_all(&word);
            sleeper.join().unwrap();
        });
    }
}
