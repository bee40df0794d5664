//! Open-file-description locks: byte-range locks that belong to one `open`.
//!
//! Three kinds of file lock exist on Linux and only this one fits:
//!
//! * a POSIX record lock belongs to the process and is dropped when the process
//!   closes *any* descriptor of the file. A library that peeks at the file
//!   drops the lock of its host (`W-7`);
//! * `flock` covers the whole file, so one file cannot say which of 64
//!   processes live;
//! * an OFD lock covers a byte range, belongs to the open file description, and
//!   the kernel drops it when the last descriptor of that description closes,
//!   whatever the death of the holder was.
//!
//! What follows from "belongs to the description": a descriptor that is
//! inherited over `fork`, duplicated, or sent over a socket *shares* the lock.
//! Whoever wants a lock of his own opens the file himself (through
//! `/proc/self/fd/N` if he was handed a descriptor).
//!
//! rustix 1.1 has only `fcntl_lock`, the first kind, hence these wrappers.
#![expect(unsafe_code, reason = "fcntl with a pointer to a lock description")]

use super::syscall::syscall;
use core::ops::Range;
use linux_raw_sys::general::{
    __NR_fcntl, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_RDLCK, F_UNLCK, F_WRLCK, SEEK_SET, flock,
};
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

/// Whether a lock admits others of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    /// Any number of holders, none of them exclusive. Needs a readable descriptor.
    Shared,
    /// One holder. Needs a writable descriptor.
    Exclusive,
}

/// A lock that stands in the way of one that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// How it is held.
    pub kind: LockKind,
    /// The bytes it covers; may reach beyond the bytes asked about.
    pub bytes: Range<u64>,
    /// The holder, if it is a POSIX record lock; the kernel names nobody for an
    /// OFD lock.
    pub posix_holder: Option<i32>,
}

