//! Where a program says how it gets on: on standard output, or on standard error where the former is for a
//! program to read. A standard output that nobody reads any more ends the program, with a sentence.

use core::fmt::Display;
use std::io::{Write, stderr};

use phalanx_linux::console::{ConsoleError, hand_over};

/// Where a program says how it gets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// On standard output.
    Out,
    /// On standard error.
    Err,
}

impl Voice {
    /// Says `text` as it is.
    pub fn show(self, text: impl Display) -> Result<(), ConsoleError> {
        match self {
            Self::Out => hand_over(text),
            Self::Err => {
                // If it is gone, there is nobody to tell.
                let _ = stderr().lock().write_all(text.to_string().as_bytes());
                Ok(())
            }
        }
    }

    /// Says a line.
    pub fn say(self, line: impl Display) -> Result<(), ConsoleError> {
        self.show(format_args!("{line}\n"))
    }
}
