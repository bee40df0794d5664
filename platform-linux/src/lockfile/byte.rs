//! One byte of a file, one lock.
//!
//! The byte need not exist: a lock may lie far beyond the end of the file. Two
//! descriptions of the same file are two parties, also inside one process; two
//! descriptors of one description are one.

use crate::sys::deadline::Deadline;
use crate::sys::errno::Named;
use crate::sys::ofd::{self, LockKind};
use core::fmt;
use core::ops::Range;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// A locked byte (or run of bytes) of another party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldByte {
    /// The first byte held; not always the lowest of several locks in a range.
    pub byte: u64,
    /// The holder's pid if it is a POSIX record lock, which Phalanx never takes:
    /// then another program uses this file. `None` for an OFD lock.
    pub posix_holder: Option<i32>,
}

/// Why a byte could not be locked, unlocked or asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockError {
    /// The descriptor cannot be written through, or is closed.
    NotWritable,
    /// A byte beyond `i64::MAX - 1`, or an empty range.
    OutOfRange,
    /// Somebody still held `byte` when the deadline passed.
    TimedOut {
        /// The byte that was wanted.
        byte: u64,
    },
    /// The kernel or the file system refused.
    Refused(Errno),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWritable => f.write_str(
                "an exclusive lock was asked for on a descriptor that is not open for writing; \
                 open the file for reading and writing",
            ),
            Self::OutOfRange => f.write_str(
                "a lock was asked for on an empty range or beyond the largest file offset; \
                 ask for at least one byte below 2^63 - 1",
            ),
            Self::TimedOut { byte } => write!(
                f,
                "lock byte {byte} was still held by another process when the waiting time ended; \
                 look for a stopped or hung process of this group"
            ),
            Self::Refused(errno) => write!(
                f,
                "the kernel refused a file lock: {}; use a local file system (tmpfs, ext4, xfs)",
                Named(*errno)
            ),
        }
    }
}

impl core::error::Error for LockError {}

impl From<Errno> for LockError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::BADF => Self::NotWritable,
            Errno::INVAL => Self::OutOfRange,
            other => Self::Refused(other),
        }
    }
}

/// Locks `byte` if nobody else holds it; `false` if somebody does.
///
/// Locking a byte that this description already holds succeeds. Cost: one
/// system call, never waits.
///
/// # Errors
/// [`LockError`], except `TimedOut`.
pub fn try_exclusive(fd: BorrowedFd<'_>, byte: u64) -> Result<bool, LockError> {
    Ok(ofd::try_lock(fd, LockKind::Exclusive, only(byte))?)
}

/// Locks `byte`, asleep in the kernel for as long as it takes.
///
/// # Errors
/// [`LockError`], except `TimedOut`.
pub fn lock_exclusive(fd: BorrowedFd<'_>, byte: u64) -> Result<(), LockError> {
    Ok(ofd::lock(fd, LockKind::Exclusive, only(byte))?)
}

/// Locks `byte`, trying again until `deadline`.
///
/// Waiters are not queued: among several, whoever tries first after the release
/// wins. Cost: one system call an attempt, up to 5 ms between attempts.
///
/// # Errors
/// [`LockError::TimedOut`] if it was still held then; others of [`LockError`].
pub fn lock_exclusive_until(
    fd: BorrowedFd<'_>,
    byte: u64,
    deadline: Deadline,
) -> Result<(), LockError> {
    deadline
        .poll(|| Ok::<_, LockError>(try_exclusive(fd, byte)?.then_some(())))?
        .ok_or(LockError::TimedOut { byte })
}

/// Drops this description's lock on `byte`; holding none is no error.
///
/// # Errors
/// [`LockError`], except `TimedOut`.
pub fn unlock(fd: BorrowedFd<'_>, byte: u64) -> Result<(), LockError> {
    Ok(ofd::unlock(fd, only(byte))?)
}

