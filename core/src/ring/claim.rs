//! Whose end it is: a single producer's or single consumer's end belongs to one process.
//!
//! The claim is one word, the packed [`ProcessId`], taken by swap. A dead holder's claim is
//! taken over by whoever asks next; nothing has to be repaired (see [`super::single`]), so
//! nobody needs to clean up first. In DPDK two producers on an SP ring spoil it silently.

use core::fmt;

use super::config::Sync;
use crate::group::{Group, ProcessId};
use crate::recovery::Fenced;
use crate::sync::Contested64;

/// One end of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingEnd {
    /// Where elements go in.
    Producer,
    /// Where they come out.
    Consumer,
}

impl fmt::Display for RingEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        })
    }
}

/// Why a process may not use an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimError {
    /// A living process has it (it may be the one that asks: one handle, one thread).
    Held {
        /// Which end.
        end: RingEnd,
        /// Who.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
    /// The end synchronises otherwise than the program takes for granted.
    OtherSync {
        /// Which end.
        end: RingEnd,
        /// What the program expects.
        expected: Sync,
        /// What the ring says.
        found: Sync,
    },
    /// This process has lost its slot in the group.
    Fenced(Fenced),
    /// An observer has no identity to put into the ring.
    Observer {
        /// Which end.
        end: RingEnd,
    },
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Held { end, by, pid } => write!(
                f,
                "the ring's single {end} was asked for and is slot {} (pid {pid}), which lives; let that process \
                 give the end back, or make the ring with Sync::Multi",
                by.slot()
            ),
            Self::OtherSync { end, expected, found } => write!(
                f,
                "a {end} for Sync::{expected:?} was asked for and the ring's {end} end is Sync::{found:?}; ask for that, \
                 or for any"
            ),
            Self::Fenced(error) => error.fmt(f),
            Self::Observer { end } => write!(
                f,
                "an observer asked to be a ring's {end} and may only look; join the group as a process"
            ),
        }
    }
}

impl core::error::Error for ClaimError {}

/// Makes the caller the holder of `word`, if it is a member still. No system call unless somebody
/// holds it.
pub(super) fn claim(word: &Contested64, group: &Group, end: RingEnd) -> Result<(), ClaimError> {
    group.check_member().map_err(ClaimError::Fenced)?;
    let me = group.me();
    let mut held = word.peek();
    loop {
        // A word that no member writes holds nothing.
        if let Some(by) = ProcessId::unpack(held)
            && group.is_alive(by)
        {
            return Err(ClaimError::Held { end, by, pid: group.pid_of(by) });
        }
        match word.swap_if(held, me.pack()) {
            Ok(_) => return Ok(()),
            Err(found) => held = found,
        }
    }
}

/// Gives the end back, if it is still the caller's.
pub(super) fn release(word: &Contested64, group: &Group) {
    // A failed swap means that the claim was taken over: there is nothing to give back.
    let _ = word.swap_if(group.me().pack(), 0);
}
