//! `phalanx info`: a group, shown without being in it.

mod facts;
mod human;

pub(crate) use facts::{Facts, gather};
pub(crate) use human::Tables;

use std::process::ExitCode;

use phalanx_linux::console::{say, show};
use phalanx_linux::eal::Observer;

use crate::Failure;
use crate::cli::InfoOptions;

/// Runs the command.
pub(crate) fn run(options: &InfoOptions) -> Result<ExitCode, Failure> {
    let observer = Observer::open(&options.group.file_prefix)?;
    let facts = gather(&observer, &options.group.file_prefix)?;
    if options.group.json {
        say(serde_json::to_string_pretty(&facts)?)?;
    } else {
        show(Tables(&facts))?;
    }
    Ok(ExitCode::SUCCESS)
}
