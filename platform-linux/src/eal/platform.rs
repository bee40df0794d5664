//! What the core asks of Linux: who lives, memory behind a range, a yield, a clock.

#![expect(unsafe_code, reason = "the core takes this file's word for who lives")]

use core::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "defmt")]
use phalanx_core::log::Told;
use phalanx_core::memseg::LISTS_MAX;
use phalanx_core::platform::{CommitError, Platform};
use phalanx_core::sync::Contested32;
#[cfg(feature = "std")]
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use spin::RwLock;

use super::EalError;
use super::backing::Backing;
use super::error::{Refusal, refusal};
use crate::liveness::{Liveness, LivenessError};
use crate::sys::clock::monotonic_ns;
use crate::sys::futex::{sleep_on, wake_all};
use crate::sys::schedule::give_way;

/// Linux under one process of one group. A process joins one group, so there is one; handles
/// to shared objects hold it for as long as the process lives.
#[derive(Debug)]
pub(crate) struct LinuxPlatform {
    /// The locks on the group file; none before the start and after the end.
    liveness: RwLock<Option<Liveness>>,
    /// The memory behind each memseg list. Written at start and at the end only, so that who
    /// holds it for reading while memory grows keeps nobody waiting.
    lists: RwLock<[Option<Backing>; LISTS_MAX]>,
    /// Whether this process asks the kernel for no memory any more, and gives none back: written once.
    is_sealed: AtomicBool,
}

/// The platform of this process's group.
pub(crate) static PLATFORM: LinuxPlatform = LinuxPlatform::new();

impl LinuxPlatform {
    /// A platform of no group yet.
    pub(super) const fn new() -> Self {
        Self {
            liveness: RwLock::new(None),
            lists: RwLock::new([const { None }; LISTS_MAX]),
            is_sealed: AtomicBool::new(false),
        }
    }

    /// From now on `liveness` says who lives.
    pub(super) fn stand_on(&self, liveness: Liveness) {
        *self.liveness.write() = Some(liveness);
    }

    /// Asks the group's liveness locks.
    ///
    /// # Errors
    /// What `ask` returns, and [`EalError::System`] before the start and after the end.
    pub(super) fn ask<R>(
        &self,
        ask: impl FnOnce(&Liveness) -> Result<R, LivenessError>,
    ) -> Result<R, Refusal> {
        match self.liveness.read().as_ref() {
            Some(liveness) => Ok(ask(liveness)?),
            None => {
                let (doing, errno) = ("asking who lives in a group", Errno::BADF);
                Err(refusal(EalError::System { doing, errno }))
            }
        }
    }

    /// Puts `backing` behind memseg list `list`.
    pub(super) fn put(&self, list: usize, backing: Backing) {
        if let Some(place) = self.lists.write().get_mut(list) {
            *place = Some(backing);
        }
    }

    /// Shows `use_it` the memory behind list `list`; `None` if this process has none there.
    pub(super) fn with_backing<R>(
        &self,
        list: usize,
        use_it: impl FnOnce(&Backing) -> R,
    ) -> Option<R> {
        self.lists.read().get(list).and_then(Option::as_ref).map(use_it)
    }

    /// From now on memory neither grows nor shrinks by this process: its sandbox would end it for the
    /// question, in the middle of the core's work.
    pub(super) fn seal(&self) {
        self.is_sealed.store(true, Ordering::Relaxed);
    }

    /// Closes every memory file: memory can neither grow nor shrink here any more.
    pub(super) fn close_lists(&self) {
        *self.lists.write() = [const { None }; LISTS_MAX];
    }

    /// Closes every descriptor; the locks on the group file go with it.
    pub(super) fn close(&self) {
        self.close_lists();
        *self.liveness.write() = None;
    }
}

/// A pidfd of process `pid` in `slot`, readable once it is dead; `None` if it is dead already or
/// cannot be watched. Three system calls.
#[cfg(feature = "std")]
pub(crate) fn watch_process(slot: u16, pid: u32) -> Option<OwnedFd> {
    let pid = i32::try_from(pid).ok()?;
    PLATFORM.ask(|liveness| liveness.watch(u32::from(slot), pid)).ok()?
}

// SAFETY: 1. a process holds its lock on the group file until it leaves or the kernel ends it, and
// a question without an answer is taken for a yes; 2. memory is a shared file's, mapped by every
// member, and allocated there before `commit` returns; 3. exactly the range is punched.
unsafe impl Platform for LinuxPlatform {
    /// One system call. A kernel that will not say is taken for "alive": nobody is declared
    /// dead on a guess.
    fn is_alive(&self, slot: u16) -> bool {
        self.ask(|liveness| liveness.is_alive(u32::from(slot))).unwrap_or(true)
    }

    fn commit(&self, list: usize, at: u64, len: u64) -> Result<(), CommitError> {
        if self.is_sealed.load(Ordering::Relaxed) {
            return Err(CommitError::Sealed);
        }
        self.with_backing(list, |backing| backing.commit(at, len))
            .unwrap_or(Err(CommitError::System(Errno::BADF.raw_os_error())))
    }

    /// What the kernel does not take back counts as given: nobody else would fare better.
    fn release(&self, list: usize, at: u64, len: u64) -> bool {
        if self.is_sealed.load(Ordering::Relaxed) {
            return false;
        }
        self.with_backing(list, |backing| backing.release(at, len));
        true
    }

    fn give_way(&self) {
        give_way();
    }

    fn sleep(&self, word: &Contested32, expected: u32, timeout_ns: u64) {
        sleep_on(word, expected, timeout_ns);
    }

    fn wake(&self, word: &Contested32) {
        wake_all(word);
    }

    fn now_ns(&self) -> u64 {
        monotonic_ns()
    }

    #[cfg(feature = "defmt")]
    fn tell(&self, told: Told) {
        crate::log::tell(told);
    }
}
