//! Why a frame, or a whole log, was not had.

use core::fmt;

use super::record::FRAME_MAX;
use crate::directory::{CreateError, LookupError};
use crate::recovery::Fenced;

/// Why a frame was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// All room is taken by records that are too young to go.
    Full,
    /// It is empty, or longer than a record holds.
    Length {
        /// Its bytes.
        found: usize,
    },
    /// This process has lost its slot, and the log with it. It is counted here only.
    Fenced(Fenced),
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fenced(error) => error.fmt(f),
            Self::Full => f.write_str(
                "a frame was to be logged and the log is full of records that readers may not have seen yet; log less",
            ),
            Self::Length { found } => write!(
                f,
                "a frame of {found} bytes was to be logged and a record holds 1 to {FRAME_MAX}; log less at a time"
            ),
        }
    }
}

impl core::error::Error for Dropped {}

/// Why a process has no log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
    /// Who only observes writes none.
    Observer,
    /// This process is no member any more.
    Fenced(Fenced),
    /// Its slot has none, and who joins like this makes none; or the group's tables are in the middle of
    /// a change.
    Absent {
        /// The slot.
        slot: u16,
    },
    /// There was none and it could not be made.
    Create(CreateError),
    /// Its name is another object's.
    Lookup(LookupError),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "an observer was to write a log, and it may only look; join the group as a secondary",
            ),
            Self::Fenced(error) => error.fmt(f),
            Self::Absent { slot } => write!(
                f,
                "slot {slot} was to write its log and has none yet, or the directory is changing; a member with a \
                 watcher makes it in a moment, look again"
            ),
            Self::Create(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LogError {}

impl From<CreateError> for LogError {
    fn from(error: CreateError) -> Self {
        Self::Create(error)
    }
}

impl From<LookupError> for LogError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}
