//! Why bits were not found or not changed.

use core::fmt;

use super::Bit;
use crate::lock::JournalFull;

/// Why a finder found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindError {
    /// The index is not below the table's length (`EINVAL`).
    NoSuchIndex {
        /// The index.
        index: usize,
        /// The length.
        len: usize,
    },
    /// A run of no bits was asked for (`EINVAL`).
    EmptyRun,
    /// A run longer than the table was asked for (`EINVAL`).
    RunTooLong {
        /// Its length.
        run: usize,
        /// The table's.
        len: usize,
    },
    /// There is none of this kind where it was looked for (`ENOSPC`, `ENOENT`).
    None(Bit),
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchIndex { index, len } => {
                write!(
                    f,
                    "entry {index} was asked for, the table has {len}; ask for one below that"
                )
            }
            Self::EmptyRun => f.write_str("a run of 0 entries was asked for; ask for at least 1"),
            Self::RunTooLong { run, len } => {
                write!(f, "a run of {run} entries was asked for, the table has {len}; ask for less")
            }
            Self::None(Bit::Free) => f.write_str(
                "free entries were asked for and there are not as many; free some first",
            ),
            Self::None(Bit::Used) => {
                f.write_str("used entries were asked for and there are not as many there")
            }
        }
    }
}

impl core::error::Error for FindError {}

/// Why bits were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkError {
    /// The range is empty or goes past the table's end.
    Range {
        /// Its first bit.
        first: usize,
        /// How many.
        count: usize,
        /// The table's length.
        len: usize,
    },
    /// The transaction has changed all that one may; drop it.
    Journal(JournalFull),
}

impl fmt::Display for MarkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { first, count, len } => write!(
                f,
                "{count} entries from {first} on were to be changed, the table has {len}; name at least 1 inside it"
            ),
            Self::Journal(full) => full.fmt(f),
        }
    }
}

impl core::error::Error for MarkError {}

impl From<JournalFull> for MarkError {
    fn from(full: JournalFull) -> Self {
        Self::Journal(full)
    }
}
