//! Changing the directory: a name is entered, a name is taken out. All under the lock, all
//! through its journal.

use core::fmt;

use super::entry::{Found, NewEntry};
use super::kind::Kind;
use super::layout::{ENTRIES_MAX, Entry};
use super::read::find_in;
use crate::group::ProcessId;
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
    /// The caller only observes the group.
    Observer,
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
            Self::Observer => f.write_str(
                "an object was to be created by an observer, which may only look; join the group as a secondary",
            ),
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
    if let Some(Found { kind, owner, .. }) = find_in(tx, name) {
        let by = if tx.group().is_alive(owner) { tx.group().pid_of(owner) } else { 0 };
        return Err(CreateError::Exists { name, kind, owner, by });
    }
    let mut entries = tx.group().region().directory.entries.iter().enumerate();
    entries.find(|(_, entry)| entry.kind.get() == 0).ok_or(CreateError::Full(ENTRIES_MAX))
}

/// Enters an object that lies at a given place. It is there for others when `tx` is committed.
pub fn insert(tx: &Transaction, new: &NewEntry) -> Result<Found, CreateError> {
    let (index, entry) = check_vacant(tx, new.name)?;
    let NewEntry { name, kind, element, at, len, page_bytes, node } = *new;
    let owner = tx.group().me();
    let generation = entry.generation.get().wrapping_add(1);
    let found = Found { name, kind, at, len, element, owner, page_bytes, node, index, generation };
    entry.write(tx, &found)?;
    Ok(found)
}

/// Takes an object out, if it is still there. Returns whether it was. Its memory stays.
pub fn remove(tx: &Transaction, found: &Found) -> Result<bool, JournalFull> {
    let entry = tx.group().region().directory.entries.get(found.index);
    let same = |entry: &&Entry| entry.kind.get() != 0 && entry.generation.get() == found.generation;
    match entry.filter(same) {
        Some(entry) => tx.set(&entry.kind, 0).map(|()| true),
        None => Ok(false),
    }
}
