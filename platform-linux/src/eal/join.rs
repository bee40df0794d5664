//! Joining: wait for the group to be ready, take a slot, map what it maps.
//!
//! Nothing is asked of the primary, and nobody is waited for but a group that still starts:
//! the addresses are the same in every process and come from the group's header, so joining
//! always works (W-1, W-2, W-3).

use core::time::Duration;

use phalanx_core::group::{GroupFacts, GroupRegion, PROCESSES_MAX, Phase, Role, flags};
use phalanx_core::window::{self, Window};

use super::error::{Refusal, group_name, refusal};
use super::platform::PLATFORM;
use super::session::Session;
use super::standing::{self, Standing, group_path};
use super::window::WindowMap;
use super::{EalError, Identity, memory};
use crate::liveness::Liveness;
use crate::lockfile::StartLock;
use crate::mapping::Access;
use crate::runtime_dir::{Base, Prefix, RuntimeDir, RuntimeDirError};
use crate::sys::deadline::{Deadline, sleep};

/// How often a process that is early looks again.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// How long a process waits for the dead to be reaped if they have all the slots that are left.
const REAP_WAIT: Duration = Duration::from_secs(2);

/// It cannot be joined yet; the error to end with if time is up.
struct NotYet(Refusal);

/// How a process waits for its group.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    /// So many seconds at most.
    pub(super) seconds: u16,
    /// Whether nobody wants it to wait any more.
    pub(super) is_unwanted: fn() -> bool,
}

/// Joins the group of that prefix as a secondary, waiting for it as `wait` says.
pub(super) fn join(
    prefix: &str,
    wait: Wait,
    base: &Base,
    identity: &Identity,
) -> Result<Session, Refusal> {
    let prefix = Prefix::new(prefix)?;
    let deadline = Deadline::after(Duration::from_secs(u64::from(wait.seconds)));
    loop {
        match look(base, &prefix, identity, wait.seconds, deadline)? {
            Ok(session) => return Ok(session),
            Err(NotYet(error)) if deadline.has_passed() => return Err(error),
            Err(NotYet(_)) if (wait.is_unwanted)() => return Err(refusal(EalError::Unwanted)),
            Err(NotYet(_)) => sleep(LOOK_AGAIN),
        }
    }
}

#[cfg_attr(not(feature = "std"), inline(never))]
fn look(
    base: &Base,
    prefix: &Prefix,
    identity: &Identity,
    waited_s: u16,
    deadline: Deadline,
) -> Result<Result<Session, NotYet>, Refusal> {
    let no_group = || {
        let (prefix, path) = (group_name(prefix), base.path_of(prefix));
        refusal(EalError::NoGroup { prefix, path, waited_s })
    };
    let dir = match RuntimeDir::open_existing(base, prefix) {
        Ok(dir) => dir,
        Err(RuntimeDirError::NoGroup { .. }) => return Ok(Err(NotYet(no_group()))),
        Err(error) => return Err(error.into()),
    };
    // Looked at without the lock first: a process that only waits keeps nobody from starting.
    let (liveness, facts) = match ready(&dir, &no_group, waited_s)? {
        Ok(found) => found,
        Err(not_yet) => return Ok(Err(NotYet(not_yet))),
    };
    let lock = match StartLock::acquire_existing(dir.as_fd(), deadline) {
        Ok(lock) => lock,
        Err(crate::lockfile::StartLockError::DirectoryGone) => return Ok(Err(NotYet(no_group()))),
        Err(error) => return Err(error.into()),
    };
    // Under the lock no group begins or ends, so all that may have changed is that this one ended just
    // before: whoever ends a group has let its own locks go.
    if standing::still_stands(&dir, &liveness)? {
        enter(dir, lock, liveness, &facts, Role::Secondary, identity).map(Ok)
    } else {
        Ok(Err(NotYet(no_group())))
    }
}

/// The group, if it is ready; else why it cannot be joined yet. An error if it never can.
fn ready(
    dir: &RuntimeDir,
    no_group: &impl Fn() -> Refusal,
    waited_s: u16,
) -> Result<Result<(Liveness, GroupFacts), Refusal>, Refusal> {
    let wrong = |why| refusal(EalError::GroupFile { path: group_path(dir), why });
    Ok(match standing::look(dir, Access::ReadWrite)? {
        Standing::Vacant => Err(no_group()),
        // Dead and not even a group: nothing to wait for but a primary that cleans it.
        Standing::Dead(Err(why)) => Err(wrong(why)),
        Standing::Dead(Ok(facts)) => {
            let (prefix, phase) = (group_name(dir.prefix()), facts.phase);
            Err(refusal(EalError::DeadGroup { prefix, phase }))
        }
        Standing::Living { header, liveness, .. } => {
            let facts = header.map_err(wrong)?;
            if facts.phase == Phase::Ready {
                Ok((liveness, facts))
            } else {
                Err(starting(&facts, waited_s))
            }
        }
    })
}

/// The group is not ready yet.
fn starting(facts: &GroupFacts, waited_s: u16) -> Refusal {
    let GroupFacts { phase, creator_pid, .. } = *facts;
    refusal(EalError::NotReady { phase, creator_pid, waited_s })
}

/// Takes a slot of a ready group and maps it. Holds the start lock, so that the group does not
/// end meanwhile; lets it go once the slot is taken.
#[cfg_attr(not(feature = "std"), inline(never))]
pub(super) fn enter(
    dir: RuntimeDir,
    lock: StartLock,
    liveness: Liveness,
    facts: &GroupFacts,
    role: Role,
    identity: &Identity,
) -> Result<Session, Refusal> {
    if facts.flags & flags::PRIVATE != 0 {
        let prefix = group_name(dir.prefix());
        return Err(refusal(EalError::PrivateGroup { prefix }));
    }
    let base = usize::try_from(facts.window_base).unwrap_or(window::BASE);
    let map = WindowMap::reserve(base, window::LEN, Access::ReadWrite)?;
    #[cfg(feature = "std")]
    if role == Role::Primary && !liveness.claim_primary()? {
        return Err(standing::primary_runs(&dir, &liveness, true));
    }
    let window = map.map_group(liveness.group_file())?;
    let slot = take_slot(&liveness, window)?;
    PLATFORM.stand_on(liveness);
    let session = Session::enter(Some(dir), map, window, slot, role, identity)?;
    drop(lock);
    memory::map_all(&session)?;
    Ok(session)
}

/// Claims the first free slot: the lock of a slot is the claim to it. Slots whose tenant is dead
/// and not reaped are left to the reaper, who finds what the dead one held by them; if there are no
/// others, it is waited for.
#[cfg_attr(not(feature = "std"), inline(never))]
fn take_slot(liveness: &Liveness, window: Window) -> Result<u16, Refusal> {
    let region = GroupRegion::of(window).ok_or(EalError::Full)?;
    let deadline = Deadline::after(REAP_WAIT);
    let attempt = || {
        for slot in (0..PROCESSES_MAX as u16).filter(|slot| region.process(*slot).is_none()) {
            if liveness.claim_slot(u32::from(slot))? {
                if region.process(slot).is_none() {
                    return Ok(Some(slot));
                }
                // Somebody had it between the two looks, and died.
                liveness.release_slot(u32::from(slot))?;
            }
        }
        let all = u64::MAX >> (64 - PROCESSES_MAX);
        if liveness.alive_slots()? == all { Err(refusal(EalError::Full)) } else { Ok(None) }
    };
    deadline.poll(attempt)?.ok_or_else(|| refusal(EalError::Unreaped))
}
