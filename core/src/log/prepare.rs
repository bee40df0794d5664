//! Making logs, ahead of who needs them.
//!
//! A process that joins without an allocator only takes what is there. So members that have the means
//! keep logs ready for the slots that will be had next.

use super::error::LogError;
use super::layout::LogRing;
use super::log_writer::identity;
use crate::directory::{create_or_attach, glance};
use crate::group::{Group, PROCESSES_MAX};
use crate::heap::AllocRequest;

/// How many free slots have a log ready.
const SPARES: usize = 2;

/// Makes the log of `slot` if it has none. It stands as long as the group.
///
/// Cost: a look at the directory; if there is none, the group's lock and 66 KB of the heap.
///
/// # Errors
/// [`LogError`].
pub fn prepare(group: &Group, slot: u16) -> Result<(), LogError> {
    let what = identity(slot);
    if glance(group, what.name).is_some() {
        return Ok(());
    }
    if group.is_observer() {
        return Err(LogError::Observer);
    }
    group.check_member().map_err(LogError::Fenced)?;
    let memory = AllocRequest::new(size_of::<LogRing>() as u64).align(128);
    create_or_attach(group, &what, &memory, |_, _| Ok::<_, LogError>(()))?;
    Ok(())
}

/// Makes logs for the slots that the next processes get. Call it when somebody has come.
///
/// Cost: as [`prepare`], for each of two slots.
///
/// # Errors
/// [`LogError`].
pub fn prepare_spares(group: &Group) -> Result<(), LogError> {
    let is_free = |slot: &u16| group.region().process(*slot).is_none();
    let mut free = (0..PROCESSES_MAX as u16).filter(is_free).take(SPARES);
    free.try_for_each(|slot| prepare(group, slot))
}
