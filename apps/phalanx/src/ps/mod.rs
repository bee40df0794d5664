//! `phalanx ps`: the processes of a group, shown without being in it.

mod facts;
mod human;

pub(crate) use facts::{Process, gather};
pub(crate) use human::processes;

use core::time::Duration;
use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

use phalanx_linux::console::{say, show};
use phalanx_linux::eal::Observer;

use crate::Failure;
use crate::cli::PsOptions;

/// Home, and everything below it cleared.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Runs the command.
pub(crate) fn run(options: &PsOptions) -> Result<ExitCode, Failure> {
    let observer = Observer::open(&options.group.file_prefix)?;
    let Some(seconds) = options.watch else {
        once(&observer, options)?;
        return Ok(ExitCode::SUCCESS);
    };
    let pause = Duration::from_secs(u64::from(seconds));
    let is_screen = stdout().is_terminal() && !options.group.json;
    while observer.is_alive()? {
        let seen = observer.group().changes();
        if is_screen {
            show(CLEAR)?;
        }
        once(&observer, options)?;
        observer.sleep_until_change(seen, pause);
    }
    if !options.group.json {
        say(format_args!(
            "group '{}' is dead: its last process is gone",
            options.group.file_prefix
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn once(observer: &Observer, options: &PsOptions) -> Result<(), Failure> {
    let processes = gather(observer)?;
    match (options.group.json, options.watch) {
        (true, None) => say(serde_json::to_string_pretty(&processes)?)?,
        (true, Some(_)) => say(serde_json::to_string(&processes)?)?,
        (false, _) => show(human::Table(&processes))?,
    }
    Ok(())
}
