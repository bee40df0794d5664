//! The start lock: one process at a time starts, joins or cleans up a group.
//!
//! It is byte 0 of the file `lock` in the runtime directory. The file may be
//! unlinked while others wait for it, because the last one out cleans the
//! directory. That opens a race:
//!
//! ```text
//!   A holds the lock      B opened the file, waits     C comes
//!   unlinks the file
//!   releases              gets the lock of an inode
//!                         that has no name any more    creates a new file,
//!                                                      locks it at once
//! ```
//!
//! B and C would both be inside. So whoever has got the lock compares the inode
//! it holds with the one the name leads to, and starts over when they differ.
//! While the lock is held the name cannot change: only a holder may unlink it.
//!
//! The holder writes its pid into the file. That is for the error message of
//! those who wait in vain; nothing is decided by it.

use super::byte::{self, LockError};
#[cfg(feature = "std")]
use crate::runtime_dir::Room;
use crate::sys::deadline::Deadline;
use crate::sys::errno::Named;
use crate::sys::path::{look_at, open_at};
use crate::sys::user::own_uid;
use core::fmt;
use core::fmt::Write as _;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, unlinkat};
use rustix::io::{Errno, pread, pwrite};
use rustix::process::getpid;

/// Name of the file in the runtime directory.
pub const START_LOCK_FILE: &str = "lock";

/// The byte that is locked.
const START_BYTE: u64 = 0;

/// Ten digits hold every pid; fixed width, so a later one covers an earlier one.
const PID_DIGITS: usize = 10;

/// Held for as long as it lives; dropping it releases the lock.
#[derive(Debug)]
pub struct StartLock {
    file: OwnedFd,
}

/// Why the start lock was not obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartLockError {
    /// Another process still held it at the deadline.
    Held {
        /// The pid that process left in the file, in its own pid namespace.
        holder: Option<i32>,
    },
    /// The runtime directory was removed meanwhile: who starts a group creates it
    /// again and retries, who joins one finds none.
    DirectoryGone,
    /// Something other than a regular file of ours bears the name.
    NotOurs,
    /// There is no room for the file.
    #[cfg(feature = "std")]
    Full(Room),
    /// The file could not be opened.
    Open(Errno),
    /// The file could not be locked.
    Lock(LockError),
}

