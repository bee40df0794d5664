//! `phalanx inspect`: a dead group, as its last process left it.

mod facts;
mod human;

use std::process::ExitCode;

use phalanx_linux::console::{say, show};
use phalanx_linux::eal::Observer;

use crate::Failure;
use crate::cli::InspectOptions;

/// Runs the command.
pub(crate) fn run(options: &InspectOptions) -> Result<ExitCode, Failure> {
    let observer = Observer::open_dead(&options.group.file_prefix)?;
    let facts = facts::gather(&observer, &options.group.file_prefix)?;
    if options.group.json {
        say(serde_json::to_string_pretty(&facts)?)?;
    } else {
        show(human::Tables(&facts))?;
    }
    Ok(ExitCode::SUCCESS)
}
