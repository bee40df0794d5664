//! The kernel's locks of a process: all that the kernel lets go of when it dies.
//!
//! A lock belongs to an open file description, so whoever has a copy of the descriptor
//! (`pidfd_getfd`) can let the lock go, and take it again: for everybody else the process is dead
//! meanwhile, by the kernel's own word.
//!
//! What a process was started with is another's too, and is no part of its death: under `flock(1)`, say, every
//! process has that lock, and who waits for it would get it meanwhile. Phalanx opens whatever it opens close-on-exec.

#![expect(unsafe_code, reason = "lends a descriptor of one library to another")]

use std::fs;
use std::os::fd::BorrowedFd;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

/// The locks that one process holds on open file descriptions.
#[derive(Debug)]
pub struct KernelLocks {
    held: Vec<Lock>,
}

#[derive(Debug)]
struct Lock {
    file: OwnedFd,
    kind: Kind,
    is_exclusive: bool,
}

/// The kernel's two sorts of locks on descriptions.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// On the whole file: who uses a memory file.
    Whole,
    /// On bytes: who lives, who starts. `len` 0 stands for all that follow.
    Bytes { start: i64, len: i64 },
}

impl KernelLocks {
    /// Those of process `id`, which stands still.
    ///
    /// # Panics
    /// If it is gone, or holds locks of a sort that Phalanx does not use.
    pub fn of(id: u32) -> Self {
        let pid = Pid::from_raw(id.cast_signed());
        let Some(Ok(pidfd)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
            panic!("process {id} is gone");
        };
        let mut held = Vec::new();
        for entry in fs::read_dir(format!("/proc/{id}/fdinfo")).into_iter().flatten().flatten() {
            let info = fs::read_to_string(entry.path()).unwrap_or_default();
            if !is_own(&info) {
                continue;
            }
            let number = entry.file_name().to_string_lossy().parse().unwrap_or(-1);
            for line in info.lines().filter_map(|line| line.strip_prefix("lock:")) {
                match pidfd_getfd(&pidfd, number, PidfdGetfdFlags::empty()) {
                    Ok(file) => held.push(Lock::parse(file, line)),
                    Err(errno) => panic!("descriptor {number} of {id} is not to be had: {errno}"),
                }
            }
        }
        Self { held }
    }

    /// Lets all go, as the kernel does at a death.
    ///
    /// # Panics
    /// If the kernel refuses.
    pub fn let_go(&self) {
        self.held.iter().for_each(|lock| lock.set(None));
    }

    /// Takes all again.
    ///
    /// # Panics
    /// If somebody else has taken one meanwhile.
    pub fn take_again(&self) {
        self.held.iter().for_each(|lock| lock.set(Some(lock.is_exclusive)));
    }
}

/// Whether the process has opened a descriptor itself, of which the kernel says this.
fn is_own(info: &str) -> bool {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & libc::O_CLOEXEC != 0)
}

impl Lock {
    /// `1: OFDLCK ADVISORY WRITE -1 00:1b:42 1099511627840 1099511627840`
    fn parse(file: OwnedFd, line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, sort, _, access, _, _, start, end] = words[..] else {
            panic!("a lock's line reads: {line}");
        };
        let start = start.parse().unwrap_or(0);
        let len = end.parse::<i64>().map_or(0, |end| end - start + 1);
        let kind = match sort {
            "OFDLCK" => Kind::Bytes { start, len },
            "FLOCK" => Kind::Whole,
            other => panic!("{other} is a sort of lock that Phalanx does not use"),
        };
        Self { file, kind, is_exclusive: access == "WRITE" }
    }

    /// Sets it to exclusive or not; `None` lets it go.
    fn set(&self, exclusive: Option<bool>) {
        match self.kind {
            Kind::Whole => {
                let operation = match exclusive {
                    None => FlockOperation::NonBlockingUnlock,
                    Some(false) => FlockOperation::NonBlockingLockShared,
                    Some(true) => FlockOperation::NonBlockingLockExclusive,
                };
                assert_eq!(flock(&self.file, operation), Ok(()), "{self:?} is not set");
            }
            Kind::Bytes { start, len } => {
                let kind = match exclusive {
                    None => libc::F_UNLCK,
                    Some(false) => libc::F_RDLCK,
                    Some(true) => libc::F_WRLCK,
                };
                let wanted = libc::flock {
                    l_type: kind as i16,
                    l_whence: libc::SEEK_SET as i16,
                    l_start: start,
                    l_len: len,
                    l_pid: 0,
                };
                // SAFETY: `self.file` stays open meanwhile.
                let file = unsafe { BorrowedFd::borrow_raw(self.file.as_raw_fd()) };
                let set = fcntl(file, FcntlArg::F_OFD_SETLK(&wanted));
                assert!(set.is_ok(), "{self:?} is not set: {set:?}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use rustix::fs::{Mode, OFlags, Stat, fstat, open};
    use rustix::io::{FdFlags, fcntl_setfd};
    use std::process::{Command, Stdio, id};

    #[test]
    fn a_lock_that_a_process_was_started_with_is_not_its_own() {
        let scratch = Scratch::new();
        let path = scratch.path().join("lock");
        let path = path.to_str().expect("a plain path");
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = open(path, flags, Mode::RUSR | Mode::WUSR).expect("a file");
        flock(&file, FlockOperation::NonBlockingLockExclusive).expect("nobody has it");
        let is_it = |lock: &Lock| {
            let inode = |stat: Stat| (stat.st_dev, stat.st_ino);
            fstat(&lock.file).map(inode) == fstat(&file).map(inode)
        };
        assert_eq!(KernelLocks::of(id()).held.iter().filter(|lock| is_it(lock)).count(), 1);
        fcntl_setfd(&file, FdFlags::empty()).expect("it is open");
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("it starts");
        fcntl_setfd(&file, FdFlags::CLOEXEC).expect("it is open");
        let link = format!("/proc/{}/fd/{}", child.id(), file.as_raw_fd());
        assert!(fs::read_link(link).is_ok(), "the child has it");
        assert!(!KernelLocks::of(child.id()).held.iter().any(is_it));
        drop(child.stdin.take());
        assert!(child.wait().is_ok_and(|status| status.success()));
    }
}
