//! Why there can be no such pool.

use core::fmt;

use super::HandlerId;
use super::config::{CACHE_MAX, ELEMENT_MAX, OBJECTS_MAX};

/// Why there can be no such pool. Nothing was allocated or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No objects, or more than a pool may have.
    Objects {
        /// How many.
        objects: u32,
    },
    /// Caches larger than a cache, or than the pool, may be.
    Cache {
        /// Objects a cache was to keep.
        cache: u32,
        /// Objects of the pool.
        objects: u32,
    },
    /// Flags that no pool has, or that are the pool's own to set (MP-5).
    UnknownFlags {
        /// The bits.
        unknown: u32,
    },
    /// A handler in which a taker's death would lose objects.
    Unrecoverable {
        /// Which.
        handler: HandlerId,
    },
    /// Objects of no bytes, or of too many.
    ElementSize {
        /// The size in bytes.
        size: u32,
    },
    /// Objects that want a stronger alignment than memory is given with.
    ElementAlign {
        /// The alignment in bytes.
        align: u32,
    },
    /// All objects together are more bytes than can be addressed.
    Bytes {
        /// How many objects.
        objects: u32,
        /// Bytes of each.
        size: u32,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Objects { objects } => {
                write!(f, "a pool of {objects} objects was asked for; ask for 1 to {OBJECTS_MAX}")
            }
            Self::Cache { cache, objects } => write!(
                f,
                "caches of {cache} objects were asked for; ask for at most {} in a pool of {objects}, or 0 for none",
                CACHE_MAX.min(objects)
            ),
            Self::UnknownFlags { unknown } => write!(
                f,
                "pool flags {unknown:#x} were asked for, which nobody may ask for; leave them out"
            ),
            Self::Unrecoverable { handler } => write!(
                f,
                "a recoverable pool was asked for whose free objects are kept by {handler}, where they change hands \
                 in one step; ask for a ring (ring_mp_mc), or for a pool that is not recoverable"
            ),
            Self::ElementSize { size } => write!(
                f,
                "a pool of objects of {size} bytes was asked for; ask for 1 to {ELEMENT_MAX} bytes"
            ),
            Self::ElementAlign { align } => write!(
                f,
                "a pool of objects aligned to {align} bytes was asked for; ask for a power of two up to 4096"
            ),
            Self::Bytes { objects, size } => write!(
                f,
                "a pool of {objects} objects of {size} bytes was asked for, more than can be addressed; ask for less"
            ),
        }
    }
}

impl core::error::Error for ConfigError {}
