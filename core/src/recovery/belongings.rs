//! What else a process may hold: one function a module, called in this order.
//!
//! A module that keeps something under a process's name in shared memory adds a line here. Its
//! function may be called again from the start at any time, and says how many things it dropped.

use super::reap::ReapError;
use crate::group::{Group, ProcessId};

/// Drops what `who` held of one kind.
type Drop = fn(&Group, ProcessId) -> Result<u32, ReapError>;

/// Every kind.
const BELONGINGS: &[Drop] = &[];

/// Drops all; returns how many things those were.
pub(super) fn drop_all(group: &Group, who: ProcessId) -> Result<u32, ReapError> {
    BELONGINGS.iter().try_fold(0u32, |sum, drop| Ok(sum.saturating_add(drop(group, who)?)))
}
