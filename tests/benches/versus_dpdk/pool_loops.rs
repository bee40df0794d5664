//! The mempool subjects, written once for any pool: the same work as `tests/bench/dpdk/pool.c`.

use core::hint::spin_loop;

use crate::cells::{Form, Subject};
use crate::clock;
use crate::control::{MAX_BATCH, Status, operations_per_look};
use crate::peer::{Outcome, Task};

/// A mempool, as it is measured. Objects are named by 64 bits: an address or an offset.
pub(crate) trait Pool {
    /// Gets one object, if there is one.
    fn get_one(&mut self) -> Option<u64>;
    /// Gets as many objects as `to` has places, or none.
    fn get_bulk(&mut self, to: &mut [u64]) -> bool;
    /// Puts one object back.
    fn put_one(&mut self, object: u64);
    /// Puts all of them back.
    fn put_bulk(&mut self, from: &[u64]);
}

/// `PoolAlone` and `PoolBoth`: gets `keep` objects in batches, then puts them back in batches.
pub(crate) fn churn(task: &Task, pool: &mut impl Pool) -> Outcome {
    match task.form {
        Form::One => churn_as::<true>(task, pool),
        Form::Bulk | Form::Burst => churn_as::<false>(task, pool),
    }
}

#[inline(always)]
fn churn_as<const ONE: bool>(task: &Task, pool: &mut impl Pool) -> Outcome {
    let n = if ONE { 1 } else { task.batch };
    let mut places = [0; MAX_BATCH];
    let held = &mut places[..task.keep.max(n)];
    let operations = operations_per_look(held.len());
    let (mut moved, mut sum) = (0, 0_u64);
    task.start_line();
    if task.me == 1 && task.subject == Subject::PoolAlone {
        return Outcome::SILENT;
    }
    let begin = clock::cycles();
    let mut now = begin;
    while now - begin < task.slice_cycles {
        for _ in 0..operations {
            for batch in held.chunks_exact_mut(n) {
                while !get::<ONE>(pool, batch) {
                    spin_loop();
                }
                sum = batch.iter().fold(sum, |sum, &object| sum.wrapping_add(object));
            }
            for batch in held.chunks_exact(n) {
                put::<ONE>(pool, batch);
            }
            moved += held.len() as u64;
        }
        now = clock::cycles();
    }
    Outcome { elements: moved, cycles: now - begin, sum, status: Status::Ok }
}

#[inline(always)]
fn get<const ONE: bool>(pool: &mut impl Pool, batch: &mut [u64]) -> bool {
    if !ONE {
        return pool.get_bulk(batch);
    }
    let (Some(place), Some(object)) = (batch.first_mut(), pool.get_one()) else { return false };
    *place = object;
    true
}

#[inline(always)]
fn put<const ONE: bool>(pool: &mut impl Pool, batch: &[u64]) {
    match batch.first() {
        Some(&object) if ONE => pool.put_one(object),
        _ => pool.put_bulk(batch),
    }
}
