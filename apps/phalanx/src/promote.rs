//! `phalanx promote`: tells a secondary to become primary, and waits until it is.

use core::time::Duration;
use std::process::ExitCode;

use phalanx_linux::console::say;
use phalanx_linux::eal::promote::{PromoteError, Promoted, TakeOver, promote};
use serde::Serialize;

use crate::Failure;
use crate::cli::PromoteOptions;

#[derive(Serialize)]
struct Report {
    slot: u16,
    pid: u32,
    name: String,
}

/// Runs the command.
pub(crate) fn run(options: &PromoteOptions) -> Result<ExitCode, Failure> {
    let how = if options.from_living { TakeOver::FromLiving } else { TakeOver::IfVacant };
    let patience = Duration::from_secs(u64::from(options.wait));
    let who = match promote(&options.group.file_prefix, options.slot, how, patience) {
        Ok(Promoted { who }) | Err(PromoteError::AlreadyPrimary { who }) => who,
        Err(error) => return Err(error.into()),
    };
    if options.group.json {
        let report = Report { slot: who.slot, pid: who.pid, name: who.name.to_string() };
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        say(format_args!("{who} is the primary of '{}' now", options.group.file_prefix))?;
    }
    Ok(ExitCode::SUCCESS)
}
