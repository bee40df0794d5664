//! What ends a worker early: one sentence.

use core::fmt::{self, Write};

use crate::last_words;
use crate::say::complain;

/// Bytes of a sentence; what is longer is cut.
const ROOM: usize = 384;

/// One sentence for whoever started the worker. `?` makes it of any error.
#[derive(Debug)]
pub struct Failure(heapless::String<ROOM>);

impl Failure {
    /// A sentence of the program's own.
    pub fn new(text: &str) -> Self {
        Self::of(&text)
    }

    /// Kept out of line: each kind of error would have a copy.
    #[cold]
    #[inline(never)]
    fn of(error: &dyn fmt::Display) -> Self {
        let mut sentence = Cut(heapless::String::new());
        // Fails where it was cut.
        let _ = write!(sentence, "{error}");
        Self(sentence.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: core::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// Keeps what fits.
struct Cut(heapless::String<ROOM>);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.0.push(character)).map_err(|_| fmt::Error)
    }
}

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
