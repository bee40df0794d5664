//! What is wrong with the heap's own words.

use core::fmt;

use crate::lock::JournalFull;

/// Words of the heap that cannot be right: somebody wrote where he had no business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The element's header, or the heap's or list's entry: bytes from the window's start.
    pub at: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a word of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An element is said to be where no list is backed.
    Outside,
    /// A header's state is none that the heap writes; what it is.
    State(u64),
    /// A header's size leads nowhere; what it is.
    Size(u64),
    /// A header names another list or heap than the one it lies in; what it says.
    Place(u64),
    /// Two neighbours do not name each other; what one says.
    Link(u64),
    /// A free list does not hang together; what its word says.
    FreeList(u64),
    /// Two free neighbours that should be one.
    Unmerged,
    /// A counter differs from what is counted.
    Count {
        /// Which one.
        what: &'static str,
        /// What the counter says.
        says: u64,
        /// What is there.
        counted: u64,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the heap is damaged at +{:#x}: ", self.at)?;
        match self.fault {
            Fault::Outside => f.write_str("an element is named where no memory is backed")?,
            Fault::State(word) => write!(f, "an element's state is {word:#x}")?,
            Fault::Size(word) => write!(f, "an element's size is {word}")?,
            Fault::Place(word) => write!(f, "an element names another list or heap ({word:#x})")?,
            Fault::Link(word) => write!(f, "its neighbour names {word:#x} in its place")?,
            Fault::FreeList(word) => write!(f, "a free list leads to {word:#x}")?,
            Fault::Unmerged => f.write_str("it is free, and so is the element before it")?,
            Fault::Count { what, says, counted } => {
                write!(f, "it says {says} {what} and there are {counted}")?;
            }
        }
        f.write_str("; a process wrote past a block of its own, so stop the group and look for it")
    }
}

impl core::error::Error for Damage {}

/// Why a step inside an operation stopped: the transaction must be dropped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    Damaged(Damage),
    JournalFull(JournalFull),
}

/// What a step gives.
pub(super) type Step<T> = Result<T, Stop>;
