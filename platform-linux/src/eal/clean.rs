//! Removing what a dead group has left: its memory files, its sockets and its directory.
//!
//! Only what is provably dead and of that prefix is touched. A group is dead when the kernel
//! says that nobody holds a byte of its group file; a memory file is dead when nobody holds its
//! lock. Both are asked under the start lock, so that nobody joins meanwhile. Other prefixes,
//! other users and a real DPDK's files are never looked at (W-16, W-68).

use core::fmt;
use core::time::Duration;
use std::collections::BTreeSet;

use super::EalError;
use super::create::NEW_GROUP_FILE;
use super::standing::{self, GROUP_FILE, Standing};
use phalanx_core::group::Group;
use rustix::fd::AsFd;

use crate::hugepage::{
    DeadFilesError, HugepageInfo, MemoryDir, MemoryFileName, memory_files, remove_dead_files,
};
use crate::lockfile::{StartLock, StartLockError};
use crate::mapping::Access;
use crate::message::socket;
use crate::runtime_dir::{Base, FileError, Prefix, RuntimeDir, RuntimeDirError};
use crate::sys::deadline::Deadline;

/// How long `clean` waits for a process that is starting or leaving.
const WAIT: Duration = Duration::from_secs(5);

/// Where small-page groups keep their memory.
const SHARED_MEMORY: &str = "/dev/shm";

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Paths of the files that are gone.
    pub files: Vec<String>,
    /// Memory files of the prefix that somebody holds, and that stayed.
    pub held: Vec<String>,
}

/// Why a group was not cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CleanError {
    /// Somebody lives in it.
    Alive {
        /// The prefix.
        prefix: String,
        /// Process ids of those who do, as far as the table says.
        pids: Vec<u32>,
    },
    /// The start lock was not had.
    StartLock(StartLockError),
    /// A memory file could not be removed.
    Memory(DeadFilesError),
    /// Anything else that also stops a start.
    Eal(Box<EalError>),
}

impl fmt::Display for CleanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alive { prefix, pids } if pids.is_empty() => write!(
                f,
                "group '{prefix}' was to be cleaned and is alive, but its file is damaged and does not say who lives; \
                 find them with `fuser -v` on the group file and end them first, nothing was touched"
            ),
            Self::Alive { prefix, pids } => write!(
                f,
                "group '{prefix}' was to be cleaned and is alive (pids {pids:?}); end its processes first, nothing was touched"
            ),
            Self::StartLock(error) => error.fmt(f),
            Self::Memory(error) => error.fmt(f),
            Self::Eal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CleanError {}

macro_rules! from_eal {
    ($($error:ty),+) => {$(
        impl From<$error> for CleanError {
            fn from(error: $error) -> Self {
                Self::Eal(Box::new(error.into()))
            }
        }
    )+};
}
from_eal!(EalError, RuntimeDirError, FileError);

impl From<DeadFilesError> for CleanError {
    fn from(error: DeadFilesError) -> Self {
        Self::Memory(error)
    }
}

/// Removes everything of group `prefix`, if it is dead. Doing it again removes nothing.
///
/// # Errors
/// [`CleanError`]; [`CleanError::Alive`] if somebody lives in it, and then nothing was touched.
pub fn clean(base: &Base, prefix: &Prefix) -> Result<Cleaned, CleanError> {
    let dir = match RuntimeDir::open_existing(base, prefix) {
        Ok(dir) => dir,
        // Without a directory there may still be memory files.
        Err(RuntimeDirError::NoGroup { .. }) => return remove_memory(prefix, BTreeSet::new()),
        Err(error) => return Err(error.into()),
    };
    let lock = match StartLock::acquire(dir.as_fd(), Deadline::after(WAIT)) {
        Err(StartLockError::DirectoryGone) => return remove_memory(prefix, BTreeSet::new()),
        result => result.map_err(CleanError::StartLock)?,
    };
    match standing::look(&dir, Access::ReadOnly) {
        Ok(Standing::Living { liveness, header, .. }) => {
            let living = |group: &Group| {
                let processes = group.processes();
                processes.filter(|p| standing::lives(&liveness, p)).map(|p| p.pid).collect()
            };
            let pids =
                header.ok().and_then(|_| standing::with_group(liveness.group_file(), living));
            Err(CleanError::Alive { prefix: prefix.to_string(), pids: pids.unwrap_or_default() })
        }
        // Something that is no regular file of ours bears the name: nobody can live in it.
        Ok(_) | Err(EalError::File(FileError::NotRegular { .. })) => remove(&dir, lock),
        Err(error) => Err(error.into()),
    }
}

