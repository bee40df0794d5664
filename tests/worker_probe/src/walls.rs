//! A static worker that goes up to the walls of its sandbox, and says what it meets.
//!
//! ```text
//! walls-probe EAL-ARGUMENTS -- open | grow
//! ```
#![no_std]
#![no_main]

use linux_raw_sys::general::__NR_openat;
use phalanx_core::ring::{Ring, RingConfig};
use phalanx_worker::{Failure, Rule, Worker, worker};
use rustix::fs::{CWD, Mode, OFlags, openat};

worker!(main, allow: [Rule::any(__NR_openat)]);

/// Slots of a ring: a megabyte.
const SLOTS: u32 = 1 << 17;

/// More rings than any group of the tests has memory for.
const RINGS: usize = 1000;

fn main(worker: &mut Worker) -> Result<(), Failure> {
    match worker.arguments().next() {
        Some("open") => {
            let opened = openat(CWD, c"/dev/null", OFlags::RDONLY, Mode::empty());
            let errno = opened.err().map_or(0, rustix::io::Errno::raw_os_error);
            worker.say(format_args!("opened with error {errno}"));
            Ok(())
        }
        Some("grow") => grow(worker),
        _ => Err(Failure::new("open, or grow?")),
    }
}

/// Makes rings until there is no memory, which this process may not ask for.
fn grow(worker: &Worker) -> Result<(), Failure> {
    for number in 0..RINGS {
        let mut name = *b"walls0000";
        for (place, power) in name.iter_mut().skip(5).zip([1000, 100, 10, 1]) {
            *place = b'0' + (number / power % 10) as u8;
        }
        let name = core::str::from_utf8(&name).unwrap_or_default();
        if let Err(error) = Ring::<u64>::create(worker.group(), name, &RingConfig::new(SLOTS)) {
            worker.say(format_args!("{number} rings: {error}"));
            return Ok(());
        }
    }
    Ok(())
}
