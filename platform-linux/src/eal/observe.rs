//! Looking at a group without being in it.
//!
//! An observer maps the group's memory read-only, takes no slot, no lcore and no lock, and
//! cannot disturb what it looks at: a store would be a fault of its own (W-47: the reference's
//! tools are full members, and have closed the ports of the process they looked at).

#![expect(unsafe_code, reason = "an observer's view of a group is made here")]

use core::fmt;
use core::time::Duration;

use phalanx_core::group::{Group, GroupFacts, GroupFileError, Phase, ProcessFacts, ProcessId};
use phalanx_core::platform::{CommitError, Platform};
use phalanx_core::sync::Contested32;
use phalanx_core::window;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;

use super::standing::{self, GROUP_FILE, Standing, group_path};
use super::window::WindowMap;
use super::{EalError, copy, memory};
use crate::change::sleep_until_change;
use crate::liveness::Liveness;
use crate::mapping::Access;
use crate::runtime_dir::{Base, FileError, Prefix, RuntimeDir, RuntimeDirError};
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
    /// It was to be looked at as a dead one, and somebody lives in it.
    Alive {
        /// The prefix.
        prefix: String,
    },
    /// A dead group came to life while it was looked at.
    Changed,
    /// It is too big to be copied.
    TooBig {
        /// Bytes that are backed.
        needed: u64,
        /// Bytes of memory that the system has free.
        available: u64,
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
                 `phalanx inspect --file-prefix {prefix}` shows what it left, `phalanx clean` removes it"
            ),
            Self::Alive { prefix } => write!(
                f,
                "the group with prefix '{prefix}' was to be looked at as a dead one and is alive; \
                 `phalanx ps --file-prefix {prefix}` shows who lives, `phalanx info` the rest"
            ),
            Self::Changed => f.write_str(
                "the group was dead and somebody lives in it now; look with `phalanx ps`, `info` and `audit`",
            ),
            Self::TooBig { needed, available } => write!(
                f,
                "a dead group was to be copied and has {} MB; the system has {} MB free, of which half may be used",
                needed >> 20,
                available >> 20
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
    fn release(&self, _: usize, _: u64, _: u64) -> bool {
        false
    }
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
        let dir = directory(&base, &prefix)?;
        let (liveness, header) = living(&dir)?;
        let facts = header.map_err(|why| EalError::GroupFile { path: group_path(&dir), why })?;
        if facts.phase != Phase::Ready {
            return Err(ObserveError::NotReady { phase: facts.phase });
        }
        Self::view(liveness, facts)
    }

    /// Looks at the dead group `prefix`: all that it has left, as its last process left it.
    ///
    /// Changes nothing and takes no lock. A process that cleans the group or starts it anew
    /// meanwhile is not kept from it; what was mapped before stays as it was. Once a process, and
    /// the cost, as [`open`](Self::open). Answers W-5.
    ///
    /// # Errors
    /// [`ObserveError`]; [`ObserveError::Alive`] if somebody lives in it.
    pub fn open_dead(prefix: &str) -> Result<Self, ObserveError> {
        let prefix = Prefix::new(prefix).map_err(EalError::from)?;
        let base = Base::from_environment().map_err(EalError::from)?;
        let dir = directory(&base, &prefix)?;
        let file = match dir.open_file(GROUP_FILE, Access::ReadOnly) {
            Err(FileError::Absent { .. }) => return Err(no_group(&dir)),
            result => result.map_err(EalError::File)?,
        };
        let header = standing::read_header(file.as_fd())?;
        let liveness = Liveness::new(file);
        let alive = || ObserveError::Alive { prefix: prefix.to_string() };
        if liveness.any_alive().map_err(EalError::from)? {
            return Err(alive());
        }
        let facts = header.map_err(|why| EalError::GroupFile { path: group_path(&dir), why })?;
        let observer = Self::view(liveness, facts)?;
        // Somebody may have joined it before the first look, and left a name of his own.
        match observer.platform.liveness.any_alive() {
            Ok(false) => Ok(observer),
            Ok(true) => Err(alive()),
            Err(error) => Err(EalError::from(error).into()),
        }
    }

    fn view(liveness: Liveness, facts: GroupFacts) -> Result<Self, ObserveError> {
        let base = usize::try_from(facts.window_base).unwrap_or(window::BASE);
        let map = WindowMap::reserve(base, window::LEN, Access::ReadOnly)?;
        let window = map.map_group(liveness.group_file())?;
        let platform: &'static ObserverPlatform =
            Box::leak(Box::new(ObserverPlatform { liveness }));
        // SAFETY: 1. the callers have checked the header, and the map is kept below or dropped with
        // the group; 2. an observer; 3. the platform has this group's liveness locks.
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

    /// A copy of a dead group, in which this process is the only living member: for looks that have
    /// to write, such as an [`audit`](phalanx_core::recovery::audit). What is done to the copy is
    /// done to nothing else. Cost: the group's backed memory is read once, and what of it is not
    /// zero takes as much ordinary memory, until this process ends.
    ///
    /// # Errors
    /// [`ObserveError::TooBig`] if that would take more than half of the memory that is free; and
    /// those of [`open`](Self::open).
    pub fn copy_dead(&self) -> Result<Group, ObserveError> {
        if self.is_alive()? {
            return Err(ObserveError::Changed);
        }
        copy::copy(self)
    }

    pub(super) fn group_file(&self) -> BorrowedFd<'_> {
        self.platform.liveness.group_file()
    }

    /// Sleeps until the group's tables may say something new, or for `longest`. Observers of a
    /// living group are woken as its members are.
    pub fn sleep_until_change(&self, seen: u32, longest: Duration) {
        sleep_until_change(self.group.region(), seen, longest);
    }

    /// Whether anybody lives in the group. One system call.
    ///
    /// # Errors
    /// The kernel's, as [`ObserveError::Eal`].
    pub fn is_alive(&self) -> Result<bool, ObserveError> {
        Ok(self.platform.liveness.any_alive().map_err(EalError::from)?)
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
        Standing::Vacant => Err(no_group(dir)),
    }
}

/// The directory of `prefix`, if it has one.
pub(super) fn directory(base: &Base, prefix: &Prefix) -> Result<RuntimeDir, ObserveError> {
    match RuntimeDir::open_existing(base, prefix) {
        Err(RuntimeDirError::NoGroup { path }) => {
            Err(ObserveError::NoGroup { prefix: prefix.to_string(), path: path.to_string() })
        }
        result => Ok(result?),
    }
}

/// A directory without a group in it.
pub(super) fn no_group(dir: &RuntimeDir) -> ObserveError {
    ObserveError::NoGroup { prefix: dir.prefix().to_string(), path: dir.path().to_owned() }
}
