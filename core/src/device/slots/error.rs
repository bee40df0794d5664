//! Why a device's queue was not had, and what may be wrong with its bytes.

use core::fmt;

use super::layout::DESCRIPTORS_MAX;
use crate::directory::{CreateError, LookupError};
use crate::group::ProcessId;
use crate::name::{Name, NameError};

/// Why a device's queue was not made or had. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceQueueError {
    /// Its name, made of the port's, is none.
    Name(NameError),
    /// The directory refused it, or there is no memory.
    Create(CreateError),
    /// There is none, or its name is something else's.
    Lookup(LookupError),
    /// There can be no queue of so many descriptors.
    Size {
        /// How many were asked for.
        asked: u32,
    },
    /// The port's owner has given it another size meanwhile, and there is another object of its name.
    Replaced {
        /// Its name.
        name: Name,
    },
    /// A living process works on it (it may be the one that asks).
    Held {
        /// Its name.
        name: Name,
        /// Who.
        by: ProcessId,
        /// That process's id, 0 if it left meanwhile.
        pid: u32,
    },
    /// Its bytes are none of a device's queue.
    Damaged {
        /// Its name.
        name: Name,
        /// What is wrong.
        fault: DeviceQueueFault,
    },
    /// Who asked only observes the group.
    Observer,
}

/// What is wrong with the bytes of a device's queue: something has written over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceQueueFault {
    /// It does not lie in the window, aligned to 128 bytes.
    Place {
        /// Bytes from the window's start.
        at: u64,
    },
    /// It has no device queue's magic.
    Magic {
        /// What stands there.
        found: u64,
    },
    /// It says that it has so many descriptors, and room for so many.
    Size {
        /// How many.
        found: u32,
        /// For how many it has room.
        capacity: u32,
    },
    /// The device's memory does not lie where it must.
    Memory {
        /// Where it is said to lie.
        at: u64,
        /// Bytes of it.
        bytes: u64,
    },
}

impl fmt::Display for DeviceQueueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { at } => {
                write!(
                    f,
                    "it is said to lie at +{at:#x}, which is not in the window or not aligned"
                )
            }
            Self::Magic { found } => write!(f, "it begins with {found:#x}"),
            Self::Size { found, capacity } => {
                write!(f, "it says that it has {found} descriptors, and room for {capacity}")
            }
            Self::Memory { at, bytes } => {
                write!(f, "it says that its device's memory is {bytes} bytes at +{at:#x}")
            }
        }
    }
}

impl fmt::Display for DeviceQueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Create(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
            Self::Size { asked } => write!(
                f,
                "a device's queue of {asked} descriptors was asked for; give a power of two from 2 to {DESCRIPTORS_MAX}"
            ),
            Self::Replaced { name } => write!(
                f,
                "the device queue {name:?} was to be worked on and was given another size just now; look it up again"
            ),
            Self::Held { name, by, pid } => write!(
                f,
                "the device queue {name:?} was to be worked on and slot {} (pid {pid}) works on it; drop that handle, \
                 or end that process",
                by.slot()
            ),
            Self::Damaged { name, fault } => write!(
                f,
                "the device queue {name:?} is none: {fault}; something has written over it, so stop the group and \
                 look for it"
            ),
            Self::Observer => f.write_str(
                "a device's queue was to be worked on by an observer, which may only look; join the group as a \
                 secondary",
            ),
        }
    }
}

impl core::error::Error for DeviceQueueError {}

impl From<NameError> for DeviceQueueError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<CreateError> for DeviceQueueError {
    fn from(error: CreateError) -> Self {
        Self::Create(error)
    }
}

impl From<LookupError> for DeviceQueueError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(error)
    }
}