/// A byte in `range` that *another* party holds, or `None` if there is none.
///
/// Own locks are never seen: a process that asks about a byte it holds itself
/// hears `None`. A read-only descriptor will do. Cost: one system call for the
/// whole range, never waits.
///
/// # Errors
/// [`LockError`], except `TimedOut`.
pub fn held_by_other(fd: BorrowedFd<'_>, range: Range<u64>) -> Result<Option<HeldByte>, LockError> {
    let found = ofd::conflict(fd, LockKind::Exclusive, range.clone())?;
    Ok(found.map(|conflict| HeldByte {
        byte: conflict.bytes.start.max(range.start),
        posix_holder: conflict.posix_holder,
    }))
}

fn only(byte: u64) -> Range<u64> {
    byte..byte.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::test_support::TempDir;
    use core::time::Duration;
    use rustix::fd::AsFd;

    #[test]
    fn a_held_byte_is_refused_to_others_and_free_after_unlock() {
        let dir = TempDir::new("byte-held");
        let (first, second) = (dir.open_rw("f"), dir.open_rw("f"));
        assert_eq!(try_exclusive(first.as_fd(), 1 << 40), Ok(true));
        assert_eq!(try_exclusive(second.as_fd(), 1 << 40), Ok(false));
        assert_eq!(unlock(first.as_fd(), 1 << 40), Ok(()));
        assert_eq!(try_exclusive(second.as_fd(), 1 << 40), Ok(true));
    }

    #[test]
    fn a_wait_with_a_deadline_ends_and_names_the_byte() {
        let dir = TempDir::new("byte-deadline");
        let (first, second) = (dir.open_rw("f"), dir.open_rw("f"));
        lock_exclusive(first.as_fd(), 3).unwrap();
        let deadline = Deadline::after(Duration::from_millis(3));
        let waited = lock_exclusive_until(second.as_fd(), 3, deadline);
        assert_eq!(waited, Err(LockError::TimedOut { byte: 3 }));
    }

    #[test]
    fn a_waiter_gets_the_byte_when_its_holder_goes() {
        let dir = TempDir::new("byte-waiter");
        let (first, second) = (dir.open_rw("f"), dir.open_rw("f"));
        lock_exclusive(first.as_fd(), 3).unwrap();
        let deadline = Deadline::after(Duration::from_secs(60));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| lock_exclusive_until(second.as_fd(), 3, deadline));
            drop(first);
            assert_eq!(waiter.join().unwrap(), Ok(()));
        });
    }

    #[test]
    fn a_query_names_the_byte_of_another_and_hides_its_own() {
        let dir = TempDir::new("byte-query");
        let (first, second) = (dir.open_rw("f"), dir.open_rw("f"));
        assert_eq!(try_exclusive(first.as_fd(), 9), Ok(true));
        assert_eq!(held_by_other(first.as_fd(), 0..64), Ok(None));
        let held = HeldByte { byte: 9, posix_holder: None };
        assert_eq!(held_by_other(second.as_fd(), 0..64), Ok(Some(held)));
        assert_eq!(held_by_other(second.as_fd(), 0..9), Ok(None));
    }

    #[test]
    fn the_byte_beyond_the_last_is_refused() {
        let dir = TempDir::new("byte-range");
        let file = dir.open_rw("f");
        assert_eq!(try_exclusive(file.as_fd(), u64::MAX), Err(LockError::OutOfRange));
        assert_eq!(held_by_other(file.as_fd(), 4..4), Err(LockError::OutOfRange));
    }

    #[test]
    fn a_read_only_descriptor_may_ask_but_not_lock() {
        let dir = TempDir::new("byte-readonly");
        let (holder, reader) = (dir.open_rw("f"), dir.open_ro("f"));
        assert_eq!(try_exclusive(holder.as_fd(), 0), Ok(true));
        assert_eq!(try_exclusive(reader.as_fd(), 0), Err(LockError::NotWritable));
        assert!(held_by_other(reader.as_fd(), 0..1).unwrap().is_some());
    }
}
