//! The rings: each end that the dead one was in the middle of, or had claimed.

use super::report::ReapError;
use super::walk::for_each;
use crate::directory::Kind;
use crate::group::{Group, ProcessId};
use crate::ring::repair;

/// Rolls back, in every ring of the directory, what `dead` had half done, and releases the ends
/// that it had claimed. Returns how many ends those were.
///
/// A ring that is none any more, by its header, is left alone: an audit names it.
///
/// Errors: [`ReapError::Held`], if the living keep a relaxed end from being mended.
#[inline(never)]
pub(super) fn mend(group: &Group, dead: ProcessId) -> Result<u32, ReapError> {
    let mut ends = 0u32;
    for_each(group, Kind::Ring, |_, found| {
        let mended = repair(group, found.at, dead).unwrap_or_default();
        ends = ends.saturating_add(mended.calls).saturating_add(mended.claims);
        crash_point!("reap: a ring is mended");
        mended.held.map_or(Ok(()), |held| Err(ReapError::Held { at: found.at.get(), held }))
    })?;
    Ok(ends)
}
