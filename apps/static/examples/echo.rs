//! The smallest useful static worker: what comes out of ring `ping` goes into ring `pong`.
//!
//! ```text
//! echo --file-prefix PREFIX -l LCORE
//! ```
#![no_std]
#![no_main]

use phalanx_core::ring::kind::Single;
use phalanx_worker::{Failure, Worker, worker};

worker!(main);

fn main(worker: &mut Worker) -> Result<(), Failure> {
    let mut input = worker.ring::<u64>("ping")?.consumer_as::<Single>()?;
    let mut output = worker.ring::<u64>("pong")?.producer_as::<Single>()?;
    worker.say(format_args!("{}", worker.start_line()));
    while !worker.should_stop() {
        // Empty, or held up by a peer that is stopped in the middle: later.
        let Ok(Some(word)) = input.dequeue() else {
            core::hint::spin_loop();
            continue;
        };
        while output.enqueue(word).is_err() && !worker.should_stop() {
            core::hint::spin_loop();
        }
    }
    Ok(())
}