/// The prefixes that have memory files of this user, whether or not they have a directory.
pub fn prefixes_with_memory() -> BTreeSet<Prefix> {
    let mut prefixes = BTreeSet::new();
    for place in memory_places() {
        let Ok(Some(dir)) = MemoryDir::open_existing(&place) else { continue };
        let names = dir.names().unwrap_or_default();
        let files = names.iter().filter_map(|name| name.parse::<MemoryFileName>().ok());
        prefixes.extend(files.map(|file| file.prefix));
    }
    prefixes
}

/// Every hugetlbfs, and `/dev/shm`.
fn memory_places() -> BTreeSet<String> {
    let info = HugepageInfo::discover().map(|info| info.sizes).unwrap_or_default();
    let mounts = info.into_iter().filter_map(|size| size.mount?.to_str().map(str::to_owned));
    mounts.chain([SHARED_MEMORY.to_owned()]).collect()
}

/// Removes a dead group whole. The caller holds its start lock.
pub(super) fn remove(dir: &RuntimeDir, lock: StartLock) -> Result<Cleaned, CleanError> {
    let mut cleaned = remove_contents(dir, None)?;
    if lock.remove(dir.as_fd()).is_ok() {
        cleaned.files.push(format!("{}/lock", dir.path()));
    }
    // Whoever waits for the lock makes the directory anew.
    let _ = dir.remove_if_empty();
    Ok(cleaned)
}

/// Removes a dead group's files and keeps its directory for the group that comes. Returns how
/// many files are gone. The caller holds the start lock.
pub(super) fn remove_dead(dir: &RuntimeDir, huge_dir: Option<&str>) -> Result<usize, EalError> {
    match remove_contents(dir, huge_dir) {
        Ok(cleaned) => Ok(cleaned.files.len()),
        Err(CleanError::Eal(error)) => Err(*error),
        Err(error) => Err(EalError::Clean(error.to_string())),
    }
}

fn remove_contents(dir: &RuntimeDir, huge_dir: Option<&str>) -> Result<Cleaned, CleanError> {
    let mut places = named_in_tables(dir);
    places.extend(huge_dir.map(str::to_owned));
    let mut cleaned = remove_memory(dir.prefix(), places)?;
    let sockets = socket::remove_all(dir)?;
    cleaned.files.extend(sockets.iter().map(|name| format!("{}/{name}", dir.path())));
    // Last, because it names the places of the rest.
    for name in [GROUP_FILE, NEW_GROUP_FILE] {
        if dir.unlink(name)? {
            cleaned.files.push(format!("{}/{name}", dir.path()));
        }
    }
    Ok(cleaned)
}

/// The hugepage directories that the group's own tables name, if they can be read.
fn named_in_tables(dir: &RuntimeDir) -> BTreeSet<String> {
    let read = || {
        let file = dir.open_file(GROUP_FILE, Access::ReadOnly).ok()?;
        standing::read_header(file.as_fd()).ok()?.ok()?;
        standing::with_group(file.as_fd(), |group| {
            let paths = group.memseg_lists().iter().map(|list| list.path());
            paths.filter_map(|path| huge_dir_of(path.as_str()?)).collect()
        })
    };
    read().unwrap_or_default()
}

/// `<hugedir>` of `<hugedir>/phalanx-<uid>/<file>`.
fn huge_dir_of(path: &str) -> Option<String> {
    let dir = std::path::Path::new(path).parent()?.parent()?;
    dir.to_str().map(str::to_owned)
}

/// Removes the dead memory files of `prefix` in `places`, on every hugetlbfs and in `/dev/shm`.
fn remove_memory(prefix: &Prefix, mut places: BTreeSet<String>) -> Result<Cleaned, CleanError> {
    places.extend(memory_places());
    let mut cleaned = Cleaned::default();
    for place in places {
        // A place that cannot be opened (unmounted, another user's) holds nothing of ours.
        let Ok(Some(dir)) = MemoryDir::open_existing(&place) else { continue };
        let path = |name: &dyn fmt::Display| format!("{}/{name}", dir.path());
        cleaned.files.extend(remove_dead_files(&dir, prefix)?.iter().map(|name| path(name)));
        cleaned.held.extend(memory_files(&dir, prefix)?.iter().map(|name| path(name)));
    }
    Ok(cleaned)
}
