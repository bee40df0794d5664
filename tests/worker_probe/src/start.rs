//! A static worker that measures its start: the example `echo`, but that it says when it was there, and ends
//! once its ring is empty.
//!
//! ```text
//! start-probe EAL-ARGUMENTS -- EXEC_NS
//! ```
#![no_std]
#![no_main]

use phalanx_core::ring::kind::Single;
use phalanx_worker::{Failure, Worker, worker};

worker!(main);

fn main(worker: &mut Worker) -> Result<(), Failure> {
    let mut input = worker.ring::<u64>("ping")?.consumer_as::<Single>()?;
    let mut output = worker.ring::<u64>("pong")?.producer_as::<Single>()?;
    // The moment is that of its first look into its ring.
    let attached = worker.now_ns();
    let executed = worker.arguments().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    worker.say(format_args!("{} {}", attached - executed, worker.took().as_nanos()));
    while let Ok(Some(word)) = input.dequeue() {
        while output.enqueue(word).is_err() && !worker.should_stop() {
            core::hint::spin_loop();
        }
    }
    Ok(())
}
