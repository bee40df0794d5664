//! Panics of a program with a standard library, among its last words.

use std::panic::{self, PanicHookInfo};

use super::scratch::last_words;

/// From now on each panic is logged, before what was done with it so far. For programs: call it
/// first thing in `main`.
pub fn log_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        log(info);
        before(info);
    }));
}

fn log(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("(no text)");
    // What is too long for a record is cut, and not dropped.
    let end = message.floor_char_boundary(512);
    let message = message.get(..end).unwrap_or_default();
    last_words();
    match info.location() {
        Some(place) => {
            defmt::error!("panicked at {=str}:{=u32}: {=str}", place.file(), place.line(), message);
        }
        None => defmt::error!("panicked: {=str}", message),
    }
}
