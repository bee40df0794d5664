//! What ends a worker early: one sentence.

use core::fmt;

pub use phalanx_linux::sys::sentence::Sentence as Failure;

use crate::last_words;
use crate::say::complain;

/// What a worker's function may return.
pub trait Outcome {
    /// Says what is to be said, and returns the process's exit code.
    fn finish(self) -> i32;
}

impl Outcome for () {
    fn finish(self) -> i32 {
        0
    }
}

impl<E: fmt::Display> Outcome for Result<(), E> {
    fn finish(self) -> i32 {
        match self {
            Ok(()) => 0,
            Err(error) => {
                last_words::failed(&error);
                complain(format_args!("worker: {error}"));
                1
            }
        }
    }
}
