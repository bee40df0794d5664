//! Processes that are stopped, not dead: what they keep others from is owed, and nothing is lost.
#![expect(
    unsafe_code,
    reason = "a hand's objects are kept as places, which a thread may take along"
)]

use super::*;
use crate::fake::{End, die_at};
use crate::mempool::Audit;

/// Lets `slot` stop, alive, in the middle of putting an object of the pool `name` back.
fn stop_in_a_put(stage: &Stage, slot: u16, name: &str) {
    let pool = Mempool::<u64>::lookup(&stage.join(slot), name).unwrap();
    // A get of a recoverable pool comes by two points first.
    let before = if pool.is_recoverable() { 2 } else { 0 };
    let end = die_at(before, move || drop(pool.get()));
    assert!(matches!(end, End::Died("put: reserved")), "{end:?}");
}

#[test]
fn what_a_dead_one_held_is_owed_while_a_stopped_one_is_in_the_pools_ring() {
    for handler in [HandlerId::RingMpMc, HandlerId::RingMtHts] {
        let stage = Stage::new(Sync::Multi, handler);
        let member = stage.join(1);
        let pool = pool_of(&member);
        let hand: Vec<_> = (0..20).map(|_| pool.get().unwrap()).collect();
        core::mem::forget(hand);
        stop_in_a_put(&stage, 2, "pool");
        stage.kill(1);
        assert_eq!(stage.reap_all().len(), 1);
        assert_eq!(stage.check(1).owed, 20);
        stage.kill(2);
        stage.reap_all();
        assert_eq!(stage.check(0).owed, 0);
        stage.use_it();
    }
}

#[test]
fn caches_of_a_dead_one_are_owed_while_a_stopped_one_is_in_a_plain_pools_ring() {
    let stage = Stage::plain();
    let plain = Mempool::<u64>::create(&stage.group, "plain", &PoolConfig::new(30).cache(8));
    let plain = plain.unwrap();
    let member = stage.join(1);
    for id in [3, 4, 5] {
        let lcore = lcore(&member, id);
        let there = Mempool::<u64>::lookup(&member, "plain").unwrap();
        drop(there.cache(&lcore).unwrap().get());
        core::mem::forget(lcore);
    }
    stop_in_a_put(&stage, 2, "plain");
    stage.kill(1);
    stage.reap_all();
    let expected = Audit { common: 17, outside: 13, owed: 12, ..Audit::default() };
    assert_eq!(plain.audit(), Ok(expected));
    assert_eq!(plain.strays(), 0);
    stage.kill(2);
    stage.reap_all();
    // What a dead process had in hand of such a pool is lost, and no more.
    let expected = Audit { common: 29, outside: 1, ..Audit::default() };
    assert_eq!(plain.audit(), Ok(expected));
}

#[test]
fn who_dies_while_it_owes_or_collects_loses_nothing() {
    for at in 0.. {
        let stage = Stage::plain();
        let (first, second) = (stage.join(1), stage.join(3));
        let hand = pool_of(&first);
        let before: Vec<_> = (0..5).map(|_| hand.get().unwrap().into_place()).collect();
        stop_in_a_put(&stage, 2, "pool");
        let end = die_at(at, move || {
            for place in before {
                // SAFETY: got above, each once.
                drop(unsafe { hand.hold(place) }.unwrap());
            }
        });
        stage.kill(2);
        // Whoever collects dies there as well.
        let pool = pool_of(&second);
        let collected = die_at(at, move || pool.collect_owed());
        stage.kill(1);
        stage.kill(3);
        stage.reap_all();
        stage.check(0);
        stage.use_it();
        if matches!((end, collected), (End::Finished(()), End::Finished(_))) {
            assert!(at >= 5, "they came by next to no crash point");
            return;
        }
    }
}