impl fmt::Display for StartLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { holder: Some(pid) } => write!(
                f,
                "another process (pid {pid}) is starting, joining or cleaning up this group and \
                 did not finish in time; wait for it, or end it if it is stopped"
            ),
            Self::Held { holder: None } => f.write_str(
                "another process is starting, joining or cleaning up this group and did not \
                 finish in time; wait for it, or end it if it is stopped",
            ),
            Self::DirectoryGone => f.write_str(
                "the runtime directory was removed while its start lock was taken; try again",
            ),
            Self::NotOurs => f.write_str(
                "`lock` in the runtime directory is not a regular file of this user; \
                 remove it after a look at who put it there",
            ),
            #[cfg(feature = "std")]
            Self::Full(room) => write!(
                f,
                "`lock` in the runtime directory has no room, because its file system is full \
                 ({room}); remove something there, make it bigger, or set RUNTIME_DIRECTORY to a \
                 directory elsewhere"
            ),
            Self::Open(errno) => {
                write!(f, "`lock` in the runtime directory cannot be opened: {}", Named(*errno))
            }
            Self::Lock(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StartLockError {}

impl StartLock {
    /// Takes the lock of the group whose runtime directory is `directory`.
    ///
    /// Makes the file if it is absent. Cost: five system calls when nobody else
    /// wants it; waits by polling, see [`byte::lock_exclusive_until`].
    ///
    /// # Errors
    /// [`StartLockError`]. After `DirectoryGone` the caller makes the directory
    /// again and calls again.
    pub fn acquire(directory: BorrowedFd<'_>, deadline: Deadline) -> Result<Self, StartLockError> {
        Self::acquire_with(directory, OFlags::CREATE, deadline)
    }

    /// [`Self::acquire`] for those who join: makes no file.
    ///
    /// # Errors
    /// [`StartLockError`]; `DirectoryGone` also if only the file is absent, for then
    /// the group has just been cleaned up.
    pub fn acquire_existing(
        directory: BorrowedFd<'_>,
        deadline: Deadline,
    ) -> Result<Self, StartLockError> {
        Self::acquire_with(directory, OFlags::empty(), deadline)
    }

    #[cfg_attr(not(feature = "std"), inline(never))]
    fn acquire_with(
        directory: BorrowedFd<'_>,
        creation: OFlags,
        deadline: Deadline,
    ) -> Result<Self, StartLockError> {
        loop {
            let file = open_own_file(directory, creation)?;
            match byte::lock_exclusive_until(file.as_fd(), START_BYTE, deadline) {
                Ok(()) => {}
                Err(LockError::TimedOut { .. }) => {
                    return Err(StartLockError::Held { holder: recorded_pid(file.as_fd()) });
                }
                Err(error) => return Err(StartLockError::Lock(error)),
            }
            if name_leads_to(directory, file.as_fd())? {
                record_own_pid(file.as_fd());
                return Ok(Self { file });
            }
            // The name moved on, so somebody made progress; the next attempt
            // still ends at the same deadline.
        }
    }

    /// Removes the file and releases the lock: the last step but one of cleaning
    /// up, before the directory itself is removed.
    ///
    /// # Errors
    /// The kernel's, if the name cannot be removed; the lock is released anyhow.
    pub fn remove(self, directory: BorrowedFd<'_>) -> Result<(), Errno> {
        unlinkat(directory, START_LOCK_FILE, AtFlags::empty())
    }
}

impl Drop for StartLock {
    fn drop(&mut self) {
        // Said aloud rather than left to close: a forked child may still have
        // the descriptor, and with it the lock.
        let _ = byte::unlock(self.file.as_fd(), START_BYTE);
    }
}

/// Opens the lock file, never through a link, never one that another user owns.
#[cfg_attr(not(feature = "std"), inline(never))]
fn open_own_file(directory: BorrowedFd<'_>, creation: OFlags) -> Result<OwnedFd, StartLockError> {
    let flags = OFlags::RDWR | creation | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = open_at(directory, START_LOCK_FILE, flags, Mode::RUSR | Mode::WUSR);
    let file = opened.map_err(|errno| match errno {
        Errno::NOENT => StartLockError::DirectoryGone,
        Errno::LOOP | Errno::ISDIR | Errno::NXIO => StartLockError::NotOurs,
        #[cfg(feature = "std")]
        Errno::NOSPC => StartLockError::Full(Room::of(directory)),
        other => StartLockError::Open(other),
    })?;
    let stat = fstat(&file).map_err(StartLockError::Open)?;
    let is_regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if is_regular && stat.st_uid == own_uid() { Ok(file) } else { Err(StartLockError::NotOurs) }
}

#[cfg_attr(not(feature = "std"), inline(never))]
fn name_leads_to(directory: BorrowedFd<'_>, file: BorrowedFd<'_>) -> Result<bool, StartLockError> {
    let held = fstat(file).map_err(StartLockError::Open)?;
    match look_at(directory, START_LOCK_FILE) {
        Ok(named) => Ok((named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(StartLockError::Open(errno)),
    }
}

/// Failing to leave a note is no reason to fail.
#[cfg_attr(not(feature = "std"), inline(never))]
fn record_own_pid(file: BorrowedFd<'_>) {
    let mut note: heapless::String<16> = heapless::String::new();
    let pid = getpid().as_raw_nonzero();
    if writeln!(note, "{pid:>PID_DIGITS$}").is_ok() {
        let _ = pwrite(file, note.as_bytes(), 0);
    }
}

#[cfg_attr(not(feature = "std"), inline(never))]
fn recorded_pid(file: BorrowedFd<'_>) -> Option<i32> {
    let mut note = [0_u8; PID_DIGITS];
    let length = pread(file, &mut note, 0).ok()?;
    let text = core::str::from_utf8(note.get(..length)?).ok()?;
    text.trim_ascii().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::test_support::TempDir;
    use core::sync::atomic::{AtomicU32, Ordering};
    use core::time::Duration;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(3))
    }

    fn late() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[test]
    fn a_second_taker_is_told_the_pid_of_the_first() {
        let temp = TempDir::new("start-held");
        let dir = temp.open_dir();
        let _held = StartLock::acquire(dir.as_fd(), soon()).unwrap();
        let refused = StartLock::acquire(dir.as_fd(), soon()).unwrap_err();
        let holder = Some(std::process::id() as i32);
        assert_eq!(refused, StartLockError::Held { holder });
    }

    #[test]
    fn dropping_it_lets_the_next_one_in() {
        let temp = TempDir::new("start-drop");
        let dir = temp.open_dir();
        drop(StartLock::acquire(dir.as_fd(), soon()).unwrap());
        assert!(StartLock::acquire(dir.as_fd(), soon()).is_ok());
    }

    #[test]
    fn two_holders_never_meet_though_every_holder_removes_the_file() {
        let temp = TempDir::new("start-race");
        let dir = temp.open_dir();
        let inside = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let lock = StartLock::acquire(dir.as_fd(), late()).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1);
                        lock.remove(dir.as_fd()).unwrap();
                    }
                });
            }
        });
    }

    #[test]
    fn a_removed_directory_is_said_to_be_gone() {
        let temp = TempDir::new("start-gone");
        let dir = temp.open_dir();
        std::fs::remove_dir(temp.path()).unwrap();
        let refused = StartLock::acquire(dir.as_fd(), soon()).unwrap_err();
        assert_eq!(refused, StartLockError::DirectoryGone);
    }

    #[test]
    fn who_joins_makes_no_file_and_finds_one_that_is_there() {
        let temp = TempDir::new("start-existing");
        let dir = temp.open_dir();
        let absent = StartLock::acquire_existing(dir.as_fd(), soon()).unwrap_err();
        assert_eq!(absent, StartLockError::DirectoryGone);
        assert!(!temp.path().join(START_LOCK_FILE).exists());
        drop(StartLock::acquire(dir.as_fd(), soon()).unwrap());
        assert!(StartLock::acquire_existing(dir.as_fd(), soon()).is_ok());
    }

    #[test]
    fn a_link_a_directory_or_a_fifo_in_its_place_is_refused() {
        let temp = TempDir::new("start-link");
        let dir = temp.open_dir();
        let path = temp.path().join(START_LOCK_FILE);
        let refused = || StartLock::acquire(dir.as_fd(), soon()).unwrap_err();

        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        assert_eq!(refused(), StartLockError::NotOurs);
        std::fs::remove_file(&path).unwrap();

        std::fs::create_dir(&path).unwrap();
        assert_eq!(refused(), StartLockError::NotOurs);
        std::fs::remove_dir(&path).unwrap();

        let fifo =
            rustix::fs::mknodat(&dir, START_LOCK_FILE, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0);
        fifo.unwrap();
        assert_eq!(refused(), StartLockError::NotOurs);
    }
}
