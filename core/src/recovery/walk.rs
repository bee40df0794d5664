//! Going through the directory with the lock held for each object, so that nobody destroys it
//! under the reaper's hands.

use super::report::ReapError;
use crate::directory::{Found, Kind, next_in};
use crate::group::Group;
use crate::lock::Transaction;

/// Shows `work` every object of `kind`, the group's lock held for each anew.
pub(super) fn for_each(
    group: &Group,
    kind: Kind,
    work: impl FnMut(&Transaction, &Found) -> Result<(), ReapError>,
) -> Result<(), ReapError> {
    go_through(group, |tx, from| next_of(tx, kind, from), work)
}

/// Shows `work` every object, the group's lock held for each anew.
pub(super) fn for_every(
    group: &Group,
    work: impl FnMut(&Transaction, &Found) -> Result<(), ReapError>,
) -> Result<(), ReapError> {
    go_through(group, next_in, work)
}

fn go_through(
    group: &Group,
    next: impl Fn(&Transaction, usize) -> Option<Found>,
    mut work: impl FnMut(&Transaction, &Found) -> Result<(), ReapError>,
) -> Result<(), ReapError> {
    let mut from = 0;
    loop {
        let tx = group.begin()?;
        let Some(found) = next(&tx, from) else {
            tx.commit();
            return Ok(());
        };
        let done = work(&tx, &found);
        tx.commit();
        crash_point!("walk: an object was looked at");
        done?;
        from = found.index + 1;
    }
}

/// The first object of `kind` from entry `from` on.
pub(super) fn next_of(tx: &Transaction, kind: Kind, mut from: usize) -> Option<Found> {
    loop {
        let found = next_in(tx, from)?;
        if found.kind == kind {
            return Some(found);
        }
        from = found.index + 1;
    }
}
