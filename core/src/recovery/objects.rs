//! The objects of all pools: what bore the dead one's tag and lies nowhere goes back.
//!
//! One pool at a time, the group's lock held: so no pool or ring is created or destroyed
//! meanwhile. Gets, puts and rings go on: they never take that lock.

use super::reap::ReapError;
use super::walk::{for_each, next_of};
use crate::directory::{Found, Kind};
use crate::group::{Group, ProcessId};
use crate::lock::Transaction;
use crate::mempool::PoolView;
use crate::ring::{repair, visit_published};

/// Puts back what `dead` held of every pool, and shows `count` how many objects, as it goes.
pub(super) fn recover(
    group: &Group,
    dead: ProcessId,
    mut count: impl FnMut(u32),
) -> Result<(), ReapError> {
    for_each(group, Kind::Mempool, |tx, found| {
        // A pool that is none any more, by its header, is left alone: an audit names it.
        match PoolView::inspect(group, found.at) {
            Ok(pool) => recover_pool(tx, &pool, found, dead, &mut count),
            Err(_) => Ok(()),
        }
    })
}

fn recover_pool(
    tx: &Transaction,
    pool: &PoolView,
    found: &Found,
    dead: ProcessId,
    mut count: impl FnMut(u32),
) -> Result<(), ReapError> {
    let group = tx.group();
    let held = |_| ReapError::Held { at: found.at.get() };
    if let Some(at) = pool.ring_at() {
        // The handler was checked when the pool was: a ring is there.
        let _ = repair(group, at, dead);
    }
    crash_point!("reap: a pool's ring is mended");
    count(pool.empty_caches_of(dead).map_err(held)?);
    pool.release_claims_of(dead);
    if !pool.is_recoverable() {
        return Ok(());
    }
    pool.strike_nothing();
    crash_point!("reap: nothing is struck out");
    if let Some(at) = pool.ring_at() {
        let _ = visit_published(group, at, |at| pool.strike(at));
    }
    let mut from = 0;
    while let Some(ring) = next_of(tx, Kind::Ring, from) {
        if pool.may_lie_in(ring.element) {
            let _ = visit_published(group, ring.at, |at| pool.strike(at));
        }
        from = ring.index + 1;
    }
    pool.strike_caches_left_by(dead);
    crash_point!("reap: all is struck out");
    pool.put_back(dead, count).map_err(held)
}
