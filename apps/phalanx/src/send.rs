//! `phalanx send`: one message to processes of a group.

use std::process::ExitCode;

use phalanx_core::count::Count;
use phalanx_core::group::ProcessId;
use phalanx_linux::console::{ConsoleError, complain, say};
use phalanx_linux::message::{Outgoing, To};
use serde::Serialize;

use crate::cli::SendOptions;
use crate::{Failure, member};

/// Into whose queues it was put.
#[derive(Serialize)]
struct Report {
    /// Slots.
    sent: Vec<u16>,
    failed: Vec<Failed>,
}

/// Who did not get it.
#[derive(Serialize)]
struct Failed {
    slot: u16,
    why: String,
}

/// Runs the command.
pub(crate) fn run(options: &SendOptions) -> Result<ExitCode, Failure> {
    let eal = member::join(&options.group.file_prefix)?;
    let to = match (options.slot, options.primary) {
        (Some(slot), _) => To::One(slot),
        (None, true) => To::Primary,
        (None, false) => To::All,
    };
    // By socket: then actions that are for a role take it too.
    let message = Outgoing::new(&options.name).payload(options.text.as_bytes()).proved();
    let sent = eal.messages()?.send(to, &message)?;
    let report = Report {
        sent: sent.delivered.iter().map(|peer| peer.slot()).collect(),
        failed: sent.failed.iter().map(Failed::of).collect(),
    };
    if report.sent.is_empty() && report.failed.is_empty() {
        return Err(Failure::new(format!(
            "a message was to be sent and nobody else is in group '{}'; start a process first",
            options.group.file_prefix
        )));
    }
    if options.group.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        report.show()?;
    }
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Failed {
    fn of((peer, why): &(ProcessId, impl ToString)) -> Self {
        Self { slot: peer.slot(), why: why.to_string() }
    }
}

impl Report {
    fn show(&self) -> Result<(), ConsoleError> {
        for Failed { slot, why } in &self.failed {
            complain(format_args!("phalanx: the process in slot {slot} did not get it: {why}"));
        }
        let slots: Vec<String> = self.sent.iter().map(u16::to_string).collect();
        let processes = Count::of(slots.len(), "process", "processes");
        let word = if slots.len() == 1 { "slot" } else { "slots" };
        say(format_args!("sent to {processes} ({word} {})", slots.join(" ")))
    }
}
