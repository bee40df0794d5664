//! Why a process did not become primary.

use core::fmt;
use core::time::Duration;

use phalanx_core::group::ProcessFacts;
use phalanx_core::name::Name;

use crate::eal::{EalError, ObserveError};
use crate::process::{Activity, activity};

/// A process that an error names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Primary {
    /// Its slot.
    pub slot: u16,
    /// Its process id.
    pub pid: u32,
    /// Its program's name.
    pub name: Name,
}

impl Primary {
    pub(super) fn of(facts: &ProcessFacts) -> Self {
        Self { slot: facts.id.slot(), pid: facts.pid, name: facts.name }
    }
}

impl fmt::Display for Primary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {}, slot {})", self.name, self.pid, self.slot)
    }
}

/// Why the role of primary was not taken over. Nothing has changed then, unless the error says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromoteError {
    /// The process is primary already.
    AlreadyPrimary {
        /// It.
        who: Primary,
    },
    /// Another process is, and lives; it may have won a race just now.
    PrimaryLives {
        /// It, if the table names it yet.
        primary: Option<Primary>,
    },
    /// A living primary was asked to give the role up, and did not in time.
    NotGivenUp {
        /// It.
        primary: Primary,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Nobody lives in the slot.
    NobodyThere {
        /// The slot.
        slot: u16,
        /// The slots of those who could be told.
        others: Vec<u16>,
    },
    /// No secondary lives that could be told; a stopped one cannot.
    NoSecondary,
    /// The process has begun to obey and not finished: it may become primary still.
    NotFinished {
        /// It.
        who: Primary,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The process did not begin to obey in time, and the order was taken back: it will not, unless
    /// somebody else waits for the same.
    NotAnswered {
        /// It.
        who: Primary,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The process ended while it was waited for.
    Ended {
        /// It.
        who: Primary,
    },
    /// The process could not use the kernel's locks.
    Failed {
        /// It.
        who: Primary,
    },
    /// The group cannot be looked at, or not changed.
    Group(Box<ObserveError>),
}

impl fmt::Display for PromoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyPrimary { who } => {
                write!(f, "{who} was to become primary and is it already; nothing needs to be done")
            }
            Self::PrimaryLives { primary: Some(primary) } => write!(
                f,
                "another primary lives: {primary}; end it, or take the role from it while it lives \
                 (--from-living, TakeOver::FromLiving)"
            ),
            Self::PrimaryLives { primary: None } => f.write_str(
                "another process is becoming primary at this moment; look who it is with `phalanx ps`",
            ),
            Self::NotGivenUp { primary, waited } => write!(
                f,
                "the primary, {primary}, did not give its role up within {} s: {}; it stays primary",
                waited.as_secs(),
                Why(primary.pid)
            ),
            Self::NobodyThere { slot, others } => write!(
                f,
                "nobody lives in slot {slot}; secondaries live in slots {others:?}, see `phalanx ps`"
            ),
            Self::NoSecondary => f.write_str(
                "no secondary of the group can take the role: none lives, or all are stopped; start one, or a new \
                 primary (--proc-type=primary), which takes a group over that has none",
            ),
            Self::NotAnswered { who, waited } => write!(
                f,
                "{who} was told to become primary and did not within {} s: {}; the order was taken back, \
                 and it stays secondary",
                waited.as_secs(),
                Why(who.pid)
            ),
            Self::NotFinished { who, waited } => write!(
                f,
                "{who} was told to become primary, and has begun and not finished within {} s: {}; it may become \
                 primary yet, see `phalanx ps`",
                waited.as_secs(),
                Why(who.pid)
            ),
            Self::Ended { who } => {
                write!(f, "{who} was told to become primary and ended meanwhile; choose another one")
            }
            Self::Failed { who } => write!(
                f,
                "{who} was told to become primary and could not use the locks of the group's file; end it, and choose \
                 another one"
            ),
            Self::Group(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PromoteError {}

/// What may keep a process from obeying, and what to do about it.
struct Why(u32);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.0;
        match activity(pid) {
            Activity::Stopped => write!(f, "it is stopped, let it go on (kill -CONT {pid})"),
            Activity::Traced => write!(f, "a debugger holds it, let it go on"),
            _ => f.write_str(
                "it has no watcher (a static worker, or one started without), or is very busy",
            ),
        }
    }
}

impl From<ObserveError> for PromoteError {
    fn from(error: ObserveError) -> Self {
        Self::Group(Box::new(error))
    }
}

impl From<EalError> for PromoteError {
    fn from(error: EalError) -> Self {
        ObserveError::from(error).into()
    }
}
