//! The group: processes that share one memory and act as one program.
//!
//! The group region is the first thing in the window: a header that says what the group is,
//! the process table, the lcore table, the lock, the memseg lists, the heaps and the
//! directory. Its life has five verbs: *format* (the creator lays it out), *check* (a joining
//! process reads the file's bytes before it maps anything), *enter* and *leave* (a process
//! takes a slot), *close*.
//!
//! Who lives is the platform's word ([`Platform::is_alive`]), never a pid and never a guess:
//! a process is `{slot, generation}`, and its slot's next tenant has another generation.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | the slot's liveness lock is taken | entry free, or of one dead whom nobody reaped; lock gone with the process | next tenant | nothing |
//! | the entry says that somebody enters | fields of two tenants, which nobody reads | next tenant | nothing |
//! | the entry says `Joining` | entry of a dead process; the slot is refused to others | the [reaper](crate::recovery) | nothing |
//! | an lcore's owner word is swapped | lcore held by a dead process | the reaper; the next claimer calls it | nothing |
//! | the entry says `Live` | entry of a dead process, lcores claimed | the reaper | nothing |
//! | any step of `leave` | what is not given back yet is a dead process's | the reaper | nothing |

#![expect(unsafe_code, reason = "who a member is, its caller promises")]

mod change;
mod check;
mod cpu_set;
mod devices;
mod ended;
mod entry;
mod format;
mod layout;
mod lcore;
mod manifest;
mod member;
pub mod order;
mod phase;
mod process;
#[cfg(test)]
mod tests;

pub use check::{GroupFacts, GroupFileError, check_header};
pub use cpu_set::{CPU_MAX, CpuOutOfRange, CpuSet};
pub use format::{FormatError, GroupConfig};
pub use layout::{
    ABI_VERSION, GroupHeader, GroupRegion, LCORES_MAX, LcoreEntry, MAGIC, MANIFEST_MAX,
    ManifestEntry, PROCESSES_MAX, ProcessEntry,
};
pub use lcore::{Lcore, LcoreError, LcoreInfo, LcoreRole};
pub use manifest::{MANIFEST, fingerprint};
pub use phase::Phase;
pub use process::{Command, ProcessFacts, ProcessId, ProcessInfo, ProcessState, Role};

use crate::lock::{LockError, Transaction};
use crate::platform::Platform;
use crate::window::Window;

/// What a group was started with, as bits of the header's `flags`.
pub mod flags {
    /// 4 KB pages (`--no-huge`).
    pub const NO_HUGE: u32 = 1;
    /// All memory at start, one file a page, no growth (`--legacy-mem`).
    pub const LEGACY: u32 = 2;
    /// Pages are given back exactly as they came (`--match-allocations`).
    pub const MATCH_ALLOCATIONS: u32 = 4;
    /// Memory files stay when the group ends (`--huge-unlink=never`).
    pub const KEEP_FILES: u32 = 8;
    /// Memory files have no name, so nobody can join (`--in-memory`, `--huge-unlink=always`).
    pub const PRIVATE: u32 = 16;
}

/// A member's view of the group: where it is, who the member is, what it stands on.
///
/// Copies freely; every object handle holds one.
#[derive(Clone, Copy)]
pub struct Group {
    window: Window,
    region: &'static GroupRegion,
    me: ProcessId,
    platform: &'static dyn Platform,
}

static_assertions::assert_impl_all!(Group: Copy, Send, Sync);
// An lcore moves between threads and is used by one at a time.
static_assertions::assert_impl_all!(Lcore: Send);
static_assertions::assert_not_impl_any!(Lcore: Sync, Clone);

impl core::fmt::Debug for Group {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Group")
            .field("me", &self.me)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

impl Group {
    /// The group in `window`, seen by `me`. `None` if the window is shorter than the region.
    ///
    /// # Safety
    ///
    /// 1. The window holds a formatted group, mapped for as long as anything made of this is used.
    /// 2. `me` is what [`GroupRegion::enter`] gave this process, which still holds the slot's
    ///    liveness lock; or it is [`ProcessId::OBSERVER`].
    /// 3. `platform` is this group's: it speaks of this group's slots and lists.
    pub unsafe fn new(
        window: Window,
        me: ProcessId,
        platform: &'static dyn Platform,
    ) -> Option<Self> {
        Some(Self { window, region: window.first()?, me, platform })
    }

    /// The group's memory.
    #[inline]
    pub fn window(&self) -> Window {
        self.window
    }

    /// The tables. Their words are the core's; what they say, its functions tell.
    pub fn region(&self) -> &'static GroupRegion {
        self.region
    }

    /// Who this member is.
    #[inline]
    pub fn me(&self) -> ProcessId {
        self.me
    }

    /// What the core stands on here.
    pub fn platform(&self) -> &'static dyn Platform {
        self.platform
    }

    /// Opens a transaction on everything that the group's lock guards.
    pub fn begin(&self) -> Result<Transaction, LockError> {
        self.region.lock.begin(self)
    }

    /// The number that no other group has: it names the group's files.
    pub fn group_id(&self) -> u64 {
        self.region.header.group_id.get()
    }

    /// The process id of the group's creator, for messages.
    pub fn creator_pid(&self) -> u64 {
        self.region.header.creator_pid.get()
    }

    /// Every process in the table, living or not, by slot.
    pub fn processes(&self) -> impl Iterator<Item = ProcessFacts> + use<> {
        self.region.processes()
    }

    /// How far the group's start-up (or its end) has come.
    pub fn phase(&self) -> Phase {
        Phase::from_word(self.region.header.phase.observe())
    }

    /// Whether this group was started with `flag` (one of [`flags`]).
    pub fn has(&self, flag: u32) -> bool {
        self.region.header.flags.get() & flag != 0
    }

    /// Notes that the group is one of `flag` (of [`flags`]) after all. Its creator calls this
    /// before the group is `Ready`; an observer's call does nothing.
    pub fn add_flag(&self, flag: u32) {
        if !self.is_observer() {
            let flags = &self.region.header.flags;
            flags.set(flags.get() | flag);
        }
    }
}
