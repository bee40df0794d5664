//! `phalanx run`: starts a worker with the right limits, and anew if asked.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::Arc;

use phalanx_linux::console::complain;
use phalanx_linux::launch::{ask_to_end, set_worker_limits};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::Failure;
use crate::cli::RunOptions;

/// Between two looks at the worker.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Before a worker that ended badly is started anew.
const PAUSE: Duration = Duration::from_millis(100);

/// Becomes the worker, or watches over it.
pub(crate) fn run(options: &RunOptions) -> Result<ExitCode, Failure> {
    set_worker_limits()?;
    if options.restart == 0 {
        let error = command(options).exec();
        return Err(cannot_start(options, &error));
    }
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&asked))?;
    }
    for left in (0..=options.restart).rev() {
        let (status, was_asked) = once(options, &asked)?;
        if status.success() || left == 0 || was_asked {
            return Ok(code_of(status));
        }
        complain(format_args!(
            "phalanx: {} ended ({status}); it is started anew",
            options.worker()
        ));
        std::thread::sleep(PAUSE);
        if asked.load(Ordering::Relaxed) {
            return Ok(code_of(status));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn command(options: &RunOptions) -> Command {
    let mut words = options.command.iter();
    let mut command = Command::new(words.next().map(String::as_str).unwrap_or_default());
    command.args(words);
    command
}

fn cannot_start(options: &RunOptions, error: &std::io::Error) -> Failure {
    Failure::new(format!(
        "{} cannot be started: {error}; give the path of a program",
        options.worker()
    ))
}

/// Runs the worker to its end; passes on that somebody wants it to end, each time, for a second time ends it at
/// once. Whether anybody did.
fn once(options: &RunOptions, asked: &AtomicBool) -> Result<(ExitStatus, bool), Failure> {
    let mut child = command(options).spawn().map_err(|error| cannot_start(options, &error))?;
    let mut was_asked = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, was_asked || asked.load(Ordering::Relaxed)));
        }
        if asked.swap(false, Ordering::Relaxed) {
            was_asked = true;
            ask_to_end(child.id());
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The worker's exit code; 128 and the signal's number if one ended it, as a shell has it.
fn code_of(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
