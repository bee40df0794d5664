//! The bare line: one word that two threads on the two processors answer each other in. It says how
//! far the processors are from each other at the moment.

use core::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use phalanx_core::group::CpuSet;
use phalanx_linux::affinity::pin_thread;

/// Round trips of one measurement: about a millisecond.
const TRIPS: u64 = 3000;

#[repr(align(128))]
struct Line(AtomicU64);

/// Nanoseconds there and back.
pub(crate) fn round_trip_ns() -> f64 {
    let line = Line(AtomicU64::new(0));
    let answer = || {
        pin(1);
        for trip in 0..TRIPS {
            wait_for(&line, 2 * trip + 1);
            line.0.store(2 * trip + 2, Ordering::Release);
        }
    };
    let ask = || {
        pin(0);
        // Both are there before the clock starts.
        line.0.store(1, Ordering::Release);
        wait_for(&line, 2);
        let begin = Instant::now();
        for trip in 1..TRIPS {
            line.0.store(2 * trip + 1, Ordering::Release);
            wait_for(&line, 2 * trip + 2);
        }
        begin.elapsed().as_nanos() as f64 / (TRIPS - 1) as f64
    };
    thread::scope(|scope| {
        scope.spawn(answer);
        let asked = scope.spawn(ask);
        asked.join().unwrap_or(0.0)
    })
}

fn pin(cpu: u16) {
    let cpus: CpuSet = [cpu].into_iter().collect();
    // On a machine with one processor the figure says so.
    let _ = pin_thread(&cpus);
}

fn wait_for(line: &Line, value: u64) {
    while line.0.load(Ordering::Acquire) != value {
        core::hint::spin_loop();
    }
}
