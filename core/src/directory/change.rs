//! Changing the directory: a name is entered, a name is taken out. All under the lock, all
//! through its journal.

use core::fmt;

use super::entry::{Found, NewEntry};
use super::kind::Kind;
use super::layout::{ENTRIES_MAX, Entry};
use super::read::find_in;
use crate::group::ProcessId;
use crate::heap::AllocError;
use crate::lock::{JournalFull, LockError, Transaction};
use crate::name::{Name, NameError};

/// Why an object was not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// The name is none.
    Name(NameError),
    /// An object has the name already.
    Exists {
        /// The name.
        name: Name,
        /// What has it.
        kind: Kind,
        /// The process that created it.
        owner: ProcessId,
        /// That process's id; 0 if it is gone.
        by: u32,
    },
    /// The directory holds as many objects as it can: how many.
    Full(usize),
    /// The heap has no such block.
    Memory {
        /// The name.
        name: Name,
        /// What was to be created.
        kind: Kind,
        /// How many bytes it needs.
        bytes: u64,
        /// What the heap says.
        error: AllocError,
    },
    /// The lock was not had.
    Lock(LockError),
    /// The change is more than one transaction can undo.
    Journal(JournalFull),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Exists { name, kind, by: 0, .. } => write!(
                f,
                "{name:?} was to be created and is a {kind} already, made by a process that is gone; \
                 attach to it, or destroy it first"
            ),
            Self::Exists { name, kind, by, .. } => write!(
                f,
                "{name:?} was to be created and is a {kind} already, made by pid {by}; \
                 attach to it, or use another name"
            ),
            Self::Full(max) => write!(
                f,
                "an object was to be created and the group has {max}, the most it may have; destroy some first"
            ),
            Self::Memory { name, kind, bytes, error } => {
                write!(f, "the {kind} {name:?} was to be created in {bytes} bytes: {error}")
            }
            Self::Lock(error) => error.fmt(f),
            Self::Journal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CreateError {}

impl From<NameError> for CreateError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl From<LockError> for CreateError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

impl From<JournalFull> for CreateError {
    fn from(error: JournalFull) -> Self {
        Self::Journal(error)
    }
}

/// Refuses a name that is taken, and a table that is full: what a creator checks before it
/// allocates. Returns the entry that [`insert`] will use, and its number.
pub(crate) fn check_vacant(
    tx: &Transaction,
    name: Name,
) -> Result<(usize, &'static Entry), CreateError> {
    if let Some(found) = find_in(tx, name) {
        let by = found.living_owner(tx.group()).unwrap_or(0);
        return Err(CreateError::Exists { name, kind: found.kind, owner: found.owner, by });
    }
    let mut entries = tx.group().region().directory.entries.iter().enumerate();
    entries.find(|(_, entry)| entry.kind.get() == 0).ok_or(CreateError::Full(ENTRIES_MAX))
}

/// Enters an object that lies at a given place. It is there for others when `tx` is committed.
pub(crate) fn insert(tx: &Transaction, new: &NewEntry) -> Result<Found, CreateError> {
    let (index, entry) = check_vacant(tx, new.name)?;
    let NewEntry { name, kind, element, at, len, page_bytes, node } = *new;
    let owner = tx.group().me();
    let generation = entry.generation.get().wrapping_add(1);
    let found = Found { name, kind, at, len, element, owner, page_bytes, node, index, generation };
    let used = &tx.group().region().directory.used;
    tx.set(used, used.get().max(index as u64 + 1))?;
    entry.write(tx, &found)?;
    Ok(found)
}

/// The object as the directory has it now, if it is still the one that was found.
pub fn current_in(tx: &Transaction, found: &Found) -> Option<Found> {
    let entry = tx.group().region().directory.entries.get(found.index)?;
    entry.read(found.index).filter(|now| now.generation == found.generation)
}

/// Gives the object that was found another name, which nothing has. Who knew it by the old one finds it gone.
pub(crate) fn rename(tx: &Transaction, found: &Found, name: Name) -> Result<Found, JournalFull> {
    let (owner, generation) = (tx.group().me(), found.generation.wrapping_add(1));
    let renamed = Found { name, owner, generation, ..*found };
    if let Some(entry) = tx.group().region().directory.entries.get(found.index) {
        entry.write(tx, &renamed)?;
    }
    Ok(renamed)
}

/// Takes an object out, if it is still there. Returns what it was; its memory stays.
pub(crate) fn remove(tx: &Transaction, found: &Found) -> Result<Option<Found>, JournalFull> {
    let Some(current) = current_in(tx, found) else { return Ok(None) };
    if let Some(entry) = tx.group().region().directory.entries.get(current.index) {
        tx.set(&entry.kind, 0)?;
    }
    Ok(Some(current))
}
