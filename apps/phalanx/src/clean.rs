//! `phalanx clean`: removes what a dead group has left, and nothing of a living one.

use std::process::ExitCode;

use phalanx_linux::console::{ConsoleError, complain, say};
use phalanx_linux::eal::clean::{CleanError, Cleaned, clean, prefixes_with_memory};
use phalanx_linux::runtime_dir::{Base, Prefix, list_prefixes};
use serde::Serialize;

use crate::Failure;
use crate::cli::CleanOptions;

#[derive(Serialize)]
struct Report {
    prefix: String,
    removed: Vec<String>,
    held: Vec<String>,
    error: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &CleanOptions) -> Result<ExitCode, Failure> {
    let base = Base::from_environment()?;
    let prefixes = match options.all {
        true => {
            let mut prefixes = prefixes_with_memory();
            prefixes.extend(list_prefixes(&base)?);
            prefixes.into_iter().collect()
        }
        false => vec![Prefix::new(&options.group.file_prefix)?],
    };
    let reports: Vec<Report> = prefixes
        .iter()
        .map(|prefix| (prefix, clean(&base, prefix)))
        // Of all groups, the living ones are left alone without a word of reproach.
        .filter(|(_, result)| !(options.all && matches!(result, Err(CleanError::Alive { .. }))))
        .map(|(prefix, result)| report(prefix, result))
        // Nor are the files of those that live in another runtime directory.
        .map(|report| if options.all { Report { held: Vec::new(), ..report } } else { report })
        .collect();
    if options.group.json {
        say(serde_json::to_string_pretty(&reports)?)?;
    } else {
        reports.iter().try_for_each(show)?;
        if reports.is_empty() {
            say("nothing to clean")?;
        }
    }
    let failed = reports.iter().any(|report| report.error.is_some() || !report.held.is_empty());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn report(prefix: &Prefix, result: Result<Cleaned, CleanError>) -> Report {
    let prefix = prefix.to_string();
    match result {
        Ok(cleaned) => Report { prefix, removed: cleaned.files, held: cleaned.held, error: None },
        Err(error) => {
            Report { prefix, removed: Vec::new(), held: Vec::new(), error: Some(error.to_string()) }
        }
    }
}

fn show(report: &Report) -> Result<(), ConsoleError> {
    for file in &report.removed {
        say(format_args!("removed {file}"))?;
    }
    for file in &report.held {
        complain(format_args!("phalanx: {file} is held by a living process and was left"));
    }
    match &report.error {
        Some(error) => complain(format_args!("phalanx: {error}")),
        None if report.removed.is_empty() => {
            say(format_args!("group '{}' has left nothing", report.prefix))?;
        }
        None => {}
    }
    Ok(())
}
