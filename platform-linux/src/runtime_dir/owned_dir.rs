//! A directory that is really ours.
//!
//! Opened by name relative to its parent's descriptor, never through a link; owned
//! by this process's effective user; writable by nobody else. Whoever holds an
//! [`OwnedDir`] may rely on that: no other user can put anything into it.

#[cfg(feature = "std")]
use super::Room;
use super::ShownPath;
use crate::sys::errno::Named;
use crate::sys::path::{self, look_at, open_at};
use crate::sys::user::own_uid;
use core::fmt::{self, Write as _};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, mkdirat, openat};
use rustix::io::Errno;

/// Longest path of a directory, bytes.
pub const MAX_PATH: usize = path::LONGEST;

/// A path, for messages; the descriptor is what is used.
pub type PathText = heapless::String<MAX_PATH>;

/// Attempts to make and open a directory that others keep removing.
const ATTEMPTS: usize = 100;

/// Opens a directory, and nothing that only leads to one.
const ITSELF: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Bits of the mode that would let others write.
const WRITABLE_BY_OTHERS: Mode = Mode::WGRP.union(Mode::WOTH);

/// An open directory that belongs to this user and that nobody else can write.
#[derive(Debug)]
pub struct OwnedDir {
    pub(super) fd: OwnedFd,
    pub(super) path: PathText,
}

/// Why a directory was refused. Each names the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnedDirError {
    /// It does not exist.
    Absent {
        /// The directory.
        path: ShownPath,
    },
    /// The path is longer than [`MAX_PATH`].
    PathTooLong {
        /// The path.
        path: ShownPath,
        /// Its length, bytes.
        len: usize,
    },
    /// A link, a file, or anything else but a directory.
    NotADirectory {
        /// The path.
        path: ShownPath,
        /// What is there.
        found: FileType,
    },
    /// It belongs to another user.
    OtherOwner {
        /// The directory.
        path: ShownPath,
        /// Its owner.
        found_uid: u32,
        /// This process's effective user.
        needed_uid: u32,
    },
    /// Its group or everybody may write in it.
    WritableByOthers {
        /// The directory.
        path: ShownPath,
        /// Its permission bits.
        mode: u32,
    },
    /// Its file system has no room for it.
    #[cfg(feature = "std")]
    Full {
        /// The directory.
        path: ShownPath,
        /// What the file system has.
        room: Room,
    },
    /// Any other answer of the kernel.
    Refused {
        /// The directory.
        path: ShownPath,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for OwnedDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { path } => write!(f, "directory {path} does not exist; make it first"),
            Self::PathTooLong { path, len } => {
                write!(f, "{path} has {len} bytes; use at most {MAX_PATH}")
            }
            Self::NotADirectory { path, found } => write!(
                f,
                "{path} is {}, but must be a directory; look at who put it there, then: rm {path}",
                kind_name(*found)
            ),
            Self::OtherOwner { path, found_uid, needed_uid } => write!(
                f,
                "directory {path} belongs to user {found_uid}, but must belong to user \
                 {needed_uid}; run as that user, or: chown {needed_uid} {path}"
            ),
            Self::WritableByOthers { path, mode } => write!(
                f,
                "directory {path} has mode {mode:04o}, so others may write in it, but must \
                 not let them; look at what is in it, then: chmod go-w {path}"
            ),
            #[cfg(feature = "std")]
            Self::Full { path, room } => write!(
                f,
                "directory {path} cannot be made, because its file system is full ({room}); remove \
                 something there, or make it bigger"
            ),
            Self::Refused { path, errno } => {
                write!(
                    f,
                    "directory {path} cannot be opened or made: {}; set RUNTIME_DIRECTORY to one \
                     where this user may make directories",
                    Named(*errno)
                )
            }
        }
    }
}

impl core::error::Error for OwnedDirError {}

impl OwnedDir {
    /// Opens `name` in `parent` and checks it; makes nothing.
    ///
    /// `name` is one component. Cost: two system calls.
    ///
    /// # Errors
    /// [`OwnedDirError`].
    pub fn open(parent: &OwnedDir, name: &str) -> Result<Self, OwnedDirError> {
        let path = path_below(&parent.path, name)?;
        match open_at(parent.as_fd(), name, ITSELF, Mode::empty()) {
            Ok(fd) => check(Self { fd, path }),
            Err(Errno::NOENT) => Err(OwnedDirError::Absent { path: path.as_str().into() }),
            Err(errno) => Err(why_not_opened(parent, name, &path, errno)),
        }
    }

