//! `phalanx logs`: what the processes of a group have said, decoded here and not there.
//!
//! ```text
//!   the slots' rings  →  gather.rs  →  programs.rs  →  line.rs
//!                        records,      texts, files     a line for people,
//!                        by time       and lines        an object for programs
//! ```

mod gather;
mod line;
mod programs;

use core::time::Duration;
use std::io::{self, Write, stdout};
use std::process::ExitCode;

use phalanx_linux::eal::{ObserveError, Observer};

use crate::Failure;
use crate::cli::LogsOptions;
use gather::Logs;
use line::Line;
use programs::Programs;

/// Between two looks: records stand for five times as long at least.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Runs the command.
pub(crate) fn run(options: &LogsOptions) -> Result<ExitCode, Failure> {
    let observer = open(&options.group.file_prefix)?;
    let mut programs = Programs::new(&options.elf, &options.elf_dir)?;
    let mut logs = Logs::new(*observer.group(), options.slot);
    loop {
        // Asked first: what the last process said before it died is read after.
        let goes_on = options.follow && observer.is_alive()?;
        let lines = logs.look(&mut programs);
        if !write(&lines, options.group.json)? || !goes_on {
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

/// Writes lines out; `false` if whoever reads them has seen enough.
fn write(lines: &[Line], as_json: bool) -> Result<bool, Failure> {
    let mut text = String::new();
    for line in lines {
        if as_json {
            text += &serde_json::to_string(line)?;
        } else {
            text += &line.to_string();
        }
        text.push('\n');
    }
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("standard output cannot be written: {error}"))),
        Ok(()) => Ok(true),
    }
}
