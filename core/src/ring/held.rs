//! `Held`: a living process is in the middle of a call, and does not finish.

use core::fmt;

use crate::group::ProcessId;

/// A ring's end was waited for, and the process that is in the middle of a call there lives and
/// does not finish: it is stopped (a signal, a debugger), or gets no processor. Nothing has
/// changed; the call may be made again at once. DPDK waits here for ever (W-10, RI-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who.
    pub by: ProcessId,
    /// Its process id, 0 if it left meanwhile.
    pub pid: u32,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, pid } = self;
        write!(
            f,
            "a ring's end was wanted for {} ms and slot {} (pid {pid}) is in the middle of a call there, and lives; if \
             it was stopped, let it go on (kill -CONT {pid}) or end it, and try again",
            super::PATIENCE_NS / 1_000_000,
            by.slot()
        )
    }
}

impl core::error::Error for Held {}
