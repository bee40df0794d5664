//! What the core needs of a platform: seven small obligations, and one that may be left out.
//!
//! The core has no clock, no descriptor and no system call. Linux gives these in
//! `phalanx-linux`; a kernel or a bare machine gives its own; the tests give a fake that is
//! stricter than either.

#![expect(unsafe_code, reason = "who lives decides who may use memory: unsafe to claim")]

use core::fmt;

use crate::log::Told;
use crate::sync::Contested32;

/// What a platform must offer. All calls may come from any thread.
///
/// # Implementation safety
///
/// What a process holds alone (an lcore's caches, the lock, an end of a ring) is given to another
/// as soon as `is_alive` says `false`. So:
/// 1. `is_alive` never says `false` of a process that can still run;
/// 2. after `commit` has said `Ok`, the range can be read and written in every process of the
///    group until `release` names it;
/// 3. `release` takes nothing but the range it is given.
pub unsafe trait Platform: Sync {
    /// Whether the process in `slot` lives. The kernel's word, never a guess: on Linux the
    /// lock that a process holds on its byte of the group file (design, decision 4). A
    /// stopped process lives. `true` for the caller's own slot.
    fn is_alive(&self, slot: u16) -> bool;

    /// Backs `len` bytes of memseg list `list` with memory, from byte `at` of the list on;
    /// both are multiples of the list's grain. Committing what is committed changes nothing.
    fn commit(&self, list: usize, at: u64, len: u64) -> Result<(), CommitError>;

    /// Gives the memory of the same range back; it reads as zeros if it is committed again. `false`: this
    /// process may not, and the range stays for another to give back.
    fn release(&self, list: usize, at: u64, len: u64) -> bool;

    /// Lets others run: called in waits that have lasted longer than a spin.
    fn give_way(&self);

    /// Sleeps while `word` is `expected`, at most `timeout_ns` nanoseconds; may end earlier for no
    /// reason. Compares once more before it sleeps, so that a [`wake`](Self::wake) after a change of
    /// the word is never missed. The word lies in memory that other processes map too.
    fn sleep(&self, word: &Contested32, expected: u32, timeout_ns: u64);

    /// Ends the sleep of whoever sleeps on `word`, in any process.
    fn wake(&self, word: &Contested32);

    /// Nanoseconds of a monotonic clock that all processes of the group share.
    fn now_ns(&self) -> u64;

    /// Hears what the core has to tell, for a log. It may be called under the group's lock, and so
    /// must neither wait nor call the core; whoever has no log does nothing.
    fn tell(&self, _: Told) {}
}

/// Why memory could not be had.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitError {
    /// The pool of pages of this size (on this node) has not that many; how many bytes it has
    /// free, as far as the platform can say.
    NotEnough {
        /// Bytes that are free.
        free: u64,
    },
    /// This list cannot change: the group has all its memory from the start.
    Fixed,
    /// This process has given up asking the system for memory, as a sandboxed worker does.
    Sealed,
    /// The system refused otherwise; its error number.
    System(i32),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEnough { free } => {
                write!(f, "the system has only {free} bytes of such pages free")
            }
            Self::Fixed => f.write_str("the group's memory is fixed at its start (legacy mode)"),
            Self::Sealed => f.write_str(
                "this process is sandboxed and cannot ask the system for memory: make it where none is (--no-sandbox, or the primary), or before",
            ),
            Self::System(errno) => write!(f, "the system refused with error {errno}"),
        }
    }
}

impl core::error::Error for CommitError {}
