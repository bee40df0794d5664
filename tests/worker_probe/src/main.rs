//! A static worker that does on purpose what none should do, and one that measures its start.
//!
//! ```text
//! worker-probe EAL-ARGUMENTS -- attach EXEC_NS | log | flood | open | panic | overflow | outside | hole | wait
//! ```
#![no_std]
#![no_main]
#![expect(unsafe_code, reason = "a bad access is what one of its deeds is")]

use core::hint::black_box;

use phalanx_core::window::{BASE, LEN};
use phalanx_worker::{Failure, Worker, worker};
use rustix::fs::{CWD, Mode, OFlags, openat};

worker!(main);

/// Lines of a flood: more than a log holds.
const FLOOD: u32 = 10_000;

fn main(worker: &mut Worker) -> Result<(), Failure> {
    let mut words = worker.arguments();
    let deed = words.next().unwrap_or_default();
    if deed == "attach" {
        // What a worker that polls does first: the moment is that of its first look.
        let attached = worker.now_ns();
        let executed = words.next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        worker.say(format_args!("{} {}", attached - executed, worker.took().as_nanos()));
        return Ok(());
    }
    worker.say(format_args!("{}", worker.start_line()));
    match deed {
        "log" => defmt::warn!("a line with {=u32} and {=str}", 42, "words"),
        "flood" => {
            for number in 0..FLOOD {
                defmt::info!("line {=u32} of a flood", number);
            }
            return Err(Failure::new("the flood is over"));
        }
        "open" => {
            let opened = openat(CWD, c"/dev/null", OFlags::RDONLY, Mode::empty());
            worker.say(format_args!("opened: {}", opened.is_ok()));
        }
        "panic" => panic!("as it was told"),
        "overflow" => {
            black_box(deeper(1));
        }
        "outside" => touch(BASE + LEN),
        "hole" => touch(BASE + LEN - 4096),
        "wait" => wait(worker),
        other => return Err(Failure::new(other)),
    }
    Ok(())
}

/// Spins until it is told to stop.
fn wait(worker: &Worker) {
    while !worker.should_stop() {
        core::hint::spin_loop();
    }
    worker.say(format_args!("told to stop"));
}

/// Uses stack without end.
fn deeper(depth: u64) -> u64 {
    let room = black_box([depth; 128]);
    if room[3] == 0 {
        return 0;
    }
    deeper(depth + 1).wrapping_add(room[9])
}

fn touch(address: usize) {
    let place: *const u8 = core::ptr::with_exposed_provenance(address);
    // SAFETY: it is not sound, and ends the process: that is what is tried.
    black_box(unsafe { place.read_volatile() });
}
