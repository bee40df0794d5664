//! Memory files that nobody holds: what a group that was killed as a whole leaves
//! behind.
//!
//! A file is dead when an exclusive `flock` on it succeeds, since every process
//! that has it open holds a shared one. Between making a file and locking it there
//! is a moment when a living file looks dead; so makers and cleaners both hold the
//! directory's lock meanwhile.
//!
//! Only files of the asked prefix are looked at, and only names that Phalanx writes
//! (`W-16`: the reference system removes other programs' files).

use super::dir::{DirectoryLock, try_flock};
use super::name::MemoryFileName;
use crate::mapping::Access;
use crate::runtime_dir::{FileError, OwnedDir, OwnedDirError, Prefix};
use crate::sys::errno::Named;
use core::fmt;
use rustix::fd::AsFd;
use rustix::fs::FlockOperation;
use rustix::io::Errno;

/// Why dead files could not be looked for or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadFilesError {
    /// Another process has held the lock of the directory for too long.
    DirectoryBusy {
        /// The directory.
        path: String,
    },
    /// The directory cannot be listed.
    Directory(OwnedDirError),
    /// A file cannot be opened or removed.
    File(FileError),
    /// The kernel refused a lock.
    Refused(Errno),
}

impl fmt::Display for DeadFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectoryBusy { path } => write!(
                f,
                "another process keeps {path} locked; look for a stopped process of this user"
            ),
            Self::Directory(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Refused(errno) => {
                write!(f, "the kernel refused a lock on a memory file: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for DeadFilesError {}

/// The memory files of `prefix` in `dir`, dead or alive, sorted.
///
/// # Errors
/// [`DeadFilesError::Directory`].
pub fn memory_files(
    dir: &OwnedDir,
    prefix: &Prefix,
) -> Result<Vec<MemoryFileName>, DeadFilesError> {
    let names = dir.names().map_err(DeadFilesError::Directory)?;
    let parsed = names.iter().filter_map(|name| name.parse().ok());
    let mut files: Vec<_> = parsed.filter(|file: &MemoryFileName| file.prefix == *prefix).collect();
    files.sort();
    Ok(files)
}

/// The memory files of `prefix` that nobody holds. They stay where they are.
///
/// # Errors
/// [`DeadFilesError`].
pub fn dead_files(dir: &OwnedDir, prefix: &Prefix) -> Result<Vec<MemoryFileName>, DeadFilesError> {
    for_each_dead(dir, prefix, |_| Ok(()))
}

/// Removes the memory files of `prefix` that nobody holds, and gives their pages
/// back. Returns what was removed.
///
/// # Errors
/// [`DeadFilesError`]; files before the one that failed are gone.
pub fn remove_dead_files(
    dir: &OwnedDir,
    prefix: &Prefix,
) -> Result<Vec<MemoryFileName>, DeadFilesError> {
    for_each_dead(dir, prefix, |name| dir.unlink(name).map(|_| ()).map_err(DeadFilesError::File))
}

/// Calls `act` on each dead file while nobody can open it.
fn for_each_dead(
    dir: &OwnedDir,
    prefix: &Prefix,
    act: impl Fn(&str) -> Result<(), DeadFilesError>,
) -> Result<Vec<MemoryFileName>, DeadFilesError> {
    let busy = || DeadFilesError::DirectoryBusy { path: dir.path().to_owned() };
    let _lock = DirectoryLock::take(dir).map_err(DeadFilesError::Refused)?.ok_or_else(busy)?;
    let mut dead = Vec::new();
    for file in memory_files(dir, prefix)? {
        let name = file.to_string();
        let opened = match dir.open_file(&name, Access::ReadOnly) {
            // Whoever unlinks by hand takes no lock.
            Err(FileError::Absent { .. }) => continue,
            result => result.map_err(DeadFilesError::File)?,
        };
        let exclusive = FlockOperation::NonBlockingLockExclusive;
        if try_flock(opened.as_fd(), exclusive).map_err(DeadFilesError::Refused)? {
            act(&name)?;
            dead.push(file);
        }
    }
    Ok(dead)
}
