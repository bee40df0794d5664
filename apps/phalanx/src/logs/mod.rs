//! `phalanx logs`: what the processes of a group have said, decoded here and not there.
//!
//! ```text
//!   the slots' rings  →  gather.rs  →  found.rs  →  decoder.rs  →  line.rs
//!                        records       by time      texts, files   a line for people,
//!                                                   and lines      an object for programs
//! ```
//!
//! What a process says of itself, and its program, are not trusted: a process of its own decodes
//! (`helper.rs`, `programs.rs`, `texts.rs`), and it opens regular files only.

mod calls;
mod decoder;
mod found;
mod gather;
pub(crate) mod helper;
mod line;
mod programs;
mod regular;
mod texts;

use core::time::Duration;
use std::io::{self, BufWriter, Write, stdout};
use std::process::ExitCode;

use phalanx_linux::eal::{ObserveError, Observer};
use phalanx_linux::sys::clock::monotonic_ns;

use crate::Failure;
use crate::cli::LogsOptions;
use decoder::Decoder;
use found::{Found, Order};
use gather::Logs;

/// Between two looks: records stand for five times as long at least.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Runs the command.
pub(crate) fn run(options: &LogsOptions) -> Result<ExitCode, Failure> {
    let observer = open(&options.group.file_prefix)?;
    let mut decoder = Decoder::new(&options.programs)?;
    let mut logs = Logs::new(*observer.group(), options.slot);
    let mut order = Order::default();
    loop {
        // Asked first: what the last process said before it died is read after.
        let goes_on = options.follow && observer.is_alive()?;
        let begun = monotonic_ns();
        let found = logs.look();
        let found = if goes_on { order.so_far(found, begun) } else { order.at_last(found) };
        if !write(found, &mut decoder, options.group.json)? || !goes_on {
            return Ok(ExitCode::SUCCESS);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The group, living or dead.
fn open(prefix: &str) -> Result<Observer, ObserveError> {
    match Observer::open(prefix) {
        Err(ObserveError::Dead { .. }) => Observer::open_dead(prefix),
        opened => opened,
    }
}

/// Decodes lines and writes them out, one by one; `false` if whoever reads them has seen enough.
fn write(found: Vec<Found>, decoder: &mut Decoder, as_json: bool) -> Result<bool, Failure> {
    let mut out = BufWriter::new(stdout().lock());
    for Found { mut line, frame } in found {
        if let Some(frame) = frame {
            line.said = decoder.decode(line.slot, &frame);
        }
        let mut text = if as_json { serde_json::to_string(&line)? } else { line.to_string() };
        text.push('\n');
        if let Some(ended) = end_of(out.write_all(text.as_bytes())) {
            return ended;
        }
    }
    end_of(out.flush()).unwrap_or(Ok(true))
}

/// What becomes of the command whose output was written like this; `None`: it goes on.
fn end_of(written: io::Result<()>) -> Option<Result<bool, Failure>> {
    let error = written.err()?;
    Some(match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(false),
        _ => Err(Failure::new(format!("standard output cannot be written: {error}"))),
    })
}
