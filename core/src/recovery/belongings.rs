//! What else a process may hold: one function a module, called in this order.
//!
//! A module that keeps something under a process's name in shared memory adds a line here. Its
//! function may be called again from the start at any time, and says how many things it dropped.

use super::reap::ReapError;
use super::walk::for_each;
use crate::directory::Kind;
use crate::group::{Group, ProcessId};
use crate::message::{NobodySleeps, attend};
use crate::port::{PORTS_MAX, drop_queues, note_orphan};

/// Drops what `who` held of one kind.
type Drop = fn(&Group, ProcessId) -> Result<u32, ReapError>;

/// Every kind.
const BELONGINGS: &[Drop] = &[half_written_frames, queues_of_ports];

/// Drops all; returns how many things those were.
pub(super) fn drop_all(group: &Group, who: ProcessId) -> Result<u32, ReapError> {
    BELONGINGS.iter().try_fold(0u32, |sum, drop| Ok(sum.saturating_add(drop(group, who)?)))
}

/// Cells of others' mailboxes that it was writing to. Who sleeps beside what it had made ready, the
/// platform calls ([`attend`]).
fn half_written_frames(group: &Group, _: ProcessId) -> Result<u32, ReapError> {
    Ok(u32::try_from(attend(group, &NobodySleeps)).unwrap_or(u32::MAX))
}

/// Queues of ports. Ports that it owned stay, and everybody hears that they are orphaned.
fn queues_of_ports(group: &Group, who: ProcessId) -> Result<u32, ReapError> {
    let (mut queues, mut orphans) = (0u32, [None; PORTS_MAX]);
    for_each(group, Kind::Port, |_, found| {
        if let Some((dropped, orphan)) = drop_queues(group, found, who) {
            queues = queues.saturating_add(dropped);
            if let Some(slot) = orphans.iter_mut().find(|slot| slot.is_none()) {
                *slot = orphan;
            }
        }
        Ok(())
    })?;
    // Not with the lock held: the log may be a stopped process's.
    orphans.iter().flatten().for_each(|port| note_orphan(group, port));
    Ok(queues)
}
