//! Why the heap says no.

use core::fmt;

use super::damage::{Damage, Stop};
use crate::count::Count;
use crate::lock::{JournalFull, LockError};
use crate::offset::Offset;
use crate::platform::CommitError;

/// Bytes from which on a page is huge.
const HUGE: u64 = 1 << 20;

const HUGE_ADVICE: &str = "; reserve more hugepages of that size on that node";

/// Small pages lie in a file system of memory, which may be full before the machine is.
const SMALL_ADVICE: &str = "; free some memory, or make the file system of the memory files bigger (mount -o remount,size=SIZE /dev/shm)";

/// Why no memory was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocError {
    /// No bytes were asked for.
    ZeroBytes,
    /// The alignment is not a power of two, or above 1 GB.
    BadAlign {
        /// The alignment asked for.
        align: u64,
    },
    /// The bound is not a power of two of at least 64, or the block is longer than it.
    BadBound {
        /// The bound asked for.
        bound: u64,
        /// The bytes asked for.
        bytes: u64,
    },
    /// More than the window has.
    TooBig {
        /// The bytes asked for.
        bytes: u64,
        /// The window's bytes.
        most: u64,
    },
    /// More grains at once than a transaction can note ([`reserve`](super::reserve) alone).
    TooManyGrains {
        /// The grains asked for.
        grains: usize,
    },
    /// There is not enough. Nothing has changed, and the transaction may go on.
    NoMemory {
        /// The bytes asked for.
        bytes: u64,
        /// How many pages that would have been backed were wanted; 0 if no list could be asked.
        wanted_pages: u64,
        /// Bytes of such a page; 0 if no list could be asked.
        page_bytes: u64,
        /// The node that was asked last; `None` if there is none.
        node: Option<u32>,
        /// Bytes of such pages that are free on it, as far as the platform can say.
        free_bytes: u64,
        /// Why the last list that was asked did not grow.
        refusal: Refusal,
    },
    /// What was to be resized is no block.
    Block(FreeError),
    /// The heap's own words are damaged; nothing was changed.
    Damaged(Damage),
    /// The transaction has changed all that one may; drop it.
    JournalFull(JournalFull),
    /// The group's lock was not had.
    Lock(LockError),
}

/// Why a list did not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No list has such pages on such a node.
    NoList,
    /// The group has all its memory from the start.
    Fixed,
    /// The list's range has no run of free grains that is long enough.
    Range,
    /// The list or the node's heap may not have more; its limit in bytes.
    Limit(u64),
    /// The system's answer.
    System(CommitError),
    /// More NUMA nodes than a group has heaps.
    TooManyNodes,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList => f.write_str(
                "the group has no such pages there; start it with a hugetlbfs of that page size, or ask for another",
            ),
            Self::Fixed => f.write_str(
                "the group's memory is fixed at its start (--legacy-mem); start it with a bigger -m or --socket-mem",
            ),
            Self::Range => f.write_str(
                "the address range of such pages is used up; start the group with a bigger --pagesz-mem",
            ),
            Self::Limit(limit) => {
                write!(f, "the limit is {limit} bytes; start the group with a bigger --socket-limit or --pagesz-mem")
            }
            Self::System(error) => error.fmt(f),
            Self::TooManyNodes => {
                write!(f, "all {} heaps belong to other nodes", super::HEAPS_MAX)
            }
        }
    }
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ZeroBytes => f.write_str("a block of 0 bytes was asked for; ask for at least 1"),
            Self::BadAlign { align } => {
                write!(
                    f,
                    "alignment {align} was asked for; take a power of two up to {}",
                    crate::window::ALIGN
                )
            }
            Self::BadBound { bound, bytes } => write!(
                f,
                "{bytes} bytes within a bound of {bound} were asked for; the bound is a power of two from 64 on, and no \
                 less than the block"
            ),
            Self::TooBig { bytes, most } => {
                write!(
                    f,
                    "{bytes} bytes were asked for and the whole window has {most}; ask for less"
                )
            }
            Self::TooManyGrains { grains } => write!(
                f,
                "{grains} grains were to be reserved in one transaction, which can note {}; reserve them in parts",
                super::RESERVE_GRAINS_MAX
            ),
            Self::NoMemory { bytes, wanted_pages, page_bytes, node, free_bytes, refusal } => {
                write!(f, "{bytes} bytes were asked for and no free block holds them")?;
                if *wanted_pages != 0 {
                    let pages = Count::of(*wanted_pages, "more page", "more pages");
                    write!(f, "; {pages} of {} kB", page_bytes >> 10)?;
                    if let Some(node) = node {
                        write!(f, " on node {node}")?;
                    }
                    f.write_str(if *wanted_pages == 1 { " was wanted" } else { " were wanted" })?;
                    if let Refusal::System(CommitError::NotEnough { .. }) = refusal {
                        let free = free_bytes / (*page_bytes).max(1);
                        write!(f, ", {}", Count::of(free, "is free", "are free"))?;
                    }
                } else if let Some(node) = node {
                    write!(f, " on node {node}")?;
                }
                write!(f, ": {refusal}")?;
                match refusal {
                    Refusal::System(CommitError::Sealed) => Ok(()),
                    Refusal::System(_) if *page_bytes < HUGE => f.write_str(SMALL_ADVICE),
                    Refusal::System(_) => f.write_str(HUGE_ADVICE),
                    _ => Ok(()),
                }
            }
            Self::Block(error) => error.fmt(f),
            Self::Damaged(damage) => damage.fmt(f),
            Self::JournalFull(full) => full.fmt(f),
            Self::Lock(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AllocError {}

/// Why a place is not a block that can be freed, looked at or resized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeError {
    /// No block starts there.
    NotABlock {
        /// The place.
        at: Offset<u8>,
    },
    /// The block there has been freed already.
    AlreadyFree {
        /// The place.
        at: Offset<u8>,
    },
    /// The heap's own words are damaged; drop the transaction.
    Damaged(Damage),
    /// The transaction has changed all that one may; drop it.
    JournalFull(JournalFull),
    /// The group's lock was not had.
    Lock(LockError),
}

impl fmt::Display for FreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotABlock { at } => write!(
                f,
                "the block at {at:?} was named and no heap block starts there; name the place that `allocate` gave"
            ),
            Self::AlreadyFree { at } => {
                write!(f, "the block at {at:?} was named and is free already; free each block once")
            }
            Self::Damaged(damage) => damage.fmt(f),
            Self::JournalFull(full) => full.fmt(f),
            Self::Lock(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FreeError {}

macro_rules! from {
    ($($from:ty => $to:ident :: $variant:ident),+ $(,)?) => {$(
        impl From<$from> for $to {
            fn from(it: $from) -> Self {
                Self::$variant(it)
            }
        }
    )+};
}
from! {
    Damage => Stop::Damaged, JournalFull => Stop::JournalFull,
    Damage => AllocError::Damaged, JournalFull => AllocError::JournalFull,
    LockError => AllocError::Lock, FreeError => AllocError::Block,
    Damage => FreeError::Damaged, JournalFull => FreeError::JournalFull,
    LockError => FreeError::Lock,
}

impl From<Stop> for AllocError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Damaged(damage) => Self::Damaged(damage),
            Stop::JournalFull(full) => Self::JournalFull(full),
        }
    }
}

impl From<Stop> for FreeError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Damaged(damage) => Self::Damaged(damage),
            Stop::JournalFull(full) => Self::JournalFull(full),
        }
    }
}
