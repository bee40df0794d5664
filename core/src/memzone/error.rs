//! Why a zone was not reserved.

use core::fmt;

use crate::directory::{CreateError, LookupError};
use crate::name::{Name, NameError};

/// Why a zone was not reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneError {
    /// The name, the directory, the heap or the lock says no.
    Create(CreateError),
    /// A zone was to be attached to, and what has its name cannot be.
    Lookup(LookupError),
    /// The biggest free piece was asked for, and the heap, as it is, has none.
    NothingFree {
        /// The name it was to have.
        name: Name,
    },
    /// The alignment is not a power of two.
    Align {
        /// What was asked for.
        align: u64,
    },
    /// The length, rounded up, is more than 64 bits can say.
    Len {
        /// What was asked for.
        len: u64,
    },
    /// The bound is not a power of two, or less than the length.
    Bound {
        /// What was asked for.
        bound: u64,
        /// The length, rounded up to whole lines.
        len: u64,
    },
    /// Flags that mean nothing.
    Flags {
        /// These.
        unknown: u32,
    },
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
            Self::NothingFree { name } => write!(
                f,
                "the biggest free piece was asked for as memzone {name:?} and no such memory is free; \
                 say a length, so that the heap can grow"
            ),
            Self::Align { align } => {
                write!(
                    f,
                    "a memzone was asked for with an alignment of {align}, which is not a power of two; use one"
                )
            }
            Self::Len { len } => {
                write!(
                    f,
                    "a memzone of {len} bytes was asked for, more than an address can say; ask for less"
                )
            }
            Self::Bound { bound, len } if bound.is_power_of_two() => write!(
                f,
                "a memzone of {len} bytes was asked for that crosses no multiple of {bound}, which no place can do; \
                 raise the bound"
            ),
            Self::Bound { bound, .. } => {
                write!(
                    f,
                    "a memzone was asked for with a bound of {bound}, which is not a power of two; use one"
                )
            }
            Self::Flags { unknown } => {
                write!(
                    f,
                    "a memzone was asked for with flags {unknown:#x}, which mean nothing; leave them out"
                )
            }
        }
    }
}

impl core::error::Error for ZoneError {}

impl From<CreateError> for ZoneError {
    fn from(error: CreateError) -> Self {
        Self::Create(error)
    }
}

impl From<LookupError> for ZoneError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}

impl From<NameError> for ZoneError {
    fn from(error: NameError) -> Self {
        Self::Create(error.into())
    }
}
