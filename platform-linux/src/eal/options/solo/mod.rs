//! The same command line, as a process of one thread that only joins reads it: a static worker.
//!
//! The names, letters and kinds are those of [`OPTIONS`](super::OPTIONS), taken over when this is compiled, and the
//! lcore list has the same grammar. But of twenty-eight options five say anything to who joins; of the others it
//! only needs to know that they are options, and whether they take a value. So there is no record of tens of kilobytes, no
//! text of help for each and no memory for what was found, and what is wrong with a value is said by what it
//! should be. A worker of some tens of kilobytes has no room for more.
//!
//! | file | concept |
//! |---|---|
//! | `names.rs` | the names, as small as they can be; the worker's own options |
//! | `parse.rs` | [`SoloOptions`]: what was asked for |
//! | `error.rs` | [`SoloError`]: the sentence |

mod error;
mod names;
mod parse;
#[cfg(test)]
mod tests;

pub use error::SoloError;
pub use parse::{SOLO_USAGE, SandboxChoice, SoloOptions};
