//! What became of a dead process, or why it was not reaped.

use core::fmt;

use super::event::Recovered;
use super::fence::Fenced;
use crate::group::{ProcessId, Role};
use crate::lock::LockError;
use crate::name::Name;
use crate::ring::Held;

/// A dead process, and what of it was put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who died.
    pub who: ProcessId,
    /// Its process id.
    pub pid: u32,
    /// Its role.
    pub role: Role,
    /// Its program's name.
    pub name: Name,
    /// What was put in order.
    pub recovered: Recovered,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recovered { objects, lcores, ends, others } = self.recovered;
        write!(
            f,
            "{} {} (pid {}, slot {}) died: {objects} objects, {lcores} lcores, {ends} ring ends and {others} other \
             belongings were recovered",
            self.role,
            self.name,
            self.pid,
            self.who.slot()
        )
    }
}

/// Why a dead process was not reaped, or not wholly. Whoever tries again goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReapError {
    /// Who asked only observes the group.
    Observer,
    /// This process has lost its slot itself.
    Fenced(Fenced),
    /// A living process reaps now.
    Busy {
        /// Which.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
    /// The group's lock was not had.
    Lock(LockError),
    /// A living process (it may be stopped) is in the middle of an end that had to be mended.
    Held {
        /// Where the ring lies: bytes from the window's start.
        at: u64,
        /// Who.
        held: Held,
    },
    /// A pool's ring took nothing back: it is full of what nobody got.
    Full {
        /// Where the pool lies: bytes from the window's start.
        at: u64,
    },
    /// So much went through a ring that not all of it was seen.
    Restless {
        /// Where the ring lies: bytes from the window's start.
        at: u64,
    },
    /// All is in order but that nobody is told: a living process (it may be stopped) is in the middle
    /// of an event. The slot stays the dead one's until then.
    Untold {
        /// Which.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
}

impl fmt::Display for ReapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "a dead process was to be reaped by an observer, which may only look; join the group as a secondary",
            ),
            Self::Fenced(error) => error.fmt(f),
            Self::Busy { by, pid } => write!(
                f,
                "a dead process was to be reaped and slot {} (pid {pid}) reaps already; let it finish, or if it is \
                 stopped, let it go on (kill -CONT {pid})",
                by.slot()
            ),
            Self::Lock(error) => write!(f, "a dead process was to be reaped: {error}"),
            Self::Held { at, held } => {
                write!(f, "a dead process was to be reaped, by way of the ring at +{at:#x}: {held}")
            }
            Self::Full { at } => write!(
                f,
                "a dead process was to be reaped and the ring of the pool at +{at:#x} has no room for its objects; \
                 audit the pool: something was put there twice"
            ),
            Self::Restless { at } => write!(
                f,
                "a dead process was to be reaped and the ring at +{at:#x} moved too fast to be looked through; reap \
                 again"
            ),
            Self::Untold { by, pid } => write!(
                f,
                "a dead process was to be reaped, and only its slot is not free, for slot {} (pid {pid}) is in the \
                 middle of an event; reap again, and if that one is stopped, let it go on (kill -CONT {pid})",
                by.slot()
            ),
        }
    }
}

impl ReapError {
    /// Whether it is about one dead process, and the next may be reaped.
    pub(super) const fn is_about_one(&self) -> bool {
        match self {
            Self::Held { .. } | Self::Full { .. } | Self::Restless { .. } | Self::Untold { .. } => {
                true
            }
            Self::Observer | Self::Fenced(_) | Self::Busy { .. } | Self::Lock(_) => false,
        }
    }
}

impl core::error::Error for ReapError {}

impl From<LockError> for ReapError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}
