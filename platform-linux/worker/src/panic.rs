//! A panic: one line, and the end of the process. The group goes on without it.

use core::panic::PanicInfo;
use rustix::process::getpid;

use crate::last_words;
use crate::say::complain;
use crate::start::exit;

/// What a worker that panicked exits with, as a program with a standard library does.
const PANICKED: i32 = 101;

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let place = info.location().map(|place| (place.file(), place.line()));
    last_words::panicked(place, &info.message());
    let pid = getpid().as_raw_nonzero();
    match info.location() {
        Some(place) => {
            complain(format_args!("worker (pid {pid}): panicked at {place}: {}", info.message()))
        }
        None => complain(format_args!("worker (pid {pid}): panicked: {}", info.message())),
    }
    exit(PANICKED)
}
