//! Threads that really sleep, in whatever state a death has left their beds.

use core::time::Duration;
use std::fs;

use phalanx_core::wait::{get_up, lie_down, rouse, sleep_while};

use super::counting::Counting;
use super::{Beds, NEW, NOW, beds, ring, something, take_one};
use crate::step::operation::{Member, Outcome, same, sentence};

/// How often a sleeper looks again before it is said to sleep for ever: a minute's worth.
const MOST_SLEEPS: u32 = 600;

/// How often it is looked whether a sleeper sleeps: for some ten seconds.
const LOOKS: u32 = 100_000;

/// Of x86-64: the system call by which one sleeps, and its operation for a word that other processes see.
const FUTEX: &str = "202";
const WAIT: &str = "0x0";

/// A thread sleeps in each bed, another of this process wakes it; then there is nobody to wake.
pub(super) fn all_wake(member: &Member<'_>) -> Outcome {
    let (beds, counting) = (beds(member)?, Counting::of(member.group.platform()));
    let ring = ring(member)?;
    let (mut producer, mut consumer) =
        (ring.producer().map_err(sentence)?, ring.consumer().map_err(sentence)?);
    for number in 1..=3 {
        let mut left = MOST_SLEEPS;
        let sleeps = || consumer.wait(NOW, || take_one(&mut left)).map_err(sentence);
        let found = while_asleep(sleeps, || {
            producer.enqueue(number).map_err(sentence)?;
            producer.wake();
            Ok(())
        })?;
        same("the element that a sleeper was woken for", found?, Some(number))?;
    }
    beds.line.wake(&counting);
    beds.line.wake(&counting);
    same("calls for who is gone, at most one", counting.wakes() <= 1, true)?;
    let before = counting.wakes();
    let mut left = MOST_SLEEPS;
    let look = || something(&beds.word);
    let sleeps = || beds.line.wait(&counting, NOW, look, || take_one(&mut left));
    let found = while_asleep(sleeps, || {
        beds.word.publish(NEW);
        beds.line.wake(&counting);
        Ok(())
    })?;
    same("the word that a sleeper was woken for", found, Some(NEW))?;
    same("calls to wake it", counting.wakes(), before + 1)?;
    beds.word.publish(0);
    all_rouse(beds, &counting)
}

/// The same of who sleeps until one of several things is there.
fn all_rouse(beds: &Beds, counting: &Counting<'_>) -> Outcome {
    let rouse_it = || rouse(&beds.flag, counting, || Some(&beds.count));
    let before = counting.wakes();
    rouse_it();
    rouse_it();
    same("calls for who is gone, at most one", counting.wakes() <= before + 1, true)?;
    let before = counting.wakes();
    let sleeps = || {
        for _ in 0..MOST_SLEEPS {
            let seen = beds.count.observe();
            lie_down(&beds.flag);
            if let Some(thing) = something(&beds.thing) {
                return Some(thing);
            }
            sleep_while(&beds.count, seen, counting, u64::MAX);
        }
        None
    };
    let found = while_asleep(sleeps, || {
        beds.thing.publish(NEW);
        rouse_it();
        Ok(())
    })?;
    get_up(&beds.flag);
    same("the thing that a sleeper was roused for", found, Some(NEW))?;
    same("calls to rouse it", counting.wakes(), before + 1)?;
    beds.thing.publish(0);
    Ok(())
}

/// Has a thread do what sleeps, and does `wake` once it does. Returns what it has found.
fn while_asleep<R: Send>(
    sleeps: impl FnOnce() -> R + Send,
    wake: impl FnOnce() -> Outcome,
) -> Result<R, String> {
    std::thread::scope(|scope| {
        let (said, heard) = std::sync::mpsc::channel();
        let sleeper = scope.spawn(move || {
            // Who listens waits for it.
            let _ = said.send(rustix::thread::gettid());
            sleeps()
        });
        let thread = heard.recv().map_err(sentence)?;
        let call = format!("/proc/self/task/{}/syscall", thread.as_raw_nonzero());
        let is_asleep = || {
            let call = fs::read_to_string(&call).unwrap_or_default();
            let mut words = call.split(' ');
            words.next() == Some(FUTEX) && words.nth(1) == Some(WAIT)
        };
        // One that does not sleep has found something already, or never will: either is seen below.
        for _ in 0..LOOKS {
            if is_asleep() {
                break;
            }
            std::thread::sleep(Duration::from_micros(50));
        }
        wake()?;
        sleeper.join().map_err(|_| "a sleeper panicked".to_owned())
    })
}
