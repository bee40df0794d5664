//! Processes that die in the middle of a call, at each step, and in the middle of the repair.

mod dead_calls;
mod mending;
mod visiting;

use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use super::*;
use crate::group::ProcessId;
use crate::ring::cursor::{Reservation, Want};
use crate::ring::handle::Handle;
use crate::ring::kind::{Multi, Rts};
use crate::ring::mend::{Mender, Step};
use crate::ring::side::Discipline;
use crate::ring::{Mended, RingEnd, repair, rts};

/// Where the tests' rings begin: a few dozen positions before the wrap.
const START: u32 = 0u32.wrapping_sub(20);
/// Who repairs and dies doing it.
pub(super) const MENDER: u16 = 40;
const SHARED: [Sync; 3] = [Sync::Multi, Sync::Rts, Sync::Hts];

/// A call at a shared end, step by step.
pub(super) struct Call {
    run: Reservation,
    number: u16,
    end: RingEnd,
}

/// The ring as the process in `slot` sees it; it joins.
pub(super) fn seen_by(fixture: &Fixture, slot: u16) -> Ring<u64> {
    let group = fake::join(fixture.group.window(), slot, fixture.platform);
    Ring::attach(&group, PLACE).unwrap()
}

pub(super) fn kill(fixture: &Fixture, slot: u16) {
    fixture.platform.dead.lock().unwrap().insert(slot);
}

fn with_handle<R>(ring: &Ring<u64>, end: RingEnd, f: impl FnOnce(&mut Handle<u64>) -> R) -> R {
    match end {
        RingEnd::Producer => f(&mut ring.producer().unwrap().handle),
        RingEnd::Consumer => f(&mut ring.consumer().unwrap().handle),
    }
}

impl Call {
    /// Reserves `count`.
    pub(super) fn begin(ring: &Ring<u64>, end: RingEnd, count: u32) -> Self {
        with_handle(ring, end, |handle| {
            let run = match handle.side.sync {
                Sync::Rts => Rts::reserve(handle.side, &mut handle.hand, count, Want::All),
                _ => Multi::reserve(handle.side, &mut handle.hand, count, Want::All),
            };
            assert_eq!(run.count, count);
            Self { run, number: handle.hand.call, end }
        })
    }

    /// Puts elements from `first` on in.
    pub(super) fn fill(&self, ring: &Ring<u64>, first: u64) {
        for i in 0..self.run.count {
            ring.slots.put_one(self.run.start.wrapping_add(i), first + u64::from(i));
        }
    }

    /// Publishes it.
    pub(super) fn finish(&self, ring: &Ring<u64>) {
        with_handle(ring, self.end, |handle| {
            handle.hand.call = self.number;
            match handle.side.sync {
                Sync::Rts => Rts::publish(handle.side, &mut handle.hand, self.run),
                _ => Multi::publish(handle.side, &mut handle.hand, self.run),
            }
        });
    }

    /// Writes that it is finished, and leaves the tail where it is (Rts).
    fn finish_and_stop(&self, ring: &Ring<u64>) {
        rts::finish(ring.log(self.end).unwrap(), self.number, self.run);
    }
}

pub(super) fn repaired(fixture: &Fixture, slot: u16) -> Mended {
    repair(&fixture.group, PLACE, ProcessId::new(slot, 1)).unwrap()
}

/// All that is in the ring; it is checked to work afterwards.
pub(super) fn drained(ring: &Ring<u64>) -> Vec<u64> {
    let (mut p, mut c) = (ring.producer().unwrap(), ring.consumer().unwrap());
    let mut all = vec![0; ring.capacity() as usize + 1];
    let got = c.dequeue_burst(&mut all).unwrap();
    all.truncate(got);
    for round in 0..3 {
        let full = numbers::<u64>(round, ring.capacity() as usize);
        p.enqueue_bulk(&full).unwrap();
        let mut out = vec![0; full.len()];
        c.dequeue_bulk(&mut out).unwrap();
        assert_eq!((out, c.dequeue()), (full, Ok(None)));
    }
    all
}

/// Mends as `ring`'s process for `budget` steps and carries, then dies; whether it came to the end.
pub(super) fn mend_for(ring: &Ring<u64>, end: RingEnd, mut budget: usize) -> bool {
    let parts = (ring.end(end), ring.log(end).unwrap());
    let mut spend = move || match budget.checked_sub(1) {
        Some(left) => budget = left,
        None => resume_unwind(Box::new(())),
    };
    let member = ring.member;
    let mut mender = Mender::new(parts, end, ring.capacity(), &member);
    let slots = ring.slots;
    let work = AssertUnwindSafe(|| {
        loop {
            spend();
            let carry = &mut |from, to| {
                spend();
                slots.put_one(to, slots.take_one(from));
                spend();
            };
            if mender.step(carry) == Ok(Step::Done) {
                return;
            }
        }
    });
    catch_unwind(work).is_ok()
}
