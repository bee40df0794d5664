//! What else a process may hold: one function a module, called in this order.
//!
//! A module that keeps something under a process's name in shared memory adds a line here. Its
//! function may be called again from the start at any time, and says how many things it dropped.

use super::reap::ReapError;
use crate::group::{Group, ProcessId};
use crate::message::{NobodySleeps, attend};

/// Drops what `who` held of one kind.
type Drop = fn(&Group, ProcessId) -> Result<u32, ReapError>;

/// Every kind.
const BELONGINGS: &[Drop] = &[half_written_frames];

/// Drops all; returns how many things those were.
pub(super) fn drop_all(group: &Group, who: ProcessId) -> Result<u32, ReapError> {
    BELONGINGS.iter().try_fold(0u32, |sum, drop| Ok(sum.saturating_add(drop(group, who)?)))
}

/// Cells of others' mailboxes that it was writing to. Who sleeps beside what it had made ready, the
/// platform calls ([`attend`]).
fn half_written_frames(group: &Group, _: ProcessId) -> Result<u32, ReapError> {
    Ok(u32::try_from(attend(group, &NobodySleeps)).unwrap_or(u32::MAX))
}
