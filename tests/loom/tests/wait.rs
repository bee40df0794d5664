//! A wake-up is never lost: sleeper and waker in every order.
#![cfg(loom)]
#![expect(unsafe_code, reason = "a platform's word on who lives is unsafe to give")]

use loom::sync::Arc;
use loom::thread;
use phalanx_core::platform::{CommitError, Platform};
use phalanx_core::sync::weak::Weakening;
use phalanx_core::sync::{Contested32, Published32};
use phalanx_core::wait::{WaitLine, Waiting, lie_down, rouse, sleep_while};
use phalanx_loom::{check, finds_a_fault};

/// Sleeps until the word changes and no moment less: a lost wake-up is a wait without end.
struct Patient;

// SAFETY: nobody is said to be dead, and there is no memory.
unsafe impl Platform for Patient {
    fn is_alive(&self, _: u16) -> bool {
        true
    }
    fn commit(&self, _: usize, _: u64, _: u64) -> Result<(), CommitError> {
        Err(CommitError::Fixed)
    }
    fn release(&self, _: usize, _: u64, _: u64) -> bool {
        false
    }
    fn give_way(&self) {
        thread::yield_now();
    }
    fn sleep(&self, word: &Contested32, expected: u32, _: u64) {
        while word.peek() == expected {
            thread::yield_now();
        }
    }
    fn wake(&self, _: &Contested32) {}
    fn now_ns(&self) -> u64 {
        0
    }
}

/// One publishes and wakes, the other sleeps until it is there.
fn one_word_is_waited_for() {
    let shared = Arc::new((WaitLine::new(), Published32::new(0)));
    let theirs = Arc::clone(&shared);
    let waker = thread::spawn(move || {
        theirs.1.publish(7);
        theirs.0.wake(&Patient);
    });
    let look = || Some(shared.1.observe()).filter(|word| *word != 0);
    let found = shared.0.wait(&Patient, Waiting::SpinThenSleep { spins: 0 }, look, || true);
    assert_eq!(found, Some(7));
    waker.join().unwrap();
}

#[test]
fn a_wake_up_is_never_lost() {
    check(one_word_is_waited_for);
}

#[test]
fn without_the_fences_one_is_lost() {
    assert!(finds_a_fault(Weakening::Fences, one_word_is_waited_for));
}

/// Two things, a flag each, and the count that who waits for either sleeps on.
#[derive(Default)]
struct Two {
    flags: [Contested32; 2],
    words: [Published32; 2],
    count: Contested32,
}

/// One publishes a thing and rouses, the other sleeps until either is there.
fn either_of_two_is_waited_for() {
    let shared = Arc::new(Two::default());
    let theirs = Arc::clone(&shared);
    let waker = thread::spawn(move || {
        theirs.words[1].publish(7);
        rouse(&theirs.flags[1], &Patient, || Some(&theirs.count));
    });
    loop {
        let seen = shared.count.observe();
        shared.flags.iter().for_each(lie_down);
        if shared.words.iter().any(|word| word.observe() != 0) {
            break;
        }
        sleep_while(&shared.count, seen, &Patient, u64::MAX);
    }
    waker.join().unwrap();
}

#[test]
fn a_sleeper_on_two_things_is_roused_by_either() {
    check(either_of_two_is_waited_for);
}

#[test]
fn without_the_fences_it_sleeps_on() {
    assert!(finds_a_fault(Weakening::Fences, either_of_two_is_waited_for));
}
