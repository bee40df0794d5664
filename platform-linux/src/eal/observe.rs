//! Looking at a group without being in it.
//!
//! An observer maps the group's memory read-only, takes no slot, no lcore and no lock, and
//! cannot disturb what it looks at: a store would be a fault of its own (W-47: the reference's
//! tools are full members, and have closed the ports of the process they looked at).

#![expect(unsafe_code, reason = "an observer's view of a group is made here")]

use core::fmt;

use phalanx_core::group::{Group, GroupFacts, GroupFileError, Phase, ProcessFacts, ProcessId};
use phalanx_core::platform::{CommitError, Platform};
use phalanx_core::sync::Contested32;
use phalanx_core::window;
use rustix::io::Errno;

use super::standing::{self, Standing, group_path};
use super::window::WindowMap;
use super::{EalError, memory};
use crate::liveness::Liveness;
use crate::mapping::Access;
use crate::runtime_dir::{Base, Prefix, RuntimeDir, RuntimeDirError};
use crate::sys::futex::sleep_on;

/// A read-only view of a group.
#[derive(Debug)]
pub struct Observer {
    group: Group,
    facts: GroupFacts,
    platform: &'static ObserverPlatform,
}

/// Why a group could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObserveError {
    /// There is none with this prefix.
    NoGroup {
        /// The prefix.
        prefix: String,
        /// Where it looked.
        path: String,
    },
    /// All its processes are gone.
    Dead {
        /// The prefix.
        prefix: String,
    },
    /// It is still being made.
    NotReady {
        /// How far it has come.
        phase: Phase,
    },
    /// Anything that also stops a process from joining.
    Eal(Box<EalError>),
}

impl fmt::Display for ObserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGroup { prefix, path } => write!(
                f,
                "there is no group with prefix '{prefix}' at {path}; start one, or name another with --file-prefix"
            ),
            Self::Dead { prefix } => write!(
                f,
                "the group with prefix '{prefix}' is dead: all its processes are gone; \
                 `phalanx clean --file-prefix {prefix}` removes what it left"
            ),
            Self::NotReady { phase } => {
                write!(f, "the group is not ready: its phase is {phase}; try again in a moment")
            }
            Self::Eal(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ObserveError {}

macro_rules! from_eal {
    ($($error:ty),+) => {$(
        impl From<$error> for ObserveError {
            fn from(error: $error) -> Self {
                Self::Eal(Box::new(error.into()))
            }
        }
    )+};
}
from_eal!(EalError, RuntimeDirError);

/// What an observer may ask of Linux: who lives, and what time it is.
#[derive(Debug)]
struct ObserverPlatform {
    liveness: Liveness,
}

// SAFETY: 1. the kernel's locks say who lives, and a question without an answer is taken for a
// yes; 2. and 3. it commits and releases nothing.
unsafe impl Platform for ObserverPlatform {
    fn is_alive(&self, slot: u16) -> bool {
        self.liveness.is_alive(u32::from(slot)).unwrap_or(true)
    }
    fn commit(&self, _: usize, _: u64, _: u64) -> Result<(), CommitError> {
        Err(CommitError::System(Errno::ROFS.raw_os_error()))
    }
    fn release(&self, _: usize, _: u64, _: u64) {}
    fn give_way(&self) {
        rustix::thread::sched_yield();
    }
    fn sleep(&self, word: &Contested32, expected: u32, timeout_ns: u64) {
        sleep_on(word, expected, timeout_ns);
    }
    /// Nobody: an observer changes no word that somebody could sleep on.
    fn wake(&self, _: &Contested32) {}
    fn now_ns(&self) -> u64 {
        super::platform::PLATFORM.now_ns()
    }
}

impl Observer {
    /// Looks at the living group `prefix`, in the directories this user's groups have.
    ///
    /// Once a process: the window is mapped at the group's address and stays. Cost: as joining,
    /// without the prefaulting.
    ///
    /// # Errors
    /// [`ObserveError`].
    pub fn open(prefix: &str) -> Result<Self, ObserveError> {
        let prefix = Prefix::new(prefix).map_err(EalError::from)?;
        let base = Base::from_environment().map_err(EalError::from)?;
        let dir = match RuntimeDir::open_existing(&base, &prefix) {
            Err(RuntimeDirError::NoGroup { path }) => {
                return Err(ObserveError::NoGroup {
                    prefix: prefix.to_string(),
                    path: path.to_string(),
                });
            }
            result => result?,
        };
        let (liveness, header) = living(&dir)?;
        let facts = header.map_err(|why| EalError::GroupFile { path: group_path(&dir), why })?;
        if facts.phase != Phase::Ready {
            return Err(ObserveError::NotReady { phase: facts.phase });
        }
        let base = usize::try_from(facts.window_base).unwrap_or(window::BASE);
        let map = WindowMap::reserve(base, window::LEN, Access::ReadOnly)?;
        let window = map.map_group(liveness.group_file())?;
        let platform: &'static ObserverPlatform =
            Box::leak(Box::new(ObserverPlatform { liveness }));
        // SAFETY: 1. `living` has checked the header, and the map is kept below or dropped with the
        // group; 2. an observer; 3. the platform has this group's liveness locks.
        let group = unsafe { Group::new(window, ProcessId::OBSERVER, platform) };
        let group = group.ok_or(EalError::Full)?;
        memory::map_read_only(&group, &map)?;
        map.keep();
        Ok(Self { group, facts, platform })
    }

    /// The group. Whatever writes is refused or faults: look only.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// What its header says.
    pub fn facts(&self) -> &GroupFacts {
        &self.facts
    }

    /// Every process in the table, and whether the kernel says that it lives.
    pub fn processes(&self) -> impl Iterator<Item = (ProcessFacts, bool)> + '_ {
        self.group.processes().map(|facts| (facts, self.platform.is_alive(facts.id.slot())))
    }
}

type Header = Result<GroupFacts, GroupFileError>;

fn living(dir: &RuntimeDir) -> Result<(Liveness, Header), ObserveError> {
    match standing::look(dir, Access::ReadOnly)? {
        Standing::Living { liveness, header, .. } => Ok((liveness, header)),
        Standing::Dead(_) => Err(ObserveError::Dead { prefix: dir.prefix().to_string() }),
        Standing::Vacant => Err(ObserveError::NoGroup {
            prefix: dir.prefix().to_string(),
            path: dir.path().to_owned(),
        }),
    }
}
