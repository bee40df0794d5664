//! Processes that die in the middle of a call, at each step, and in the middle of the repair.

use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use super::*;
use crate::group::ProcessId;
use crate::ring::cursor::{Reservation, Want};
use crate::ring::handle::Handle;
use crate::ring::kind::{Multi, Rts};
use crate::ring::mend::{Mender, Step};
use crate::ring::side::Discipline;
use crate::ring::{Mended, RingEnd, repair, rts, visit_published};

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

#[test]
fn a_put_that_died_at_any_step_was_made_or_was_not() {
    for (producer, consumer) in pairs().filter(|(p, _)| *p != Sync::Single) {
        for step in 0..4 {
            let fixture = Fixture::new();
            let config = RingConfig::new(16).producer(producer).consumer(consumer);
            let ring = fixture.ring_from::<u64>(config, START);
            let dead = seen_by(&fixture, 1);
            let mut survivor = ring.producer().unwrap();
            survivor.enqueue_bulk(&[1, 2]).unwrap();
            let call = Call::begin(&dead, RingEnd::Producer, 3);
            if step >= 1 {
                call.fill(&dead, 91);
            }
            match step {
                2 if producer == Sync::Rts => call.finish_and_stop(&dead),
                3 => call.finish(&dead),
                _ => {}
            }
            kill(&fixture, 1);
            survivor.enqueue_bulk(&[3, 4]).unwrap();
            drop(survivor);
            repaired(&fixture, 1);
            let made = step == 3 || (step == 2 && producer == Sync::Rts);
            let expected = if made { vec![1, 2, 91, 92, 93, 3, 4] } else { vec![1, 2, 3, 4] };
            assert_eq!(drained(&ring), expected, "{producer:?} {consumer:?} step {step}");
        }
    }
}

