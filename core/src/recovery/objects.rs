//! The objects of all pools: what bore the dead one's tag and lies nowhere goes back.
//!
//! One pool at a time, the group's lock held: so no pool or ring is created or destroyed
//! meanwhile. Gets, puts and rings go on: they never take that lock.

use super::report::ReapError;
use super::walk::{for_each, next_of};
use crate::device::slots::visit_posted;
use crate::directory::Kind;
use crate::group::{Group, ProcessId};
use crate::lock::Transaction;
use crate::mempool::PoolView;
use crate::offset::Offset;
use crate::ring::{repair, visit_published};

/// Puts back what `dead` held of every pool, and shows `count` how many objects, as it goes.
#[inline(never)]
pub(super) fn recover(
    group: &Group,
    dead: ProcessId,
    mut count: impl FnMut(u32),
) -> Result<(), ReapError> {
    // First what it was to clones, in all pools: whose last clone it had, that is its own now, whatever
    // pool it is of.
    for_each(group, Kind::Mempool, |tx, found| match PoolView::inspect(group, found.at) {
        Ok(pool) if pool.has_mbufs() && pool.is_recoverable() => part_from_clones(tx, &pool, dead),
        _ => Ok(()),
    })?;
    crash_point!("reap: clones and owners are parted");
    for_each(group, Kind::Mempool, |tx, found| {
        // A pool that is none any more, by its header, is left alone: an audit names it.
        match PoolView::inspect(group, found.at) {
            Ok(pool) => recover_pool(tx, &pool, dead, &mut count),
            Err(_) => Ok(()),
        }
    })
}

#[inline(never)]
fn recover_pool(
    tx: &Transaction,
    pool: &PoolView,
    dead: ProcessId,
    mut count: impl FnMut(u32),
) -> Result<(), ReapError> {
    mend_ring(tx.group(), pool, dead)?;
    crash_point!("reap: a pool's ring is mended");
    // Whoever was stopped in the middle of the ring may have gone on, or is the dead one.
    pool.collect();
    count(pool.empty_caches_of(dead));
    pool.release_claims_of(dead);
    if !pool.is_recoverable() {
        return Ok(());
    }
    strike_all(tx, pool)?;
    pool.strike_caches_left_by(dead);
    crash_point!("reap: all is struck out");
    pool.put_back(dead, count).map_err(|_| ReapError::Full { at: pool.at().get() })
}

/// Settles what `dead` had to do with clones of the pool's mbufs, and with mbufs as clones.
fn part_from_clones(tx: &Transaction, pool: &PoolView, dead: ProcessId) -> Result<(), ReapError> {
    mend_ring(tx.group(), pool, dead)?;
    strike_all(tx, pool)?;
    pool.strike_caches_left_by(dead);
    pool.part_from_clones(dead);
    Ok(())
}

fn mend_ring(group: &Group, pool: &PoolView, dead: ProcessId) -> Result<(), ReapError> {
    let Some(at) = pool.ring_at() else { return Ok(()) };
    match repair(group, at, dead).unwrap_or_default().held {
        Some(held) => Err(ReapError::Held { at: at.get(), held }),
        None => Ok(()),
    }
}

/// Strikes out what lies in the pool's ring, in every ring that may carry its objects, and with devices.
#[inline(never)]
fn strike_all(tx: &Transaction, pool: &PoolView) -> Result<(), ReapError> {
    pool.strike_nothing();
    crash_point!("reap: nothing is struck out");
    if let Some(at) = pool.ring_at() {
        strike_ring(tx, at, |place| pool.strike(place))?;
    }
    let mut from = 0;
    while let Some(ring) = next_of(tx, Kind::Ring, from) {
        if pool.may_lie_in(ring.element) {
            strike_ring(tx, ring.at, |place| pool.strike_all_of(place))?;
        }
        from = ring.index + 1;
    }
    if pool.has_mbufs() {
        strike_posted(tx, pool);
    }
    Ok(())
}

/// Strikes out what lies with devices.
fn strike_posted(tx: &Transaction, pool: &PoolView) {
    let mut from = 0;
    while let Some(queue) = next_of(tx, Kind::DeviceQueue, from) {
        // A queue that is none any more, by its header, holds nothing that anybody could take.
        let _ = visit_posted(tx.group(), queue.at, |place| pool.strike_all_of(place));
        from = queue.index + 1;
    }
}

fn strike_ring(tx: &Transaction, at: Offset<u8>, strike: impl FnMut(u64)) -> Result<(), ReapError> {
    match visit_published(tx.group(), at, strike) {
        Ok(false) => Err(ReapError::Restless { at: at.get() }),
        // A ring that is none any more, by its header, holds nothing that anybody could take.
        Ok(true) | Err(_) => Ok(()),
    }
}
