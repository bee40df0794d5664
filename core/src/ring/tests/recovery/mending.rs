//! Rts ends with several calls in the middle, mended by menders that die too.

use super::*;
use crate::ring::visit_published;

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
