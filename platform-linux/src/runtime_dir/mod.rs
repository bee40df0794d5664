//! Where a group's files lie: `<base>/phalanx/<prefix>`.
//!
//! `/tmp` is everybody's, and a directory that is simply accepted when it exists
//! may be somebody else's trap: files swapped, sockets listened on (`W-60`). So
//! nothing below the base is taken on trust. Each directory is opened by its
//! name relative to its parent's descriptor, links are not followed, and what was
//! opened must belong to this user and admit no writes by others. The same holds
//! for each file. What is refused is refused with the finding and the command
//! that mends it.
//!
//! After that only descriptors are used, never paths, so nothing can be swapped
//! later.
//!
//! ```text
//!   base.rs        which base directory (RD-1)
//!   prefix.rs      the name of a group
//!   shown_path.rs  a path in a message
//!   room.rs        what is left of a file system
//!   owned_dir.rs   a directory that is really ours
//!   owned_file.rs  files in it
//!   listing.rs     the names in it
//! ```

mod base;
#[cfg(feature = "std")]
mod listing;
mod owned_dir;
mod owned_file;
mod prefix;
mod room;
mod shown_path;
#[cfg(test)]
mod tests;

pub use base::{Base, BaseError, BaseInputs, RUNTIME_DIRECTORY, XDG_RUNTIME_DIR};
pub use owned_dir::{MAX_PATH, OwnedDir, OwnedDirError, PathText};
pub use owned_file::FileError;
pub use prefix::{MAX_PREFIX, Prefix, PrefixError};
pub use room::{Amount, Room};
pub use shown_path::ShownPath;

use crate::lockfile::{StartLock, StartLockError};
use crate::sys::deadline::Deadline;
use crate::sys::errno::Named;
use core::fmt;
use core::ops::Deref;
use rustix::fs::{AtFlags, unlinkat};
use rustix::io::Errno;

/// The directory of one group. Its file operations are those of [`OwnedDir`].
#[derive(Debug)]
pub struct RuntimeDir {
    dir: OwnedDir,
    parent: OwnedDir,
    prefix: Prefix,
}

/// Why a group's directory could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuntimeDirError {
    /// The base directory cannot be opened.
    NoBase {
        /// The base directory.
        path: ShownPath,
        /// The kernel's answer.
        errno: Errno,
    },
    /// There is no group of this prefix.
    NoGroup {
        /// The directory that would be its.
        path: ShownPath,
    },
    /// A directory on the way is not ours, or not to be had.
    Directory(OwnedDirError),
    /// The start lock could not be taken.
    Lock(StartLockError),
}

impl fmt::Display for RuntimeDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBase { path, errno } => write!(
                f,
                "the base of the runtime directory, {path}, cannot be opened: {}; make it, or set \
                 RUNTIME_DIRECTORY to a directory that exists",
                Named(*errno)
            ),
            Self::NoGroup { path } => write!(
                f,
                "there is no group at {path}; start its primary first, as the same user and with \
                 the same prefix"
            ),
            #[cfg(feature = "std")]
            Self::Directory(error @ OwnedDirError::Full { .. }) => {
                write!(f, "{error}, or set RUNTIME_DIRECTORY to a directory elsewhere")
            }
            Self::Directory(error) => error.fmt(f),
            Self::Lock(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RuntimeDirError {}

impl From<OwnedDirError> for RuntimeDirError {
    fn from(error: OwnedDirError) -> Self {
        match error {
            OwnedDirError::Absent { path } => Self::NoGroup { path },
            other => Self::Directory(other),
        }
    }
}

impl RuntimeDir {
    /// Opens the directory of `prefix`, making it and its parent if absent.
    ///
    /// Another process may remove it as empty at any moment until a file is in it:
    /// [`Self::create_and_lock`] copes with that. Cost: about ten system calls.
    ///
    /// # Errors
    /// [`RuntimeDirError`], except `NoGroup` and `Lock`.
    pub fn create(base: &Base, prefix: &Prefix) -> Result<Self, RuntimeDirError> {
        let parent = OwnedDir::create(&base.open()?, base.component())?;
        let dir = OwnedDir::create(&parent, prefix.as_str())?;
        Ok(Self { dir, parent, prefix: prefix.clone() })
    }

    /// Opens the directory of `prefix` and makes nothing.
    ///
    /// # Errors
    /// [`RuntimeDirError::NoGroup`] if it is absent; others except `Lock`.
    pub fn open_existing(base: &Base, prefix: &Prefix) -> Result<Self, RuntimeDirError> {
        let no_group = || RuntimeDirError::NoGroup { path: base.path_of(prefix) };
        let parent = match OwnedDir::open(&base.open()?, base.component()) {
            Err(OwnedDirError::Absent { .. }) => return Err(no_group()),
            result => result?,
        };
        let dir = OwnedDir::open(&parent, prefix.as_str())?;
        Ok(Self { dir, parent, prefix: prefix.clone() })
    }

    /// [`Self::create`] and the start lock in one, again when a process that
    /// cleans up removes the directory in between.
    ///
    /// # Errors
    /// [`RuntimeDirError`], except `NoGroup`.
    pub fn create_and_lock(
        base: &Base,
        prefix: &Prefix,
        deadline: Deadline,
    ) -> Result<(Self, StartLock), RuntimeDirError> {
        loop {
            let runtime_dir = Self::create(base, prefix)?;
            match StartLock::acquire(runtime_dir.as_fd(), deadline) {
                Ok(lock) => return Ok((runtime_dir, lock)),
                Err(StartLockError::DirectoryGone) if !deadline.has_passed() => {}
                Err(error) => return Err(RuntimeDirError::Lock(error)),
            }
        }
    }

    /// The name of the group.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Removes the directory if nothing is in it; `false` if something is. The
    /// last step of cleaning up, after [`StartLock::remove`].
    ///
    /// # Errors
    /// The kernel's.
    pub fn remove_if_empty(&self) -> Result<bool, Errno> {
        match unlinkat(self.parent.as_fd(), self.prefix.as_str(), AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(errno) => Err(errno),
        }
    }
}

impl Deref for RuntimeDir {
    type Target = OwnedDir;

    fn deref(&self) -> &OwnedDir {
        &self.dir
    }
}

/// The prefixes that have a directory under `base`, in alphabetical order. Whether
/// a group lives behind one is another question.
///
/// # Errors
/// [`RuntimeDirError`]; no directory at all is an empty list, not an error.
#[cfg(feature = "std")]
pub fn list_prefixes(base: &Base) -> Result<Vec<Prefix>, RuntimeDirError> {
    let parent = match OwnedDir::open(&base.open()?, base.component()) {
        Err(OwnedDirError::Absent { .. }) => return Ok(Vec::new()),
        result => result?,
    };
    let mut prefixes: Vec<Prefix> =
        parent.directory_names()?.iter().filter_map(|name| Prefix::new(name).ok()).collect();
    prefixes.sort();
    Ok(prefixes)
}
