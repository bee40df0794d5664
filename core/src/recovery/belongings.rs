//! What else a process may hold: one function a module, called in this order.
//!
//! A module that keeps something under a process's name in shared memory adds a line here. Its
//! function may be called again from the start at any time, and says how many things it dropped.

use super::report::ReapError;
use super::walk::for_each;
use crate::directory::Kind;
use crate::group::{Group, ProcessId};
use crate::message::{NobodySleeps, attend};
use crate::port::{PORTS_MAX, Port, drop_queues, port_of};

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

/// Queues of ports. Ports that it owned stay ([`orphans`]).
fn queues_of_ports(group: &Group, who: ProcessId) -> Result<u32, ReapError> {
    let mut queues = 0u32;
    for_each(group, Kind::Port, |tx, found| {
        queues = queues.saturating_add(drop_queues(tx, found, who));
        Ok(())
    })?;
    Ok(queues)
}

/// The ports that `who` owned, each of which nobody owns now.
pub(super) fn orphans(
    group: &Group,
    who: ProcessId,
) -> Result<impl Iterator<Item = Port>, ReapError> {
    let mut orphans = [None; PORTS_MAX];
    for_each(group, Kind::Port, |_, found| {
        if let Some(port) = port_of(group, found, who)
            && let Some(slot) = orphans.get_mut(usize::from(port.id()))
        {
            *slot = Some(port);
        }
        Ok(())
    })?;
    Ok(orphans.into_iter().flatten())
}
