//! Why a named pool was not made, found or destroyed.

use core::fmt;

use super::config::ConfigError;
use super::format::AttachError;
use super::populate::PopulateError;
use crate::directory::{CreateError, DestroyError, LookupError};
use crate::heap::AllocError;
use crate::name::{Name, NameError};

/// Why a named pool was not made, found or destroyed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolError {
    /// Its name is none.
    Name(NameError),
    /// There can be no such pool (MP-4).
    Config(ConfigError),
    /// The directory refused it, or there is no memory.
    Create(CreateError),
    /// There is no memory for its objects, in one piece or in several.
    Objects {
        /// The pool.
        name: Name,
        /// How many of its objects had a place.
        placed: u32,
        /// How many it was to have.
        objects: u32,
        /// What the heap said last.
        error: AllocError,
    },
    /// Memory that the heap gave could not be made objects.
    Populate(PopulateError),
    /// There is none of that name, or it is something else.
    Lookup(LookupError),
    /// What the directory calls a pool is none, or none that this build can use (W-39).
    Attach(AttachError),
    /// It could not be destroyed.
    Destroy(DestroyError),
    /// Some of its objects are held, on their way, or lost (W-58).
    Busy {
        /// The pool.
        name: Name,
        /// How many.
        in_use: u32,
    },
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Config(error) => error.fmt(f),
            Self::Create(error) => error.fmt(f),
            Self::Objects { name, placed, objects, error } => write!(
                f,
                "the pool {name:?} was to have {objects} objects and there is memory for {placed}: {error}"
            ),
            Self::Populate(error) => error.fmt(f),
            Self::Lookup(error) => error.fmt(f),
            Self::Attach(error) => error.fmt(f),
            Self::Destroy(error) => error.fmt(f),
            Self::Busy { name, in_use } => write!(
                f,
                "the pool {name:?} was to be destroyed and {in_use} of its objects are in use; have them put back first"
            ),
        }
    }
}

impl core::error::Error for PoolError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for PoolError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! {
    Name(NameError), Config(ConfigError), Create(CreateError), Populate(PopulateError), Lookup(LookupError),
    Attach(AttachError), Destroy(DestroyError),
}
