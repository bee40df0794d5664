//! A device or directory, and what this user may do with it.

use rustix::fs::{Access, AtFlags, CWD, accessat};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Something in the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    /// Whose it is.
    pub uid: u32,
    /// Which group's.
    pub gid: u32,
    /// Whether this user may read it.
    pub may_read: bool,
    /// Whether this user may write it; in a directory, make files.
    pub may_write: bool,
}

impl Entry {
    /// Looks; `None` if there is nothing. A link is followed. Cost: three system calls.
    pub fn at(path: &Path) -> Option<Self> {
        let data = std::fs::metadata(path).ok()?;
        let may =
            |access| accessat(CWD, path.as_os_str().as_bytes(), access, AtFlags::EACCESS).is_ok();
        let is_dir = data.is_dir();
        let writing = if is_dir { Access::WRITE_OK | Access::EXEC_OK } else { Access::WRITE_OK };
        Some(Self {
            path: path.to_owned(),
            mode: data.mode() & 0o7777,
            uid: data.uid(),
            gid: data.gid(),
            may_read: may(Access::READ_OK),
            may_write: may(writing),
        })
    }

    /// Both reading and writing.
    pub fn is_usable(&self) -> bool {
        self.may_read && self.may_write
    }
}
