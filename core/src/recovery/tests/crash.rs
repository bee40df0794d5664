//! Every crash point, of who works and of who reaps.

use super::*;
use crate::fake::{End, die_at};

/// Lets slot 1 live `life` and stop at each of its crash points in turn.
fn die_everywhere(stage: impl Fn() -> Stage, life: fn(Group)) {
    for at in 0.. {
        let stage = stage();
        let member = stage.join(1);
        let end = die_at(at, move || life(member));
        stage.kill(1);
        let reports = stage.reap_all();
        assert_eq!(reports.len(), 1, "{end:?}");
        stage.check(0);
        stage.use_it();
        if let End::Finished(()) = end {
            assert!(at > 10, "the life came by next to no crash point");
            return;
        }
    }
}

#[test]
fn who_dies_anywhere_in_a_life_loses_no_object() {
    die_everywhere(Stage::plain, life);
}

#[test]
fn who_dies_anywhere_at_other_kinds_of_ends_loses_no_object() {
    die_everywhere(|| Stage::new(Sync::Hts, HandlerId::RingMtHts), life);
    die_everywhere(|| Stage::new(Sync::Single, HandlerId::RingSpSc), life);
    die_everywhere(|| Stage::new(Sync::Rts, HandlerId::RingMtRts), life);
}

#[test]
fn a_reaper_that_dies_anywhere_is_finished_by_another() {
    for at in 0.. {
        let stage = Stage::plain();
        let member = stage.join(1);
        assert!(matches!(die_at(usize::MAX, move || life(member)), End::Finished(())));
        stage.kill(1);
        let reaper = stage.join(2);
        let end = die_at(at, move || reap(&reaper).map(|report| report.is_some()));
        if let End::Finished(done) = end {
            assert_eq!(done, Ok(true));
            assert!(at > 10, "the reaper came by next to no crash point");
            stage.check(0);
            stage.use_it();
            return;
        }
        stage.kill(2);
        stage.reap_all();
        assert!(!stage.group.processes().any(|facts| facts.id.slot() == 1), "{end:?}");
        stage.check(0);
        stage.use_it();
    }
}

#[test]
fn who_dies_while_it_takes_a_cache_over_loses_none_of_it() {
    for at in 0.. {
        let stage = Stage::plain();
        // Slot 1 leaves objects in the cache of lcore 5, and lives.
        let first = stage.join(1);
        let pool = pool_of(&first);
        let given_up = lcore(&first, 5);
        drop(pool.cache(&given_up).unwrap().get());
        drop(given_up);
        let second = stage.join(2);
        let end = die_at(at, move || {
            let lcore = lcore(&second, 5);
            let pool = pool_of(&second);
            core::mem::forget(pool.cache(&lcore).unwrap().get());
            core::mem::forget(lcore);
        });
        // First the one whose objects these were, then the one who took them over, or the reverse.
        for slot in if at % 2 == 0 { [1, 2] } else { [2, 1] } {
            stage.kill(slot);
            assert_eq!(stage.reap_all().len(), 1);
        }
        stage.check(0);
        stage.use_it();
        if let End::Finished(()) = end {
            return;
        }
    }
}

#[test]
fn a_living_process_keeps_what_it_took_over_from_one_that_dies() {
    let stage = Stage::plain();
    let (first, second) = (stage.join(1), stage.join(2));
    let given_up = lcore(&first, 5);
    drop(pool_of(&first).cache(&given_up).unwrap().get());
    drop(given_up);
    let (pool, lcore) = (pool_of(&second), lcore(&second, 5));
    let cache = pool.cache(&lcore).unwrap();
    let held = cache.get().unwrap();
    stage.kill(1);
    assert_eq!(stage.reap_all()[0].recovered.objects, 0);
    assert!(stage.check(1).cached > 0);
    drop(held);
    stage.check(0);
}
