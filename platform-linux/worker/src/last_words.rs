//! What a worker says in the group's log before it ends, by whatever failure.
//!
//! The same that it says on standard error, for whoever was not there to read that. Nothing is
//! formatted but what a panic or an error brings as a text of its own.

use core::fmt::{self, Write};

use phalanx_linux::log::last_words;

/// Bytes of a text that are kept.
const ROOM: usize = 400;

/// A panic. `place`: file and line, if it has one.
pub(crate) fn panicked(place: Option<(&str, u32)>, message: &dyn fmt::Display) {
    let text = written(message);
    last_words();
    let (file, line) = place.unwrap_or(("somewhere", 0));
    defmt::error!("panicked at {=str}:{=u32}: {=str}", file, line, text.as_str());
}

/// A system call that the sandbox forbids.
pub(crate) fn forbidden(name: &str, number: i32) {
    last_words();
    defmt::error!(
        "ended for the system call {=str} ({=i32}), which its sandbox forbids",
        name,
        number
    );
}

/// A bad access.
pub(crate) fn bad_access(address: usize, what: &str) {
    last_words();
    defmt::error!("ended for a bad access at {=u64:#x}: {=str}", address as u64, what);
}

/// A signal that somebody sent.
pub(crate) fn sent(signal: i32, by: u32) {
    last_words();
    defmt::error!("ended for signal {=i32}, which process {=u32} sent", signal, by);
}

/// The program's function has returned an error.
pub(crate) fn failed(error: &dyn fmt::Display) {
    let text = written(error);
    last_words();
    defmt::error!("ended with an error: {=str}", text.as_str());
}

/// A text, cut where it is too long.
fn written(it: &dyn fmt::Display) -> heapless::String<ROOM> {
    let mut text = heapless::String::new();
    // What has no room is left out.
    let _ = write!(text, "{it}");
    text
}
