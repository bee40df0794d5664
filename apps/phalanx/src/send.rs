//! `phalanx send`: one message to processes of a group.

use std::process::ExitCode;

use phalanx_core::count::Count;
use phalanx_linux::console::{complain, say};
use phalanx_linux::message::{Outgoing, To};

use crate::cli::SendOptions;
use crate::{Failure, member};

/// Runs the command.
pub(crate) fn run(options: &SendOptions) -> Result<ExitCode, Failure> {
    let eal = member::join(&options.file_prefix)?;
    let to = match (options.slot, options.primary) {
        (Some(slot), _) => To::One(slot),
        (None, true) => To::Primary,
        (None, false) => To::All,
    };
    // By socket: then actions that are for a role take it too.
    let message = Outgoing::new(&options.name).payload(options.text.as_bytes()).proved();
    let sent = eal.messages()?.send(to, &message)?;
    for (peer, why) in &sent.failed {
        complain(format_args!(
            "phalanx: the process in slot {} did not get it: {why}",
            peer.slot()
        ));
    }
    let slots: Vec<String> = sent.delivered.iter().map(|peer| peer.slot().to_string()).collect();
    if slots.is_empty() && sent.failed.is_empty() {
        return Err(Failure::new(format!(
            "a message was to be sent and nobody else is in group '{}'; start a process first",
            options.file_prefix
        )));
    }
    let processes = Count::of(slots.len(), "process", "processes");
    let word = if slots.len() == 1 { "slot" } else { "slots" };
    say(format_args!("sent to {processes} ({word} {})", slots.join(" ")))?;
    Ok(if sent.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