#[test]
fn what_died_half_taken_is_there_again_in_its_place() {
    for (producer, consumer) in pairs().filter(|(_, c)| *c != Sync::Single) {
        for step in 0..3 {
            let fixture = Fixture::new();
            let config = RingConfig::new(16).producer(producer).consumer(consumer);
            let ring = fixture.ring_from::<u64>(config, START);
            let dead = seen_by(&fixture, 1);
            ring.producer().unwrap().enqueue_bulk(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
            if consumer == Sync::Rts {
                ring.set_lead_max(RingEnd::Consumer, 15).unwrap();
            }
            let call = Call::begin(&dead, RingEnd::Consumer, 3);
            match step {
                1 if consumer == Sync::Rts => call.finish_and_stop(&dead),
                2 => call.finish(&dead),
                _ => {}
            }
            kill(&fixture, 1);
            let mut two = [0; 2];
            ring.consumer().unwrap().dequeue_bulk(&mut two).unwrap();
            repaired(&fixture, 1);
            let made = step == 2 || (step == 1 && consumer == Sync::Rts);
            let case = format!("{producer:?} {consumer:?} step {step}");
            match (made, consumer) {
                (true, _) => assert_eq!((two, drained(&ring)), ([4, 5], vec![6, 7]), "{case}"),
                // Others go on behind the dead one until it is mended.
                (false, Sync::Rts) => {
                    assert_eq!((two, drained(&ring)), ([4, 5], vec![1, 2, 3, 6, 7]), "{case}");
                }
                _ => assert_eq!((two, drained(&ring)), ([1, 2], vec![3, 4, 5, 6, 7]), "{case}"),
            }
        }
    }
}

#[test]
fn the_next_at_a_shared_end_undoes_a_dead_one_without_a_repair() {
    for sync in SHARED {
        let fixture = Fixture::new();
        let ring = fixture.ring_from::<u64>(RingConfig::new(16).both(sync), START);
        let dead = seen_by(&fixture, 1);
        let (mut p, mut c) = (ring.producer().unwrap(), ring.consumer().unwrap());
        if sync == Sync::Rts {
            for end in [RingEnd::Producer, RingEnd::Consumer] {
                ring.set_lead_max(end, 0).unwrap();
            }
        }
        p.enqueue_bulk(&[1, 2, 3, 4]).unwrap();
        let put = Call::begin(&dead, RingEnd::Producer, 2);
        put.fill(&dead, 91);
        Call::begin(&dead, RingEnd::Consumer, 3);
        kill(&fixture, 1);
        assert_eq!((p.enqueue(5), c.dequeue()), (Ok(()), Ok(Some(1))), "{sync:?}");
        drop((p, c));
        assert_eq!(drained(&ring), [2, 3, 4, 5], "{sync:?}");
    }
}

#[test]
fn a_slots_next_tenant_is_not_taken_for_the_dead_one() {
    for sync in SHARED {
        let fixture = Fixture::new();
        let ring = fixture.ring_from::<u64>(RingConfig::new(16).both(sync), START);
        let dead = seen_by(&fixture, 1);
        Call::begin(&dead, RingEnd::Producer, 2);
        // The slot is taken again before anybody has seen that its tenant died.
        let heir = seen_by(&fixture, 1);
        heir.producer().unwrap().enqueue(7).unwrap();
        assert_eq!(repaired(&fixture, 1).held, None);
        assert_eq!(drained(&ring), [7], "{sync:?}");
    }
}

#[test]
fn a_repair_gives_back_the_single_ends_that_the_dead_one_had() {
    let fixture = Fixture::new();
    let ring = fixture.ring::<u64>(RingConfig::new(8).both(Sync::Single));
    let dead = seen_by(&fixture, 1);
    core::mem::forget((dead.producer().unwrap(), dead.consumer().unwrap()));
    assert_eq!(repaired(&fixture, 1), Mended::default(), "it lives");
    kill(&fixture, 1);
    assert_eq!(repaired(&fixture, 1), Mended { claims: 2, ..Mended::default() });
    assert_eq!(ring.holder(RingEnd::Producer), None);
    assert_eq!(repaired(&fixture, 1), Mended::default());
}

/// A call of a scene: whose (an odd slot dies), how many elements, and whether it is finished.
type Part = (u16, u32, bool);

/// Calls in the middle at `end` of an Rts ring that holds 1.. for consumers to take, nothing for
/// producers. Returns the ring and what must be in it when it is mended.
fn scene(fixture: &Fixture, end: RingEnd, parts: &[Part], forwards: bool) -> (Ring<u64>, Vec<u64>) {
    let config = RingConfig::new(64).both(Sync::Rts);
    let ring = fixture.ring_from::<u64>(config, START);
    ring.set_lead_max(end, 63).unwrap();
    let mut expected = Vec::new();
    if end == RingEnd::Consumer {
        let all = (1..=63).collect::<Vec<u64>>();
        ring.producer().unwrap().enqueue_bulk(&all).unwrap();
        let reserved: u32 = parts.iter().map(|(_, count, _)| count).sum();
        expected.extend(u64::from(reserved) + 1..=63);
    }
    let seen: Vec<Ring<u64>> = (1..=4).map(|slot| seen_by(fixture, slot)).collect();
    let mut calls: Vec<(Call, &Ring<u64>)> = Vec::new();
    let (mut at, mut back) = (0, Vec::new());
    for (slot, count, finishes) in parts {
        let (whose, finishes) = (&seen[usize::from(*slot) - 1], *finishes || slot % 2 == 0);
        let call = Call::begin(whose, end, *count);
        let values = at + 1..=at + u64::from(*count);
        if end == RingEnd::Producer {
            call.fill(whose, at + 1);
        }
        match end {
            RingEnd::Producer if finishes => expected.extend(values),
            RingEnd::Consumer if !finishes => back.extend(values),
            _ => {}
        }
        if finishes {
            calls.push((call, whose));
        }
        at += u64::from(*count);
    }
    if !forwards {
        calls.reverse();
    }
    for (call, whose) in calls {
        call.finish(whose);
    }
    back.extend(expected);
    for slot in [1, 3] {
        kill(fixture, slot);
    }
    (ring, back)
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

fn every_mender_may_die(end: RingEnd, parts: &[Part], forwards: bool) {
    for budget in 0.. {
        let fixture = Fixture::new();
        let (ring, expected) = scene(&fixture, end, parts, forwards);
        let mender = seen_by(&fixture, MENDER);
        let is_whole = mend_for(&mender, end, budget);
        kill(&fixture, MENDER);
        assert_eq!(repaired(&fixture, 1).held, None);
        assert_eq!(drained(&ring), expected, "{end} {parts:?} died after {budget}");
        if is_whole {
            return;
        }
    }
}

#[test]
fn a_mender_may_die_at_every_step_and_the_next_goes_on() {
    let scenes: [&[Part]; 5] = [
        &[(1, 2, false), (2, 3, true)],
        &[(2, 2, true), (1, 1, false), (4, 3, true), (3, 4, false), (2, 2, true)],
        &[(1, 3, false), (3, 2, false)],
        &[(1, 2, false), (1, 2, true), (4, 5, true), (3, 1, false)],
        &[(4, 1, true), (3, 7, false)],
    ];
    for end in [RingEnd::Producer, RingEnd::Consumer] {
        for parts in scenes {
            every_mender_may_die(end, parts, true);
            every_mender_may_die(end, parts, false);
        }
    }
}

mod random {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whatever_was_in_the_middle_is_undone_and_the_rest_stays_in_order() {
        let part = (1u16..=4, 1u32..6, any::<bool>());
        let parts = proptest::collection::vec(part, 0..10);
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 150,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let fixture = Fixture::new();
        runner
            .run(
                &(parts, any::<bool>(), any::<bool>(), 0usize..30),
                |(parts, put, order, budget)| {
                    fixture.platform.dead.lock().unwrap().clear();
                    let end = if put { RingEnd::Producer } else { RingEnd::Consumer };
                    let (ring, expected) = scene(&fixture, end, &parts, order);
                    mend_for(&seen_by(&fixture, MENDER), end, budget);
                    kill(&fixture, MENDER);
                    let mut seen = Vec::new();
                    prop_assert_eq!(
                        repair(&fixture.group, PLACE, ProcessId::new(9, 1)).map(|it| it.held),
                        Ok(None)
                    );
                    let whole = visit_published(&fixture.group, PLACE, |it| seen.push(it));
                    prop_assert_eq!(whole, Ok(true));
                    prop_assert_eq!(&seen, &expected);
                    prop_assert_eq!(drained(&ring), expected);
                    Ok(())
                },
            )
            .unwrap();
    }
}

#[test]
fn a_visitor_sees_what_is_put_in_and_not_taken_whoever_is_in_the_middle() {
    for sync in SHARED {
        let fixture = Fixture::new();
        let ring = fixture.ring_from::<u64>(RingConfig::new(64).both(sync), START);
        let mut p = ring.producer().unwrap();
        p.enqueue_bulk(&[1, 2, 3, 4]).unwrap();
        let other = seen_by(&fixture, 1);
        let (put, take) =
            (Call::begin(&other, RingEnd::Producer, 2), Call::begin(&other, RingEnd::Consumer, 1));
        put.fill(&other, 91);
        if sync == Sync::Rts {
            // Finished behind the other's call.
            p.enqueue_bulk(&[5, 6]).unwrap();
            assert_eq!(ring.consumer().unwrap().dequeue(), Ok(Some(2)));
        }
        let mut seen = Vec::new();
        assert_eq!(visit_published(&fixture.group, PLACE, |it| seen.push(it)), Ok(true));
        let expected: &[u64] = if sync == Sync::Rts { &[1, 3, 4, 5, 6] } else { &[1, 2, 3, 4] };
        assert_eq!(seen, expected, "{sync:?}");
        put.finish(&other);
        take.finish(&other);
        drop(p);
        let all: &[u64] =
            if sync == Sync::Rts { &[3, 4, 91, 92, 5, 6] } else { &[2, 3, 4, 91, 92] };
        assert_eq!(drained(&ring), all, "{sync:?}");
    }
}

#[test]
fn a_visitor_of_elements_of_another_size_is_refused() {
    let fixture = Fixture::new();
    fixture.ring::<u32>(RingConfig::new(8));
    let refused = visit_published(&fixture.group, PLACE, |_| {}).unwrap_err();
    assert!(matches!(refused, crate::ring::AttachError::Element { .. }));
}

#[test]
fn calls_may_be_counted_past_their_sixteen_bits() {
    let fixture = Fixture::new();
    let (mut p, mut c) = fixture.ends::<u64>(RingConfig::new(4).both(Sync::Rts), 0);
    for i in 0..200_000 {
        assert_eq!((p.enqueue(i), c.dequeue()), (Ok(()), Ok(Some(i))));
    }
}
