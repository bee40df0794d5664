//! A directory that files go to, and the room in it.

use super::Entry;
use crate::runtime_dir::{Base, Room};
use rustix::fs::statfs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// File systems that are memory: tmpfs and ramfs.
const MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];

/// A directory for files of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The directory.
    pub path: PathBuf,
    /// What is there; none if nothing is.
    pub entry: Option<Entry>,
    /// What groups of this user share below it, if it is there already (`phalanx`, or
    /// `phalanx-<uid>`).
    pub own: Option<Entry>,
    /// The room in its file system.
    pub room: Room,
    /// Whether that is memory, and no disk.
    pub is_memory: bool,
}

impl Place {
    /// Looks at a directory in which memory files go to `phalanx-<uid>`.
    pub(super) fn at(path: PathBuf) -> Self {
        let own = path.join(format!("phalanx-{}", rustix::process::geteuid().as_raw()));
        Self::with_own(path, &own)
    }

    /// Looks at the base of runtime directories.
    pub(super) fn of_base(base: &Base) -> Self {
        let path = PathBuf::from(base.path());
        let own = path.join(base.component());
        Self::with_own(path, &own)
    }

    fn with_own(path: PathBuf, own: &Path) -> Self {
        let stat = statfs(path.as_os_str().as_bytes()).ok();
        Self {
            entry: Entry::at(&path),
            own: Entry::at(own),
            room: stat.as_ref().map(Room::from_kernel).unwrap_or_default(),
            // The field is wider than any magic number.
            is_memory: stat.is_some_and(|stat| MEMORY.contains(&(stat.f_type as u32))),
            path,
        }
    }

    /// Whether this user can have files there.
    pub fn is_usable(&self) -> bool {
        let may_make = self.entry.as_ref().is_some_and(|entry| entry.may_write);
        self.own.as_ref().map_or(may_make, Entry::is_usable)
    }
}
