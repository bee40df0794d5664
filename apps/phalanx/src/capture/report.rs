//! What is said of a capture: a line while it runs, a summary at its end.

use core::fmt;
use core::time::Duration;
use std::io::{IsTerminal, Write, stderr};

use phalanx_core::port::capture::CaptureCounts;
use phalanx_linux::console::{complain, say};
use serde::Serialize;

use super::output::Output;
use crate::Failure;
use crate::cli::CaptureOptions;

/// Why a capture ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ending {
    /// It has as many packets as were asked for.
    Count,
    /// It lasted as long as was asked for.
    Duration,
    /// A signal asked it to end.
    Asked,
    /// Whoever read along has gone away.
    ReaderGone,
    /// Every port was closed.
    PortsGone,
    /// Nobody is left in the group but who looks on.
    GroupEnded,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "it has as many packets as were asked for",
            Self::Duration => "its time is over",
            Self::Asked => "it was asked to end",
            Self::ReaderGone => "whoever read along has gone away",
            Self::GroupEnded => "the group has ended, but for those who look on",
            Self::PortsGone => "every port that was named has been closed",
        })
    }
}

/// The line on standard error, once a second, if that is a terminal.
pub(super) struct Progress {
    is_shown: bool,
    ticks: u32,
}

impl Progress {
    pub(super) fn new(options: &CaptureOptions) -> Self {
        Self { is_shown: !options.quiet && stderr().is_terminal(), ticks: 0 }
    }

    /// Ten times a second.
    pub(super) fn tick(&mut self, written: u64, counts: &CaptureCounts) {
        self.ticks += 1;
        if self.is_shown && self.ticks.is_multiple_of(10) {
            let dropped = counts.no_mbuf + counts.ring_full;
            let line =
                format!("\r{written} packets, {dropped} dropped, {} filtered ", counts.filtered);
            // Nobody to tell, if it is gone.
            let _ = stderr().lock().write_all(line.as_bytes());
        }
    }
}

/// What came of it.
#[derive(Serialize)]
pub(super) struct Summary {
    file: String,
    packets: u64,
    bytes: u64,
    seconds: f64,
    ended: Ending,
    accepted: u64,
    filtered: u64,
    no_mbuf: u64,
    ring_full: u64,
    ports: Vec<PortSummary>,
}

#[derive(Serialize)]
struct PortSummary {
    id: u16,
    name: String,
    packets: u64,
}

impl Summary {
    pub(super) fn new(
        output: &Output,
        counts: CaptureCounts,
        took: Duration,
        ended: Ending,
    ) -> Self {
        let ports = output.interfaces().iter();
        Self {
            file: output.path().display().to_string(),
            packets: output.written(),
            bytes: output.bytes(),
            seconds: took.as_secs_f64(),
            ended,
            accepted: counts.accepted,
            filtered: counts.filtered,
            no_mbuf: counts.no_mbuf,
            ring_full: counts.ring_full,
            ports: ports
                .map(|it| PortSummary { id: it.id, name: it.name.clone(), packets: it.packets })
                .collect(),
        }
    }

    /// To standard output as JSON, if that is not where the packets went; else a line on standard error.
    pub(super) fn show(&self, options: &CaptureOptions) -> Result<(), Failure> {
        let goes_to_stdout = self.file == "-";
        if options.group.json {
            let text = serde_json::to_string_pretty(self)?;
            if goes_to_stdout {
                complain(text);
                return Ok(());
            }
            return Ok(say(text)?);
        }
        if !options.quiet {
            if stderr().is_terminal() {
                complain("");
            }
            complain(self);
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} packets in {}; {} accepted, {} filtered, {} without a buffer, {} without room in the ring; {}",
            self.packets,
            self.file,
            self.accepted,
            self.filtered,
            self.no_mbuf,
            self.ring_full,
            self.ended
        )
    }
}
