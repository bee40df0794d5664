//! Looking an object up: by name, and only as what it is.
//!
//! Its kind and its elements are compared with what the caller means to do with it, so a
//! `Ring<u64>` is not taken for a `Ring<[u32; 2]>` (decision 8), and a name that was given to
//! something else is said to be (W-40).

use core::fmt;

use super::entry::{Found, Identity};
use super::kind::Kind;
use super::nearest::nearest;
use super::read::{ReadError, find};
use crate::group::Group;
use crate::name::{Name, NameError};
use crate::shared::ElementLayout;

/// Why a named object was not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// The name is none.
    Name(NameError),
    /// No object has the name.
    NotFound {
        /// The name.
        name: Name,
        /// The name most like it that there is.
        near: Option<Name>,
    },
    /// The object is of another kind.
    WrongKind {
        /// Its name.
        name: Name,
        /// What it is.
        found: Kind,
        /// What it was looked up as.
        asked: Kind,
    },
    /// The object is made of other elements.
    WrongElement {
        /// Its name.
        name: Name,
        /// Its kind.
        kind: Kind,
        /// What it is made of.
        found: ElementLayout,
        /// What it was looked up as made of.
        asked: ElementLayout,
    },
    /// The directory says that it lies where the group has no memory.
    Damaged {
        /// Its name.
        name: Name,
        /// Its kind.
        kind: Kind,
    },
    /// The directory could not be read.
    Read(ReadError),
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::NotFound { name, near: None } => {
                write!(f, "{name:?} was looked up and no object has that name; create it first")
            }
            Self::NotFound { name, near: Some(near) } => {
                write!(
                    f,
                    "{name:?} was looked up and no object has that name; did you mean {near:?}?"
                )
            }
            Self::WrongKind { name, found, asked } => {
                write!(f, "{name:?} was looked up as a {asked} and is a {found}; use another name")
            }
            Self::WrongElement { name, kind, found, asked } if found.size == asked.size => write!(
                f,
                "the {kind} {name:?} was looked up with elements of one type and has another of the same {} bytes; \
                 build both programs from one definition",
                found.size
            ),
            Self::WrongElement { name, kind, found, asked } => write!(
                f,
                "the {kind} {name:?} was looked up with elements of {} bytes and has elements of {}; \
                 build both programs from one definition",
                asked.size, found.size
            ),
            Self::Damaged { name, kind } => write!(
                f,
                "the {kind} {name:?} was looked up and is said to lie where the group has no memory; a process wrote \
                 where it had no business, so stop the group and look for it"
            ),
            Self::Read(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for LookupError {}

impl From<NameError> for LookupError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<ReadError> for LookupError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// The object that `what` describes; takes the lock (members).
///
/// # Errors
/// [`LookupError`].
///
/// ```text
/// "rx" was looked up as a ring and is a mempool; use another name
/// ```
#[doc(alias = "rte_ring_lookup")]
#[inline(never)]
pub fn lookup(group: &Group, what: &Identity) -> Result<Found, LookupError> {
    let found = find(group, what.name)?.ok_or_else(|| not_found(group, what.name))?;
    what.check(group, &found)?;
    Ok(found)
}

/// The object called `name` if it is a `kind`, whatever its elements are.
///
/// # Errors
/// [`LookupError`].
pub fn lookup_kind(group: &Group, name: Name, kind: Kind) -> Result<Found, LookupError> {
    let found = find(group, name)?.ok_or_else(|| not_found(group, name))?;
    Identity { name, kind, element: found.element }.check(group, &found)?;
    Ok(found)
}

impl Identity {
    /// Refuses `found`, which has this name, if it is another sort of object.
    pub(crate) fn check(&self, group: &Group, found: &Found) -> Result<(), LookupError> {
        let Self { name, kind, element } = *self;
        if found.kind != kind || kind == Kind::Unknown {
            return Err(LookupError::WrongKind { name, found: found.kind, asked: kind });
        }
        if found.element != element {
            let found = found.element;
            return Err(LookupError::WrongElement { name, kind, found, asked: element });
        }
        usize::try_from(found.len)
            .ok()
            .and_then(|len| group.window().address(found.at, len, 1))
            .map(|_| ())
            .ok_or(LookupError::Damaged { name, kind })
    }
}

#[inline(never)]
fn not_found(group: &Group, name: Name) -> LookupError {
    LookupError::NotFound { name, near: nearest(group, name) }
}
