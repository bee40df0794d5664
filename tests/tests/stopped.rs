//! A process that is stopped in the middle of an operation is not dead: nobody takes from it, those
//! who need its half-done work are told who has it, and when it goes on, so does all.
//!
//! ```text
//! cargo test -p phalanx-tests --test stopped -- --ignored
//! ```

use core::time::Duration;
use std::path::Path;

use phalanx_tests::step::stop::stop_each;

/// Where one process at a time is in the middle of an end, so that it holds the others up.
const RINGS: [&str; 6] = [
    "ring.multi.enqueue-bulk.wrapping",
    "ring.multi.dequeue-bulk.wrapping",
    "ring.rts.enqueue-bulk.wrapping",
    "ring.rts.dequeue-bulk.wrapping",
    "ring.hts.enqueue-bulk.wrapping",
    "ring.hts.dequeue-bulk.wrapping",
];

/// Where it has the group's lock.
const LOCK: &str = "lock.lock-and-commit";

fn stop_each_for(operations: &[&str], time: Duration) {
    if cfg!(not(target_arch = "x86_64")) {
        println!("SKIPPED: marks are known as x86-64 opcodes only");
        return;
    }
    for operation in operations {
        stop_each(Path::new(env!("CARGO_BIN_EXE_phalanx-step")), operation, time);
    }
}

#[test]
fn who_stops_in_the_middle_of_a_ring_is_named_and_not_reaped() {
    stop_each_for(&RINGS, Duration::ZERO);
}

#[test]
fn who_stops_with_the_lock_in_hand_is_named_and_not_reaped() {
    stop_each_for(&[LOCK], Duration::ZERO);
}

#[test]
#[ignore = "stops eighteen processes for ten seconds each"]
fn who_stops_for_ten_seconds_is_named_and_not_reaped() {
    stop_each_for(&RINGS, Duration::from_secs(10));
}

#[test]
#[ignore = "stops three processes for ten seconds each"]
fn who_stops_for_ten_seconds_with_the_lock_in_hand_is_named_and_not_reaped() {
    stop_each_for(&[LOCK], Duration::from_secs(10));
}
