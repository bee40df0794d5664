//! The mempool subjects, written once for any pool: the same work as `tests/bench/dpdk/pool.c`.

use core::hint::spin_loop;

use crate::cells::{Form, Subject};
use crate::clock;
use crate::control::{MAX_BATCH, Status, operations_per_look};
use crate::peer::{Outcome, Task};

/// A mempool, as it is measured.
pub(crate) trait Pool {
    /// What names an object: eight bytes, an address or an offset.
    type Place: Copy + Default;
    /// The eight bytes, for the sum.
    fn number(place: &Self::Place) -> u64;
    /// Gets one object, if there is one.
    fn get_one(&mut self) -> Option<Self::Place>;
    /// Gets as many objects as `to` has places, or none.
    fn get_bulk(&mut self, to: &mut [Self::Place]) -> bool;
    /// Puts one object back.
    fn put_one(&mut self, place: Self::Place);
    /// Puts all of them back.
    fn put_bulk(&mut self, from: &[Self::Place]);
}

/// `PoolAlone`, `PoolBoth` and their recoverable like: gets `keep` objects in batches, then puts them back in batches.
pub(crate) fn churn<P: Pool>(task: &Task, pool: &mut P) -> Outcome {
    match task.form {
        Form::One => churn_as::<P, true>(task, pool),
        Form::Bulk | Form::Burst => churn_as::<P, false>(task, pool),
    }
}

#[inline(never)]
fn churn_as<P: Pool, const ONE: bool>(task: &Task, pool: &mut P) -> Outcome {
    let n = if ONE { 1 } else { task.batch };
    let mut places = [P::Place::default(); MAX_BATCH];
    let held = &mut places[..task.keep.max(n)];
    let operations = operations_per_look(held.len());
    let (mut moved, mut sum) = (0, 0_u64);
    task.start_line();
    if task.me == 1 && matches!(task.subject, Subject::PoolAlone | Subject::RecoverableAlone) {
        return Outcome::SILENT;
    }
    let begin = clock::cycles();
    let mut now = begin;
    while now - begin < task.slice_cycles {
        for _ in 0..operations {
            for batch in held.chunks_exact_mut(n) {
                while !get::<P, ONE>(pool, batch) {
                    spin_loop();
                }
                sum = batch.iter().fold(sum, |sum, place| sum.wrapping_add(P::number(place)));
            }
            for batch in held.chunks_exact(n) {
                put::<P, ONE>(pool, batch);
            }
            moved += held.len() as u64;
        }
        now = clock::cycles();
    }
    Outcome { elements: moved, cycles: now - begin, sum, status: Status::Ok }
}

#[inline(always)]
fn get<P: Pool, const ONE: bool>(pool: &mut P, batch: &mut [P::Place]) -> bool {
    if !ONE {
        return pool.get_bulk(batch);
    }
    let (Some(place), Some(object)) = (batch.first_mut(), pool.get_one()) else { return false };
    *place = object;
    true
}

#[inline(always)]
fn put<P: Pool, const ONE: bool>(pool: &mut P, batch: &[P::Place]) {
    match batch.first() {
        Some(&object) if ONE => pool.put_one(object),
        _ => pool.put_bulk(batch),
    }
}
