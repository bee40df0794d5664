//! The fence: a process that lost its slot finds out before it writes.
//!
//! Who is dead is the kernel's word, so a living process keeps its slot. But it can lose what
//! the word hangs on: a closed descriptor, a lock that somebody dropped. Then others reap it,
//! and its slot gets a later generation. So each slow path (the lock, a claim, the refill and
//! the flush of a recoverable pool) first looks whether the table still has this process, and
//! refuses if not. The hot paths do not look; what they write is this process's own end, cache
//! or memory, and the next slow path stops them.

use core::fmt;

use crate::group::{Group, ProcessId, ProcessState};

/// This process is no member any more: others have taken it for dead.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenced {
    /// The slot it had.
    pub slot: u16,
    /// The generation it had.
    pub generation: u32,
}

impl fmt::Display for Fenced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this process was slot {} generation {} of the group, which has been reaped: its liveness lock is gone; \
             end this process and start it anew",
            self.slot, self.generation
        )
    }
}

impl core::error::Error for Fenced {}

impl Group {
    /// Whether this process still has its slot. One load of a line that hardly ever changes; no
    /// system call. `false` of an observer.
    #[inline]
    pub fn is_member(&self) -> bool {
        self.region().has_tenant(self.me())
    }

    /// As [`is_member`](Self::is_member), as an error.
    pub fn check_member(&self) -> Result<(), Fenced> {
        if self.is_member() { Ok(()) } else { Err(Fenced::of(self.me())) }
    }
}

impl Fenced {
    fn of(me: ProcessId) -> Self {
        Self { slot: me.slot(), generation: me.generation() }
    }
}

/// Whether a word of the process table says that `who` has the slot.
#[inline]
pub(crate) fn is_tenant(word: u64, who: ProcessId) -> bool {
    (word >> 32) as u32 == who.generation() && ProcessState::from_word(word) != ProcessState::Free
}
