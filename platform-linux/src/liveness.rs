//! Who is alive, as the kernel knows it.
//!
//! Every process of a group holds a lock on its own byte of the group file for
//! as long as it lives, and the kernel drops the lock at death, whatever the
//! death. To ask is one system call. There is no pid to be reused, no heartbeat
//! to be late, no guess (decision 4 of the design; `W-7`).
//!
//! The bytes lie far beyond any content the file will ever have and never move,
//! whatever the layout of the group becomes:
//!
//! ```text
//!   2^40                  the primary
//!   2^40 + 64 + s         process slot s, 0 <= s < 64
//! ```
//!
//! A lock belongs to the open file description. So a [`Liveness`] owns a
//! descriptor that this process opened itself, close-on-exec, and gives it to
//! nobody: a descriptor that was inherited over `fork`, duplicated or received
//! over a socket is the *giver's* description, and would keep the giver alive.
//! Who was handed a descriptor opens `/proc/self/fd/N` anew.
//!
//! No allocation, no `std`: static workers use this file.

use crate::lockfile::{LockError, held_by_other, try_exclusive, unlock};
use crate::sys::errno::Named;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Process slots of a group.
pub const SLOTS: u32 = 64;

/// The byte of the primary.
pub const PRIMARY_BYTE: u64 = 1 << 40;

/// The byte of slot 0.
pub const FIRST_SLOT_BYTE: u64 = PRIMARY_BYTE + 64;

const END_OF_SLOTS: u64 = FIRST_SLOT_BYTE + SLOTS as u64;

/// Claims a process's bytes of the group file and asks about those of others.
///
/// Own bytes are remembered here, because the kernel never shows a lock to its
/// holder. All methods may be called from any thread.
#[derive(Debug)]
pub struct Liveness {
    group_file: OwnedFd,
    /// Bit s: this process holds slot s.
    own_slots: AtomicU64,
    /// 1 when this process is the primary.
    own_primary: AtomicU64,
}