    /// [`Self::open`], making it with mode 0700 if absent. Two processes may do so
    /// at once, and a third may remove it as empty in between.
    ///
    /// # Errors
    /// [`OwnedDirError`].
    pub fn create(parent: &OwnedDir, name: &str) -> Result<Self, OwnedDirError> {
        let mut result = Self::open(parent, name);
        for _ in 0..ATTEMPTS {
            let Err(OwnedDirError::Absent { path }) = result else { return result };
            match mkdirat(&parent.fd, name, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                #[cfg(feature = "std")]
                Err(Errno::NOSPC) => {
                    let room = Room::of(parent.fd.as_fd());
                    return Err(OwnedDirError::Full { path, room });
                }
                Err(errno) => return Err(OwnedDirError::Refused { path, errno }),
            }
            result = Self::open(parent, name);
        }
        result
    }

    /// Opens a directory that is taken on trust: a base, a mount point. Links are
    /// followed, nothing is checked.
    pub(crate) fn open_trusted(path: &str) -> Result<Self, Errno> {
        let text = PathText::try_from(path).map_err(|_| Errno::NAMETOOLONG)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { fd: open_at(CWD, path, flags, Mode::empty())?, path: text })
    }

    /// [`Self::open`] in a parent that is taken on trust and not opened: its links are followed, `name` is not,
    /// and what was opened is checked. `None` if it cannot be opened at all. Cost: two system calls.
    ///
    /// # Errors
    /// [`OwnedDirError`]: it is not ours.
    pub(crate) fn open_below_trusted(
        parent: &str,
        name: &str,
    ) -> Option<Result<Self, OwnedDirError>> {
        let path = path_below(parent, name).ok()?;
        let fd = open_at(CWD, &path, ITSELF, Mode::empty()).ok()?;
        Some(check(Self { fd, path }))
    }

    /// As [`Self::open_trusted`], and checks that no other user but root could put another
    /// directory in its children's place: it is ours or root's, and if others may write in it,
    /// it is sticky, as `/tmp` is.
    pub(crate) fn open_base(path: &str) -> Result<Self, OwnedDirError> {
        let refused = |errno| OwnedDirError::Refused { path: path.into(), errno };
        let dir = Self::open_trusted(path).map_err(refused)?;
        let stat = fstat(&dir.fd).map_err(refused)?;
        let (found_uid, needed_uid) = (stat.st_uid, own_uid());
        if found_uid != needed_uid && found_uid != 0 {
            return Err(OwnedDirError::OtherOwner { path: path.into(), found_uid, needed_uid });
        }
        let mode = Mode::from_raw_mode(stat.st_mode);
        if mode.intersects(WRITABLE_BY_OTHERS) && !mode.contains(Mode::SVTX) {
            return Err(OwnedDirError::WritableByOthers { path: path.into(), mode: mode.bits() });
        }
        Ok(dir)
    }

    /// The same directory once more, with a descriptor of its own. Cost: one system call.
    ///
    /// # Errors
    /// [`OwnedDirError::Refused`].
    pub fn duplicate(&self) -> Result<Self, OwnedDirError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(&self.fd, c".", flags, Mode::empty()) {
            Ok(fd) => Ok(Self { fd, path: self.path.clone() }),
            Err(errno) => Err(OwnedDirError::Refused { path: ShownPath::from(self.path()), errno }),
        }
    }

    /// The directory's descriptor, for the `...at` calls.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Its path when it was opened; for messages.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// The words for a kind of file.
pub(super) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a fifo",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "of an unknown kind",
    }
}

pub(super) fn file_type(mode: u32) -> FileType {
    FileType::from_raw_mode(mode)
}

fn path_below(parent: &str, name: &str) -> Result<PathText, OwnedDirError> {
    let (dir, mut path) = (parent.trim_end_matches('/'), PathText::new());
    let len = dir.len() + 1 + name.len();
    write!(path, "{dir}/{name}")
        .map_err(|_| OwnedDirError::PathTooLong { path: ShownPath::below(dir, name), len })?;
    Ok(path)
}

fn check(dir: OwnedDir) -> Result<OwnedDir, OwnedDirError> {
    let path = || ShownPath::from(dir.path());
    let stat = fstat(&dir.fd).map_err(|errno| OwnedDirError::Refused { path: path(), errno })?;
    let (found_uid, needed_uid) = (stat.st_uid, own_uid());
    if found_uid != needed_uid {
        return Err(OwnedDirError::OtherOwner { path: path(), found_uid, needed_uid });
    }
    let mode = Mode::from_raw_mode(stat.st_mode);
    if mode.intersects(WRITABLE_BY_OTHERS) {
        return Err(OwnedDirError::WritableByOthers { path: path(), mode: mode.bits() });
    }
    Ok(dir)
}

/// A link, for example, is refused by the kernel with `ENOTDIR`; looking again
/// tells what it is.
fn why_not_opened(parent: &OwnedDir, name: &str, path: &str, errno: Errno) -> OwnedDirError {
    let path = ShownPath::from(path);
    match look_at(parent.as_fd(), name).map(|stat| file_type(stat.st_mode)) {
        Ok(FileType::Directory) | Err(_) => OwnedDirError::Refused { path, errno },
        Ok(found) => OwnedDirError::NotADirectory { path, found },
    }
}