/// Takes the lock if nobody holds a conflicting one; `false` if somebody does.
///
/// A lock this description already holds on these bytes is replaced. Cost: one
/// system call, never waits.
///
/// # Errors
/// `EBADF` if `fd` is not open for the access `kind` needs, `EINVAL` for an
/// empty or too large range, `ENOLCK` if the kernel or file system has no lock
/// to give.
pub fn try_lock(fd: BorrowedFd<'_>, kind: LockKind, bytes: Range<u64>) -> Result<bool, Errno> {
    match fcntl(fd, F_OFD_SETLK, &mut description(kind_number(kind), &bytes)?) {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN | Errno::ACCESS) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Takes the lock, asleep in the kernel until it is free.
///
/// There is no deadlock detection for OFD locks and no time limit: prefer a
/// polled wait unless the holder is known to be quick.
///
/// # Errors
/// As [`try_lock`].
pub fn lock(fd: BorrowedFd<'_>, kind: LockKind, bytes: Range<u64>) -> Result<(), Errno> {
    let mut wanted = description(kind_number(kind), &bytes)?;
    loop {
        match fcntl(fd, F_OFD_SETLKW, &mut wanted) {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// Drops what this description holds on these bytes. Not holding any is no error.
///
/// # Errors
/// `EBADF`, `EINVAL` as [`try_lock`].
pub fn unlock(fd: BorrowedFd<'_>, bytes: Range<u64>) -> Result<(), Errno> {
    fcntl(fd, F_OFD_SETLK, &mut description(F_UNLCK, &bytes)?)
}

/// A lock of *another* description that would refuse `kind` on these bytes.
///
/// Own locks are never seen. If several conflict, the kernel picks one, not
/// always the lowest. Works on a read-only descriptor for both kinds. Cost: one
/// system call, never waits.
///
/// # Errors
/// `EBADF` for an `O_PATH` descriptor, `EINVAL` for an empty or too large range.
pub fn conflict(
    fd: BorrowedFd<'_>,
    kind: LockKind,
    bytes: Range<u64>,
) -> Result<Option<Conflict>, Errno> {
    let mut found = description(kind_number(kind), &bytes)?;
    fcntl(fd, F_OFD_GETLK, &mut found)?;
    Ok(match found.l_type as u32 {
        F_UNLCK => None,
        held => Some(Conflict {
            kind: if held == F_WRLCK { LockKind::Exclusive } else { LockKind::Shared },
            bytes: held_bytes(&found),
            posix_holder: (found.l_pid > 0).then_some(found.l_pid),
        }),
    })
}

fn kind_number(kind: LockKind) -> u32 {
    match kind {
        LockKind::Shared => F_RDLCK,
        LockKind::Exclusive => F_WRLCK,
    }
}

/// The kernel's form of a request; `l_pid` must be 0 for OFD locks.
fn description(kind: u32, bytes: &Range<u64>) -> Result<flock, Errno> {
    let end = i64::try_from(bytes.end).map_err(|_| Errno::INVAL)?;
    // A length of 0 would mean "to the end of the file, wherever that is".
    let start = i64::try_from(bytes.start).ok().filter(|start| *start < end);
    let start = start.ok_or(Errno::INVAL)?;
    Ok(flock {
        l_type: kind as i16,
        l_whence: SEEK_SET as i16,
        l_start: start,
        l_len: end - start,
        l_pid: 0,
    })
}

fn held_bytes(found: &flock) -> Range<u64> {
    let start = found.l_start as u64;
    let end = if found.l_len == 0 { i64::MAX as u64 } else { start + found.l_len as u64 };
    start..end
}

fn fcntl(fd: BorrowedFd<'_>, command: u32, lock: &mut flock) -> Result<(), Errno> {
    let lock: *mut flock = lock;
    let arguments = [fd.as_raw_fd() as usize, command as usize, lock as usize, 0, 0, 0];
    // SAFETY: the three lock commands read and write one `flock` through the
    // pointer, which comes from a unique reference that outlives the call; a
    // lock changes no memory of this process.
    unsafe { syscall(__NR_fcntl, arguments) }.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::test_support::TempDir;
    use rustix::fd::AsFd;

    #[test]
    fn two_descriptions_exclude_each_other() {
        let dir = TempDir::new("ofd-exclude");
        let (first, second) = (dir.open_rw("f"), dir.open_rw("f"));
        assert_eq!(try_lock(first.as_fd(), LockKind::Exclusive, 5..6), Ok(true));
        assert_eq!(try_lock(second.as_fd(), LockKind::Exclusive, 5..6), Ok(false));
        assert_eq!(try_lock(second.as_fd(), LockKind::Exclusive, 6..7), Ok(true));
    }

    #[test]
    fn shared_locks_live_together_and_keep_an_exclusive_one_out() {
        let dir = TempDir::new("ofd-shared");
        let (first, second) = (dir.open_rw("f"), dir.open_rw("f"));
        assert_eq!(try_lock(first.as_fd(), LockKind::Shared, 0..1), Ok(true));
        assert_eq!(try_lock(second.as_fd(), LockKind::Shared, 0..1), Ok(true));
        assert_eq!(try_lock(second.as_fd(), LockKind::Exclusive, 0..1), Ok(false));
    }

    #[test]
    fn closing_another_descriptor_of_the_file_keeps_the_lock() {
        let dir = TempDir::new("ofd-close");
        let (holder, other) = (dir.open_rw("f"), dir.open_rw("f"));
        assert_eq!(lock(holder.as_fd(), LockKind::Exclusive, 0..1), Ok(()));
        drop(dir.open_rw("f"));
        assert_eq!(try_lock(other.as_fd(), LockKind::Exclusive, 0..1), Ok(false));
        drop(holder);
        assert_eq!(try_lock(other.as_fd(), LockKind::Exclusive, 0..1), Ok(true));
    }

    #[test]
    fn a_query_names_the_bytes_of_another_and_never_sees_its_own() {
        let dir = TempDir::new("ofd-query");
        let (holder, other) = (dir.open_rw("f"), dir.open_ro("f"));
        assert_eq!(try_lock(holder.as_fd(), LockKind::Exclusive, 40..44), Ok(true));
        assert_eq!(conflict(holder.as_fd(), LockKind::Exclusive, 0..100), Ok(None));
        let seen = Conflict { kind: LockKind::Exclusive, bytes: 40..44, posix_holder: None };
        assert_eq!(conflict(other.as_fd(), LockKind::Exclusive, 0..100), Ok(Some(seen)));
        assert_eq!(conflict(other.as_fd(), LockKind::Exclusive, 44..100), Ok(None));
    }

    #[test]
    fn an_exclusive_lock_needs_a_writable_descriptor() {
        let dir = TempDir::new("ofd-readonly");
        drop(dir.open_rw("f"));
        let reader = dir.open_ro("f");
        assert_eq!(try_lock(reader.as_fd(), LockKind::Exclusive, 0..1), Err(Errno::BADF));
    }

    #[test]
    fn an_empty_or_oversized_range_is_refused() {
        let dir = TempDir::new("ofd-range");
        let file = dir.open_rw("f");
        assert_eq!(try_lock(file.as_fd(), LockKind::Exclusive, 3..3), Err(Errno::INVAL));
        assert_eq!(unlock(file.as_fd(), 0..u64::MAX), Err(Errno::INVAL));
    }
}
