//! Files in a directory that is ours.
//!
//! The directory lets nobody else in, yet each file is checked again: root may
//! have put one there, an older program, or a restore from a backup. A link is
//! not followed, a fifo does not make us wait, and a file of another user is not
//! believed. Every descriptor is close-on-exec.

#[cfg(feature = "std")]
use super::Room;
use super::owned_dir::{file_type, kind_name};
use super::{OwnedDir, ShownPath};
use crate::mapping::Access;
use crate::sys::errno::Named;
use crate::sys::path::{look_at, open_at};
use crate::sys::user::own_uid;
use core::fmt;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, renameat, unlinkat};
use rustix::io::Errno;

/// Why a file operation failed. Each names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// The name is empty, `.`, `..`, or contains `/` or NUL.
    BadName {
        /// The name.
        name: ShownPath,
    },
    /// It does not exist.
    Absent {
        /// The file.
        path: ShownPath,
    },
    /// It exists already.
    Exists {
        /// The file.
        path: ShownPath,
    },
    /// A link, a directory, a fifo, or anything else but a regular file.
    NotRegular {
        /// The path.
        path: ShownPath,
        /// What is there.
        found: FileType,
    },
    /// It belongs to another user.
    OtherOwner {
        /// The file.
        path: ShownPath,
        /// Its owner.
        found_uid: u32,
        /// This process's effective user.
        needed_uid: u32,
    },
    /// Its file system has no room for it.
    #[cfg(feature = "std")]
    Full {
        /// The file.
        path: ShownPath,
        /// What the file system has.
        room: Room,
    },
    /// Any other answer of the kernel.
    Refused {
        /// The file.
        path: ShownPath,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName { name } => {
                write!(f, "'{name}' is no file name; use one component without '/'")
            }
            Self::Absent { path } => write!(f, "file {path} does not exist"),
            Self::Exists { path } => {
                write!(f, "file {path} exists already; remove what an earlier run left behind")
            }
            Self::NotRegular { path, found } => write!(
                f,
                "{path} is {}, but must be a regular file; look at who put it there, then \
                 remove it",
                kind_name(*found)
            ),
            Self::OtherOwner { path, found_uid, needed_uid } => write!(
                f,
                "file {path} belongs to user {found_uid}, but must belong to user {needed_uid}; \
                 run as that user, or: rm {path}"
            ),
            #[cfg(feature = "std")]
            Self::Full { path, room } => write!(
                f,
                "file {path} has no room, because its file system is full ({room}); remove something \
                 there, or make it bigger"
            ),
            Self::Refused { path, errno } => {
                write!(f, "file {path} is not to be had: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for FileError {}

impl OwnedDir {
    /// Opens an existing regular file of ours. Cost: two system calls.
    ///
    /// # Errors
    /// [`FileError`], except `Exists`.
    pub fn open_file(&self, name: &str, access: Access) -> Result<OwnedFd, FileError> {
        let direction = match access {
            Access::ReadWrite => OFlags::RDWR,
            Access::ReadOnly => OFlags::RDONLY,
        };
        // Non-blocking, lest a fifo wait for its other end.
        let flags = direction | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = open_at(self.as_fd(), checked(name)?, flags, Mode::empty());
        let file = opened.map_err(|errno| self.why_not_opened(name, errno))?;
        self.check_file(name, &file)?;
        Ok(file)
    }

    /// Makes a file, mode 0600, and opens it for reading and writing. Cost: one
    /// system call.
    ///
    /// # Errors
    /// [`FileError::Exists`], whatever bears the name; `BadName`, `Refused`.
    pub fn create_new(&self, name: &str) -> Result<OwnedFd, FileError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        open_at(self.as_fd(), checked(name)?, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| self.error(name, errno))
    }

    /// Removes a name, be it of a file, a link or a socket; `false` if it is absent.
    ///
    /// # Errors
    /// `BadName`, `Refused`.
    pub fn unlink(&self, name: &str) -> Result<bool, FileError> {
        match unlinkat(&self.fd, checked(name)?, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.error(name, errno)),
        }
    }

    /// Renames `from` to `to` in one step, replacing what was there: others see
    /// the old file or the new one, never half of it.
    ///
    /// # Errors
    /// [`FileError::Absent`] if there is no `from`; `BadName`, `Refused`.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        renameat(&self.fd, checked(from)?, &self.fd, checked(to)?)
            .map_err(|errno| self.error(from, errno))
    }

    /// Whether the name exists, whatever it is; a link is not followed.
    ///
    /// # Errors
    /// `BadName`, `Refused`.
    pub fn exists(&self, name: &str) -> Result<bool, FileError> {
        match look_at(self.as_fd(), checked(name)?) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.error(name, errno)),
        }
    }

    fn check_file(&self, name: &str, file: &OwnedFd) -> Result<(), FileError> {
        let stat = fstat(file).map_err(|errno| self.error(name, errno))?;
        let (found_uid, needed_uid) = (stat.st_uid, own_uid());
        match file_type(stat.st_mode) {
            FileType::RegularFile if found_uid == needed_uid => Ok(()),
            FileType::RegularFile => {
                Err(FileError::OtherOwner { path: self.path_of(name), found_uid, needed_uid })
            }
            found => Err(FileError::NotRegular { path: self.path_of(name), found }),
        }
    }

    /// The kernel refuses links, sockets and directories each in its own way;
    /// looking again tells what it is.
    fn why_not_opened(&self, name: &str, errno: Errno) -> FileError {
        let stat = look_at(self.as_fd(), name);
        match stat.map(|stat| file_type(stat.st_mode)) {
            Ok(FileType::RegularFile) | Err(_) => self.error(name, errno),
            Ok(found) => FileError::NotRegular { path: self.path_of(name), found },
        }
    }

    fn error(&self, name: &str, errno: Errno) -> FileError {
        let path = self.path_of(name);
        match errno {
            Errno::NOENT => FileError::Absent { path },
            Errno::EXIST => FileError::Exists { path },
            #[cfg(feature = "std")]
            Errno::NOSPC => FileError::Full { path, room: Room::of(self.as_fd()) },
            errno => FileError::Refused { path, errno },
        }
    }

    fn path_of(&self, name: &str) -> ShownPath {
        ShownPath::below(&self.path, name)
    }
}

fn checked(name: &str) -> Result<&str, FileError> {
    if matches!(name, "" | "." | "..") || name.bytes().any(|byte| matches!(byte, b'/' | 0)) {
        return Err(FileError::BadName { name: name.into() });
    }
    Ok(name)
}
