//! Why there can be no such ring.

use core::fmt;

use super::config::{SIZE_MAX, Sizing};

/// Why there can be no such ring. Nothing was allocated or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// The count is 0, not a power of two, or too great (RI-3).
    Count {
        /// What was asked for.
        count: u32,
        /// What it was meant as.
        sizing: Sizing,
    },
    /// An element's size is 0 or no multiple of 4 bytes (RI-4).
    ElementSize {
        /// The size in bytes.
        size: u32,
    },
    /// An element wants a stronger alignment than a ring's slots have.
    ElementAlign {
        /// The alignment in bytes.
        align: u32,
    },
    /// All slots together are more bytes than this machine can address.
    Bytes {
        /// Slots.
        size: u32,
        /// Bytes of each.
        element_size: u32,
    },
    /// A flag that no ring has (RI-2).
    UnknownFlags {
        /// The bits that mean nothing.
        unknown: u32,
    },
    /// Two ways of synchronising asked for at one end (RI-7, W-49).
    Conflict {
        /// The bits that exclude each other.
        conflicting: u32,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Count { count, sizing: Sizing::PowerOfTwo } => write!(
                f,
                "a ring of {count} slots was asked for; the count must be a power of two from 2 to {SIZE_MAX} \
                 (ask for an exact size to have any other)"
            ),
            Self::Count { count, sizing: Sizing::Exact } => write!(
                f,
                "a ring for exactly {count} elements was asked for; the count must be from 1 to {}",
                SIZE_MAX - 1
            ),
            Self::ElementSize { size } => write!(
                f,
                "a ring of elements of {size} bytes was asked for; the size must be a multiple of 4, pad the element"
            ),
            Self::ElementAlign { align } => write!(
                f,
                "a ring of elements aligned to {align} bytes was asked for; slots are aligned to 128 at most"
            ),
            Self::Bytes { size, element_size } => write!(
                f,
                "a ring of {size} slots of {element_size} bytes was asked for, more than can be addressed; ask for less"
            ),
            Self::UnknownFlags { unknown } => {
                write!(
                    f,
                    "ring flags {unknown:#x} were asked for, which no ring has; leave them out"
                )
            }
            Self::Conflict { conflicting } => write!(
                f,
                "ring flags {conflicting:#x} were asked for at one end, and exclude each other; choose one"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
