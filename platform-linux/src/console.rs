//! What a program says to its terminal, without dying of it.
//!
//! `println!` panics when standard output is full or closed; a tool whose reader has seen enough
//! (`phalanx info | head`) must not. For programs: the libraries themselves say nothing.

use core::fmt;
use std::io::{self, Write};

/// Standard output took no more.
#[derive(Debug)]
pub struct ConsoleError(io::Error);

impl fmt::Display for ConsoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::BrokenPipe => f.write_str(
                "standard output was to be written and nobody reads it any more; have it read to the end, or send it \
                 to a file",
            ),
            _ => write!(f, "standard output cannot be written: {}", self.0),
        }
    }
}

impl core::error::Error for ConsoleError {}

/// Writes `text` to standard output as it is, and flushes it. A reader that has gone away is no
/// error: it has seen enough.
///
/// # Errors
/// [`ConsoleError`], e.g. on a full disk.
pub fn show(text: impl fmt::Display) -> Result<(), ConsoleError> {
    match hand_over(text) {
        Err(ConsoleError(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// As [`show`], for a program that runs as long as somebody reads: a reader that has gone away is an
/// error too.
///
/// # Errors
/// [`ConsoleError`].
pub fn hand_over(text: impl fmt::Display) -> Result<(), ConsoleError> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.to_string().as_bytes()).and_then(|()| out.flush());
    written.map_err(ConsoleError)
}

/// As [`show`], and ends the line.
///
/// # Errors
/// [`ConsoleError`].
pub fn say(line: impl fmt::Display) -> Result<(), ConsoleError> {
    show(format_args!("{line}\n"))
}

/// Writes a line to standard error, in one piece, so that two processes do not mix theirs. If
/// standard error is gone, there is nobody to tell. A control character that is no line's end and no tab,
/// out of a name or an argument that is quoted, is written as an escape: it might steer the terminal.
pub fn complain(line: impl fmt::Display) {
    let _ = io::stderr().lock().write_all(harmless(&format!("{line}\n")).as_bytes());
}

/// The same text with its control characters escaped, but for line ends and tabs.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            it if it.is_control() => out.extend(it.escape_default()),
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_steers_no_terminal() {
        let quoted = "\u{1b}[31mred\u{9b}2J\r\u{7} äöü\tx\n";
        assert_eq!(harmless(quoted), "\\u{1b}[31mred\\u{9b}2J\\r\\u{7} äöü\tx\n");
    }
}
