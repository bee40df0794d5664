//! The last words: what this process has forwarded, as the sample says it, and what all have.

use forwarding::{Stop, Voice};
use phalanx_linux::console::ConsoleError;

use crate::counters::Totals;
use crate::setup::Shared;

/// Says why the program ends, what it has counted since `before`, and what all processes have.
pub(crate) fn show(shared: &Shared, before: &[Totals], stop: &Stop) -> Result<(), ConsoleError> {
    if let Some(signal) = stop.signal() {
        Voice::Out.say(format_args!("\nExiting on signal {signal}\n"))?;
    }
    for ((port, now), before) in shared.ports.iter().zip(shared.own_totals()).zip(before) {
        line(port.id(), now.since(*before))?;
    }
    Voice::Out
        .say(format_args!("\nAll {} processes, since the first was started:", shared.processes))?;
    shared.ports.iter().try_for_each(|port| line(port.id(), shared.totals(port)))
}

fn line(port: u16, totals: Totals) -> Result<(), ConsoleError> {
    let Totals { rx, tx, drop } = totals;
    Voice::Out.say(format_args!("Port {port}: RX - {rx}, TX - {tx}, Drop - {drop}"))
}
