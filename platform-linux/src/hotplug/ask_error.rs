//! `AskError`: why the owner of a port did not do what it was asked.

use core::fmt;

use crate::message::{NoMessages, RequestError};

/// Why the process that owns a port, or would, did not do what it was asked. Nothing has changed, unless it
/// says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskError {
    /// This process has no messages, and it is not alone.
    NoMessages(NoMessages),
    /// The device and its arguments are longer than a message, and the kernel gave no memory to send them in.
    NoMemory {
        /// What it said.
        why: String,
    },
    /// It could not be asked.
    NotAsked(RequestError),
    /// It ended before it was done.
    Gone,
    /// It did not answer; what became of the request.
    NoAnswer(String),
    /// It failed, and said why.
    Said(String),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMessages(why) => why.fmt(f),
            Self::NoMemory { why } => write!(
                f,
                "it was to be sent long arguments in a file in memory, which could not be made: {why}; shorten them, or \
                 let it do it itself"
            ),
            Self::NotAsked(why) => write!(f, "it could not be asked: {why}"),
            Self::Gone => f.write_str("it ended before it was done; try again"),
            Self::NoAnswer(why) => {
                write!(f, "it {why}; look what ports there are before trying again")
            }
            Self::Said(why) => write!(f, "it said: {why}"),
        }
    }
}
