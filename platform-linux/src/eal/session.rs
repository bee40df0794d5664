//! A process's stay in a group, from slot to leaving.
//!
//! Dropping it is leaving: the table entry and the lcores are freed, the kernel's locks let
//! go, and whoever is the last removes the group's files. A start that fails half-way drops
//! its session too, so both ends of a stay are the same code (W-18).

#![expect(unsafe_code, reason = "a process becomes and ceases to be a member here")]

#[cfg(feature = "std")]
use core::time::Duration;

use phalanx_core::group::{Group, GroupRegion, ProcessInfo, Role};
#[cfg(feature = "std")]
use phalanx_core::group::{Phase, flags};
use phalanx_core::message::{PlatformWakes, call_everybody};
use phalanx_core::platform::Platform;
use phalanx_core::window::Window;

use super::EalError;
use super::Identity;
#[cfg(feature = "std")]
use super::clean;
use super::error::{Refusal, refusal};
use super::platform::PLATFORM;
#[cfg(feature = "std")]
use super::standing;
use super::window::WindowMap;
use crate::change::announce;
#[cfg(feature = "std")]
use crate::lockfile::StartLock;
use crate::runtime_dir::RuntimeDir;
#[cfg(feature = "std")]
use crate::sys::deadline::Deadline;

/// How long a leaving process waits for the start lock before it leaves the cleaning to the
/// next primary.
#[cfg(feature = "std")]
const LEAVE_WAIT: Duration = Duration::from_secs(2);

/// What a process holds of its group.
#[derive(Debug)]
pub(super) struct Session {
    /// The member's view of the group.
    pub(super) group: Group,
    /// The group's directory; none for a private group.
    pub(super) dir: Option<RuntimeDir>,
    /// Slot in the process table.
    slot: u16,
    /// The mapped window; gone once the start has succeeded.
    window: Option<WindowMap>,
}

impl Session {
    /// Enters the mapped group in `slot`, whose liveness lock this process holds.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(super) fn enter(
        dir: Option<RuntimeDir>,
        map: WindowMap,
        window: Window,
        slot: u16,
        role: Role,
        identity: &Identity,
    ) -> Result<Self, Refusal> {
        match take_slot(window, slot, role, identity) {
            Some(group) => {
                // So that it is watched from now on, and reaped if it dies while it starts.
                announce(group.region());
                Ok(Self { group, dir, slot, window: Some(map) })
            }
            None => {
                PLATFORM.close();
                Err(refusal(EalError::Full))
            }
        }
    }

    /// The mapping, while the start goes on.
    pub(super) fn map(&self) -> Result<&WindowMap, Refusal> {
        self.window.as_ref().ok_or_else(|| refusal(EalError::AlreadyStarted))
    }

    /// The start has succeeded: this process is a member, and the window stays mapped.
    pub(super) fn become_live(&mut self) {
        self.group.become_live();
        if let Some(window) = self.window.take() {
            window.keep();
        }
    }

    /// Removes the group if this process was the last in it and it is still the one that the
    /// directory names. The caller has let its locks go, under the start lock.
    #[cfg(feature = "std")]
    fn remove_if_last(&self, dir: &RuntimeDir, lock: StartLock, was_creating: bool) {
        if PLATFORM.ask(|liveness| liveness.any_other_alive()) != Ok(false) {
            return;
        }
        if standing::names_another(dir) {
            return;
        }
        self.group.region().set_phase(Phase::Closing);
        // A file is dead when nobody holds its lock, this process included.
        PLATFORM.close_lists();
        let keeps = self.group.has(flags::KEEP_FILES) && !was_creating;
        if !keeps {
            // What cannot be removed now is a dead group's, which the next primary cleans.
            let _ = clean::remove(dir, lock);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        #[cfg(feature = "std")]
        let was_creating = self.window.is_some();
        let me = self.group.me();
        if self.group.lcores().any(|lcore| lcore.owner == me) {
            // A thread still works on an lcore of ours: others would be given its caches. The
            // kernel lets the slot go when the process ends.
            return;
        }
        // Before the bytes are let go: whoever sees this process gone sees its group as it then
        // is. Without the lock the bytes go all the same, and the next primary cleans.
        #[cfg(feature = "std")]
        let lock = self
            .dir
            .as_ref()
            .map(|dir| StartLock::acquire_existing(dir.as_fd(), Deadline::after(LEAVE_WAIT)));
        // SAFETY: no lcore of this process is out (checked above; `Eal` drops its own first), and
        // who drops an `Eal` is done with the rest, as `Eal` says.
        unsafe { self.group.leave() };
        // As long as the slot's byte is held, nobody else writes its log.
        #[cfg(feature = "defmt")]
        crate::log::close();
        // A byte that cannot be let go stays taken until the process ends.
        let _ = PLATFORM.ask(|liveness| liveness.release_slot(u32::from(self.slot)));
        let _ = PLATFORM.ask(|liveness| liveness.release_primary());
        announce(self.group.region());
        // Who waits for an answer of this process waits no longer.
        call_everybody(&self.group, &PlatformWakes);
        // A static worker removes nothing: what the last one leaves, the next primary cleans.
        #[cfg(feature = "std")]
        if let (Some(dir), Some(Ok(lock))) = (&self.dir, lock) {
            self.remove_if_last(dir, lock, was_creating);
        }
        PLATFORM.close();
    }
}

/// Writes this process into the table. `None` if there is no such slot.
fn take_slot(window: Window, slot: u16, role: Role, identity: &Identity) -> Option<Group> {
    let region = GroupRegion::of(window)?;
    let pid = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
    let info = ProcessInfo { pid, role, name: identity.name, command: &identity.command };
    // SAFETY: the caller holds the slot's liveness lock, and a process enters one group, once: a
    // start that failed before has dropped what it made.
    let me = unsafe { region.enter(slot, &info, PLATFORM.now_ns()) }?;
    // SAFETY: 1. a group has been formatted or checked there, and the map outlives the session;
    // 2. `me` has just entered; 3. the platform stands on this group's locks.
    unsafe { Group::new(window, me, &PLATFORM) }
}
