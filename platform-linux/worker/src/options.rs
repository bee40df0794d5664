//! Which arguments are whose.

use crate::start::words::Arguments;

/// The runtime's: those behind the program's name. Parsing stops at `--`.
pub(crate) fn for_the_runtime(command_line: Arguments) -> Arguments {
    let mut words = command_line;
    words.next();
    words
}

/// The program's: those behind `--`.
pub(crate) fn for_the_program(command_line: Arguments) -> Arguments {
    let mut words = command_line;
    let _ = words.find(|word| *word == "--");
    words
}