/// Why a claim or a question failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LivenessError {
    /// There is no such slot.
    NoSuchSlot {
        /// The slot that was asked for.
        slot: u32,
    },
    /// The group file could not be locked or asked.
    Lock(LockError),
    /// The kernel would not watch the process.
    Watch {
        /// The process that was to be watched.
        pid: i32,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for LivenessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSlot { slot } => {
                write!(f, "there is no process slot {slot}; a group has slots 0 to {}", SLOTS - 1)
            }
            Self::Lock(error) => error.fmt(f),
            Self::Watch { pid, errno } => {
                write!(f, "process {pid} cannot be watched: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for LivenessError {}

impl From<LockError> for LivenessError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

impl Liveness {
    /// Takes over `group_file`, which this process must have opened itself. To
    /// claim, it must be writable; to ask, readable is enough.
    pub fn new(group_file: OwnedFd) -> Self {
        Self { group_file, own_slots: AtomicU64::new(0), own_primary: AtomicU64::new(0) }
    }

    /// Claims `slot` for as long as this process lives; `false` if another process
    /// has it. Claiming an own slot again succeeds. Cost: one system call.
    ///
    /// # Errors
    /// [`LivenessError::NoSuchSlot`], [`LivenessError::Lock`].
    pub fn claim_slot(&self, slot: u32) -> Result<bool, LivenessError> {
        let byte = slot_byte(slot)?;
        let is_ours = try_exclusive(self.group_file.as_fd(), byte)?;
        if is_ours {
            self.own_slots.fetch_or(1 << slot, Ordering::AcqRel);
        }
        Ok(is_ours)
    }

    /// Gives an own slot up. Others see it dead from now on.
    ///
    /// # Errors
    /// [`LivenessError::NoSuchSlot`], [`LivenessError::Lock`].
    pub fn release_slot(&self, slot: u32) -> Result<(), LivenessError> {
        let byte = slot_byte(slot)?;
        self.own_slots.fetch_and(!(1 << slot), Ordering::AcqRel);
        Ok(unlock(self.group_file.as_fd(), byte)?)
    }

    /// Whether the process in `slot` lives. An own slot is always alive.
    ///
    /// Cost: one system call, none for an own slot; never waits.
    ///
    /// # Errors
    /// [`LivenessError::NoSuchSlot`], [`LivenessError::Lock`].
    #[doc(alias = "rte_eal_primary_proc_alive")]
    pub fn is_alive(&self, slot: u32) -> Result<bool, LivenessError> {
        let byte = slot_byte(slot)?;
        Ok(self.owns_slot(slot) || self.is_held_elsewhere(byte..byte + 1)?)
    }

    /// Whether any process but this one lives, be it primary or in a slot: one
    /// system call for all of them.
    ///
    /// # Errors
    /// [`LivenessError::Lock`].
    pub fn any_other_alive(&self) -> Result<bool, LivenessError> {
        self.is_held_elsewhere(PRIMARY_BYTE..END_OF_SLOTS)
    }

    /// Whether any process lives, this one included if it has claimed anything.
    ///
    /// # Errors
    /// [`LivenessError::Lock`].
    pub fn any_alive(&self) -> Result<bool, LivenessError> {
        let owns_any = self.is_primary() || self.own_slots.load(Ordering::Acquire) != 0;
        Ok(owns_any || self.any_other_alive()?)
    }

    /// The living slots, bit s for slot s. Cost: one system call when nobody else
    /// lives, one for each slot otherwise. Each answer is true for its own moment.
    ///
    /// # Errors
    /// [`LivenessError::Lock`].
    pub fn alive_slots(&self) -> Result<u64, LivenessError> {
        let mut alive = self.own_slots.load(Ordering::Acquire);
        if self.is_held_elsewhere(FIRST_SLOT_BYTE..END_OF_SLOTS)? {
            for slot in 0..SLOTS {
                alive |= u64::from(self.is_alive(slot)?) << slot;
            }
        }
        Ok(alive)
    }

    /// Claims the role of primary; `false` if another process has it. Cost: one
    /// system call.
    ///
    /// # Errors
    /// [`LivenessError::Lock`].
    pub fn claim_primary(&self) -> Result<bool, LivenessError> {
        let is_ours = try_exclusive(self.group_file.as_fd(), PRIMARY_BYTE)?;
        if is_ours {
            self.own_primary.store(1, Ordering::Release);
        }
        Ok(is_ours)
    }

    /// Gives the role of primary up.
    ///
    /// # Errors
    /// [`LivenessError::Lock`].
    pub fn release_primary(&self) -> Result<(), LivenessError> {
        self.own_primary.store(0, Ordering::Release);
        Ok(unlock(self.group_file.as_fd(), PRIMARY_BYTE)?)
    }

    /// Whether the group has a living primary; true if this process is it.
    ///
    /// # Errors
    /// [`LivenessError::Lock`].
    pub fn primary_alive(&self) -> Result<bool, LivenessError> {
        Ok(self.is_primary() || self.is_held_elsewhere(PRIMARY_BYTE..PRIMARY_BYTE + 1)?)
    }

    /// A pidfd that becomes readable when the process in `slot` dies; `None` if it
    /// is dead already. `pid` is what the process table says about that slot.
    ///
    /// The pid could be stale and belong to a stranger by now, so the slot is
    /// asked about *after* the pidfd is open: a slot that is still held means its
    /// process still had the pid then. Cost: two system calls.
    ///
    /// # Errors
    /// [`LivenessError::Watch`] and those of [`Liveness::is_alive`].
    pub fn watch(&self, slot: u32, pid: i32) -> Result<Option<OwnedFd>, LivenessError> {
        let opened = open_pidfd(pid)?;
        Ok(if self.is_alive(slot)? { opened } else { None })
    }

    /// The descriptor of the group file. Duplicate or send it, and the locks are
    /// shared: see the top of this file.
    pub fn group_file(&self) -> BorrowedFd<'_> {
        self.group_file.as_fd()
    }

    fn owns_slot(&self, slot: u32) -> bool {
        self.own_slots.load(Ordering::Acquire) & (1 << slot) != 0
    }

    /// Whether this process is the primary. No system call.
    pub fn is_primary(&self) -> bool {
        self.own_primary.load(Ordering::Acquire) != 0
    }

    fn is_held_elsewhere(&self, bytes: core::ops::Range<u64>) -> Result<bool, LivenessError> {
        Ok(held_by_other(self.group_file.as_fd(), bytes)?.is_some())
    }
}

/// A close-on-exec pidfd of `pid`; `None` if there is no such process.
///
/// # Errors
/// [`LivenessError::Watch`]: a pid that is not positive, no descriptor left, a
/// kernel before 5.3.
pub fn open_pidfd(pid: i32) -> Result<Option<OwnedFd>, LivenessError> {
    let failed = |errno| LivenessError::Watch { pid, errno };
    let named =
        Some(pid).filter(|pid| *pid > 0).and_then(Pid::from_raw).ok_or(failed(Errno::INVAL))?;
    match pidfd_open(named, PidfdFlags::empty()) {
        Ok(pidfd) => Ok(Some(pidfd)),
        Err(Errno::SRCH) => Ok(None),
        Err(errno) => Err(failed(errno)),
    }
}

fn slot_byte(slot: u32) -> Result<u64, LivenessError> {
    if slot < SLOTS {
        Ok(FIRST_SLOT_BYTE + u64::from(slot))
    } else {
        Err(LivenessError::NoSuchSlot { slot })
    }
}

#[cfg(test)]
mod tests;
