//! Destroying a named object: name and memory in one transaction.
//!
//! Any member may, as the field has it (MZ-7); but a kind whose objects are visibly in use
//! refuses by its hook (W-58): a ring with a claimed end is `Busy`.

#![expect(unsafe_code, reason = "who destroys promises that nobody uses the object")]

use core::fmt;

use super::change::remove;
use super::entry::Found;
use super::kind::Kind;
use super::nearest::nearest;
use super::read::find_in;
use crate::group::Group;
use crate::heap::{self, FreeError};
use crate::lock::{JournalFull, LockError, Transaction};
use crate::name::{Name, NameError};

/// Why an object was not destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DestroyError {
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
        /// What was to be destroyed.
        asked: Kind,
    },
    /// The object that the handle stands for has been destroyed; another may have its name.
    Gone {
        /// The name it had.
        name: Name,
        /// Its kind.
        kind: Kind,
    },
    /// Its memory is not a block of the heap.
    Memory {
        /// Its name.
        name: Name,
        /// Its kind.
        kind: Kind,
        /// What the heap says.
        error: FreeError,
    },
    /// The lock was not had.
    Lock(LockError),
    /// The change is more than one transaction can undo.
    Journal(JournalFull),
}

impl fmt::Display for DestroyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::NotFound { name, near: None } => {
                write!(
                    f,
                    "{name:?} was to be destroyed and no object has that name; it may be gone already"
                )
            }
            Self::NotFound { name, near: Some(near) } => write!(
                f,
                "{name:?} was to be destroyed and no object has that name; did you mean {near:?}?"
            ),
            Self::WrongKind { name, found, asked } => {
                write!(
                    f,
                    "the {asked} {name:?} was to be destroyed and is a {found}; destroy it as one"
                )
            }
            Self::Gone { name, kind } => write!(
                f,
                "the {kind} {name:?} was to be destroyed and is gone already; look the name up again"
            ),
            Self::Memory { name, kind, error } => {
                write!(
                    f,
                    "the {kind} {name:?} was to be destroyed and its memory was not given back: {error}"
                )
            }
            Self::Lock(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DestroyError {}

impl From<NameError> for DestroyError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<LockError> for DestroyError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

impl From<JournalFull> for DestroyError {
    fn from(error: JournalFull) -> Self {
        Self::Journal(error)
    }
}

/// What most kinds give to [`destroy`]: whoever asks may.
///
/// # Errors
/// [`DestroyError`].
pub fn anyone_may(_: &Transaction, _: &Found) -> Result<(), DestroyError> {
    Ok(())
}

/// Destroys the `kind` called `name`, unless `may` refuses.
///
/// `may` runs under the group's lock and must not take it.
///
/// ```text
/// the ring "rx" was to be destroyed and is a mempool; destroy it as one
/// ```
///
/// # Safety
///
/// Once it is destroyed nobody, in any process, uses a view, a handle or a part of the object any
/// more: its memory becomes others' objects, or goes back to the system. What `may` lets through,
/// the caller answers for.
#[doc(alias = "rte_memzone_free")]
#[doc(alias = "rte_ring_free")]
pub unsafe fn destroy<E: From<DestroyError>>(
    group: &Group,
    name: Name,
    kind: Kind,
    may: impl FnOnce(&Transaction, &Found) -> Result<(), E>,
) -> Result<(), E> {
    let tx = group.begin().map_err(DestroyError::from)?;
    let Some(found) = find_in(&tx, name) else {
        // Not under the lock: the search for a near name takes its time.
        drop(tx);
        return Err(DestroyError::NotFound { name, near: nearest(group, name) }.into());
    };
    if found.kind != kind {
        return Err(DestroyError::WrongKind { name, found: found.kind, asked: kind }.into());
    }
    give_back(tx, &found, may)
}

/// Destroys exactly `found`: not what has come after it under the same name.
///
/// # Safety
///
/// As for [`destroy`].
pub unsafe fn destroy_exactly<E: From<DestroyError>>(
    group: &Group,
    found: &Found,
    may: impl FnOnce(&Transaction, &Found) -> Result<(), E>,
) -> Result<(), E> {
    let tx = group.begin().map_err(DestroyError::from)?;
    give_back(tx, found, may)
}

fn give_back<E: From<DestroyError>>(
    tx: Transaction,
    found: &Found,
    may: impl FnOnce(&Transaction, &Found) -> Result<(), E>,
) -> Result<(), E> {
    // What the directory says, not what a handle says, is given back.
    let Some(current) = remove(&tx, found).map_err(DestroyError::from)? else {
        return Err(DestroyError::Gone { name: found.name, kind: found.kind }.into());
    };
    may(&tx, &current)?;
    let Found { name, kind, at, .. } = current;
    heap::free(&tx, at).map_err(|error| DestroyError::Memory { name, kind, error })?;
    let group = *tx.group();
    tx.commit();
    // The object is gone whether or not the lock is had for this; the next free does it then.
    let _later = group.give_back_memory();
    Ok(())
}
