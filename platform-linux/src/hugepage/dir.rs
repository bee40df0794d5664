//! The directory of memory files: `<hugedir>/phalanx-<uid>`.
//!
//! A directory of its own for each user, for two reasons: a DPDK that starts looks
//! for files to remove in the root of the mount only, and a mount is shared by
//! users who must not meet each other's files. It is opened with the same distrust
//! as a runtime directory.
//!
//! With `--no-huge` the files lie on tmpfs or wherever the caller says; nothing here
//! is particular to hugetlbfs.

use crate::runtime_dir::{OwnedDir, OwnedDirError, ShownPath};
use crate::sys::deadline::Deadline;
use crate::sys::errno::Named;
use crate::sys::user::own_uid;
use core::fmt::{self, Write as _};
use core::ops::Deref;
use core::time::Duration;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstatfs, openat};
use rustix::io::Errno;

/// The lock of a directory is held for a few system calls; whoever does not get it
/// in this time waits for a stopped process.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// A directory of memory files that is ours. Its file operations are those of
/// [`OwnedDir`].
#[derive(Debug)]
pub struct MemoryDir {
    dir: OwnedDir,
    page_size: u64,
}

/// Why there is no memory directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryDirError {
    /// The directory it should lie in cannot be opened.
    NoHugeDir {
        /// That directory.
        path: ShownPath,
        /// The kernel's answer.
        errno: Errno,
    },
    /// This user may not make directories there.
    NotAllowed {
        /// The directory that was to be made.
        path: ShownPath,
        /// The effective user.
        uid: u32,
    },
    /// It is not ours, or not to be had.
    Directory(OwnedDirError),
}

impl fmt::Display for MemoryDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHugeDir { path, errno } => write!(
                f,
                "directory {path} for memory files cannot be opened: {}; \
                 mount hugetlbfs there or name another with --huge-dir",
                Named(*errno)
            ),
            Self::NotAllowed { path, uid } => write!(
                f,
                "user {uid} may not make {path}; as root: install -d -o {uid} -m 700 {path}"
            ),
            Self::Directory(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for MemoryDirError {}

impl From<OwnedDirError> for MemoryDirError {
    fn from(error: OwnedDirError) -> Self {
        match error {
            OwnedDirError::Refused { path, errno: Errno::ACCESS } => {
                Self::NotAllowed { path, uid: own_uid() }
            }
            other => Self::Directory(other),
        }
    }
}

impl MemoryDir {
    /// Opens `<huge_dir>/phalanx-<uid>`, making it if absent.
    ///
    /// # Errors
    /// [`MemoryDirError`].
    pub fn create(huge_dir: &str) -> Result<Self, MemoryDirError> {
        let parent = open_huge_dir(huge_dir)?;
        Self::with_page_size(OwnedDir::create(&parent, &own_name())?)
    }

    /// Opens `<huge_dir>/phalanx-<uid>` and makes nothing; `None` if absent.
    ///
    /// # Errors
    /// [`MemoryDirError`].
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn open_existing(huge_dir: &str) -> Result<Option<Self>, MemoryDirError> {
        // Mostly both are there. Which of them is not, and why, is found out by two steps.
        if let Some(dir) = OwnedDir::open_below_trusted(huge_dir, &own_name()) {
            return Self::with_page_size(dir?).map(Some);
        }
        let parent = open_huge_dir(huge_dir)?;
        match OwnedDir::open(&parent, &own_name()) {
            Err(OwnedDirError::Absent { .. }) => Ok(None),
            result => Self::with_page_size(result?).map(Some),
        }
    }

    /// Page size of the file system, bytes.
    pub fn page_size(&self) -> u64 {
        self.page_size
    }

    fn with_page_size(dir: OwnedDir) -> Result<Self, MemoryDirError> {
        match page_size_of(dir.as_fd()) {
            Ok(page_size) => Ok(Self { dir, page_size }),
            Err(errno) => Err(OwnedDirError::Refused { path: dir.path().into(), errno }.into()),
        }
    }
}

impl Deref for MemoryDir {
    type Target = OwnedDir;

    fn deref(&self) -> &OwnedDir {
        &self.dir
    }
}

fn own_name() -> heapless::String<24> {
    let mut name = heapless::String::new();
    // Cannot fail: ten digits fit.
    let _ = write!(name, "phalanx-{}", own_uid());
    name
}

fn open_huge_dir(path: &str) -> Result<OwnedDir, MemoryDirError> {
    OwnedDir::open_trusted(path)
        .map_err(|errno| MemoryDirError::NoHugeDir { path: path.into(), errno })
}

/// The file system's page size: that of hugetlbfs, or the block size of any other.
pub(super) fn page_size_of(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    u64::try_from(fstatfs(file)?.f_bsize).map_err(|_| Errno::INVAL)
}

/// Held while files are made, opened or removed, so that a cleaner never sees a
/// file that its maker has not locked yet. Released on drop.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    _description: OwnedFd,
}

impl DirectoryLock {
    /// Takes the lock; `None` if somebody holds it for longer than anybody should.
    pub(super) fn take(dir: &OwnedDir) -> Result<Option<Self>, Errno> {
        // A description of its own: threads that share `dir` exclude each other too.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let description = openat(dir.as_fd(), c".", flags, Mode::empty())?;
        let locked = Deadline::after(LOCK_WAIT).poll(|| {
            try_flock(description.as_fd(), FlockOperation::NonBlockingLockExclusive)
                .map(|is_ours| is_ours.then_some(()))
        })?;
        Ok(locked.map(|()| Self { _description: description }))
    }
}

/// `false` if another description holds a conflicting `flock`.
pub(super) fn try_flock(file: BorrowedFd<'_>, how: FlockOperation) -> Result<bool, Errno> {
    match flock(file, how) {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN) => Ok(false),
        Err(errno) => Err(errno),
    }
}
