//! Where to look, and what the kernel answers when asked.

use crate::kernel_files::KernelFiles;
use crate::mapping::is_populating_known;
use crate::runtime_dir::Base;
use crate::sys::landlock;
use crate::sys::ofd::{LockKind, try_lock};
use phalanx_core::sync::Contested32;
use rustix::fd::AsFd;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, getpid, pidfd_open};
use rustix::thread::futex;
use std::path::{Path, PathBuf};

/// A machine to look at: this one, or trees of files that describe another.
#[derive(Debug, Clone)]
pub struct Host {
    kernel: KernelFiles,
    dev: PathBuf,
    base: Option<PathBuf>,
    answers: Answers,
}

/// What no file says: whether this kernel, and whatever filters this process's calls, lets it do
/// what a group needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// Prefaulting that reports what cannot be had (`MADV_POPULATE_WRITE`, Linux 5.14).
    pub populate: bool,
    /// Watching a process by descriptor (`pidfd_open`, Linux 5.3).
    pub pidfd: bool,
    /// Locks of open file descriptions (Linux 3.15).
    pub ofd_locks: bool,
    /// Sleeping on a word.
    pub futex: bool,
    /// The version of Landlock; `None` without (before Linux 5.13, or switched off at boot).
    pub landlock: Option<u32>,
}

impl Answers {
    /// Asks. Cost: eight system calls.
    pub fn ask() -> Self {
        Self {
            populate: is_populating_known(),
            pidfd: pidfd_open(getpid(), PidfdFlags::empty()).is_ok(),
            ofd_locks: has_ofd_locks(),
            futex: has_futex(),
            landlock: landlock::version().ok(),
        }
    }
}

fn has_ofd_locks() -> bool {
    let file = memfd_create(c"phalanx-doctor", MemfdFlags::CLOEXEC);
    file.is_ok_and(|file| try_lock(file.as_fd(), LockKind::Exclusive, 0..1) == Ok(true))
}

/// Nobody sleeps on a word that has another value.
fn has_futex() -> bool {
    let word = Contested32::new(1);
    futex::wait(word.as_futex(), futex::Flags::empty(), 0, None) == Err(Errno::AGAIN)
}

impl Host {
    /// This machine, as this process may see it.
    pub fn real() -> Self {
        let kernel = KernelFiles::real();
        Self { kernel, dev: PathBuf::from("/dev"), base: None, answers: Answers::ask() }
    }

    /// The machine that the trees `sys`, `proc` and `dev` below `root` describe, whose runtime
    /// directories lie in `run` there.
    pub fn described(root: &Path, answers: Answers) -> Self {
        let kernel = KernelFiles::at(root.join("sys"), root.join("proc"));
        Self { kernel, dev: root.join("dev"), base: Some(root.join("run")), answers }
    }

    pub(super) fn kernel(&self) -> &KernelFiles {
        &self.kernel
    }

    pub(super) fn dev(&self, below: &str) -> PathBuf {
        self.dev.join(below)
    }

    pub(super) fn answers(&self) -> Answers {
        self.answers
    }

    /// Where runtime directories lie; a sentence if nowhere.
    pub(super) fn base(&self) -> Result<Base, String> {
        let base = match &self.base {
            None => Base::from_environment(),
            Some(path) => Base::at(&path.to_string_lossy()),
        };
        base.map_err(|error| error.to_string())
    }
}
