//! What is the same in each program's `main`: the EAL starts with the arguments of the process, and whatever is
//! wrong ends in one line on standard error and an exit code.

use core::error::Error;
use core::fmt::Display;
use std::process::ExitCode;

use crate::console::{complain, say};
use crate::eal::{Eal, EalBuilder, EalError, Fallback, process_arguments};

/// Starts the EAL, on ordinary pages where there are no hugepages, says on standard error how, and has `run` do the
/// work. For a program called `name` that has no arguments of its own.
///
/// ```no_run
/// # use std::process::ExitCode;
/// fn main() -> ExitCode {
///     phalanx_linux::program::main("counter", |eal| {
///         phalanx_linux::console::say(eal.lcores().count())?;
///         Ok(())
///     })
/// }
/// ```
///
/// Exit codes: 0, or 1 and one line; as [`EalError::exit_code`] of a start that failed.
pub fn main(name: &str, run: impl FnOnce(&Eal) -> Result<(), Box<dyn Error>>) -> ExitCode {
    #[cfg(feature = "defmt")]
    crate::log::log_panics();
    let builder = EalBuilder::new().fallback(Fallback::NoHuge);
    match process_arguments().and_then(|arguments| builder.init(arguments)) {
        Ok((eal, _)) => {
            greet(&eal);
            run(&eal).map_or_else(|error| failed(name, &*error), |()| ExitCode::SUCCESS)
        }
        Err(EalError::Asked(text)) => say(text).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        Err(error) => refused(name, &error),
    }
}

/// Says on standard error how the EAL has started, and what is worth a line of it.
pub fn greet(eal: &Eal) {
    eal.notices().for_each(|notice| complain(format_args!("EAL: {notice}")));
    complain(format_args!("EAL: {}", eal.start_line()));
}

/// Says on standard error why program `name` has failed.
pub fn failed(name: &str, why: &(impl Display + ?Sized)) -> ExitCode {
    complain(format_args!("{name}: {why}"));
    ExitCode::FAILURE
}

/// Says on standard error why the EAL of program `name` has not started.
pub fn refused(name: &str, error: &EalError) -> ExitCode {
    complain(format_args!("{name}: {error}"));
    ExitCode::from(error.exit_code())
}
