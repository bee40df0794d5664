//! Where the table of the moment is shown.

use core::time::Duration;
use std::io::{IsTerminal, stdout};

use phalanx_linux::console::{complain, say, show};

/// How often the table is shown anew on a terminal, in its place.
const SHOW_EVERY: Duration = Duration::from_millis(200);
/// How often elsewhere, below the last one.
const PRINT_EVERY: Duration = Duration::from_secs(1);

/// Shows the live table: in its place on a terminal, line after line elsewhere.
pub(super) struct Painter {
    is_quiet: bool,
    is_terminal: bool,
    height: usize,
}

impl Painter {
    /// Shows nothing at all if `is_quiet`.
    pub(super) fn new(is_quiet: bool) -> Self {
        Self { is_quiet, is_terminal: stdout().is_terminal(), height: 0 }
    }

    /// How long to wait between two tables.
    pub(super) fn pause(&self) -> Duration {
        if self.is_terminal { SHOW_EVERY } else { PRINT_EVERY }
    }

    /// What cannot be shown now does not stop the demo; the books at its end say so.
    pub(super) fn paint(&mut self, text: &str) {
        if self.is_quiet {
            return;
        }
        let back = if self.is_terminal && self.height > 0 {
            format!("\x1b[{}A\x1b[J", self.height)
        } else {
            String::new()
        };
        let _ = show(format_args!("{back}{text}\n"));
        self.height = text.lines().count();
    }

    /// Shows a line that stays, as [`say`](Self::say) does; on standard error if nothing else is shown.
    pub(super) fn warn(&mut self, line: &str) {
        if self.is_quiet {
            complain(line);
        } else {
            self.say(line);
        }
    }

    /// Shows a line that stays, above the next table.
    pub(super) fn say(&mut self, line: &str) {
        if !self.is_quiet {
            let _ = say(line);
            self.height = 0;
        }
    }
}
