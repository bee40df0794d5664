//! What no ring can be faster than: a word that two threads answer each other in.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::time::Instant;

use phalanx_core::group::CpuSet;
use phalanx_linux::affinity::pin_thread;

use crate::spread::Spread;

/// Where the two write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Both the same word.
    One,
    /// Each a word in a line of its own, as the ends of two rings do.
    Two,
}

#[repr(align(128))]
struct Line(AtomicU64);

/// Says in the second word that it has seen what is in the first, until that is the last.
fn answer(there: &Line, back: &Line) {
    let _ = pin_thread(&CpuSet::from_iter([1]));
    let mut last = 0;
    while last != u64::MAX {
        let word = there.0.load(Ordering::Acquire);
        if word % 2 == 1 && word != last {
            last = word;
            if word != u64::MAX {
                back.0.store(word + 1, Ordering::Release);
            }
        }
        core::hint::spin_loop();
    }
}

/// Round trips between this thread and one on CPU 1, for so long.
pub(crate) fn trips(lines: Lines, ms: u64) -> Spread {
    let (one, other) = (Line(AtomicU64::new(0)), Line(AtomicU64::new(0)));
    let (there, back) = (&one, if lines == Lines::One { &one } else { &other });
    std::thread::scope(|scope| {
        scope.spawn(|| answer(there, back));
        let end = Instant::now() + Duration::from_millis(ms);
        let (mut times, mut next) = (Vec::with_capacity(ms as usize * 4_000), 1);
        while Instant::now() < end {
            for _ in 0..100 {
                let begin = Instant::now();
                there.0.store(next, Ordering::Release);
                while back.0.load(Ordering::Acquire) != next + 1 {
                    core::hint::spin_loop();
                }
                times.push(begin.elapsed().as_nanos() as u64);
                next += 2;
            }
        }
        there.0.store(u64::MAX, Ordering::Release);
        Spread::of(times)
    })
}
