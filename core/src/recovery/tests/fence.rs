//! A process that lost its slot and lives.

use super::*;
use crate::group::LcoreError;
use crate::lock::LockError;
use crate::ring::{ClaimError, Ring};

/// Slot 1, reaped although it runs: its liveness lock was dropped.
fn fenced(stage: &Stage) -> (Group, Lcore) {
    let member = stage.join(1);
    let lcore = lcore(&member, 3);
    let pool = pool_of(&member);
    drop(pool.cache(&lcore).unwrap().get());
    stage.kill(1);
    stage.reap_all();
    stage.platform.dead.lock().unwrap().clear();
    (member, lcore)
}

#[test]
fn it_is_no_member_and_is_told_so_by_every_slow_path() {
    let stage = Stage::plain();
    let (member, _lcore) = fenced(&stage);
    assert!(!member.is_member() && stage.group.is_member());
    let fence = member.check_member().unwrap_err();
    assert!(fence.to_string().contains("slot 1 generation 1"));
    assert_eq!(member.begin().map(drop), Err(LockError::Fenced(fence)));
    let claim = member.claim_any_lcore(&CpuSet::default(), 0, LcoreRole::Eal);
    assert!(matches!(claim, Err(LcoreError::NoneLeft)));
    let claim = member.claim_lcore(7, &CpuSet::default(), 0, LcoreRole::Eal);
    assert!(matches!(claim, Err(LcoreError::Fenced(_))));
    assert_eq!(reap(&member), Err(ReapError::Fenced(fence)));
    let ring = Ring::<u64>::create(&stage.group, "single", &RingConfig::new(8).both(Sync::Single));
    let there = Ring::<u64>::attach(&member, ring.unwrap().at()).unwrap();
    assert_eq!(there.producer().map(drop), Err(ClaimError::Fenced(fence)));
}

#[test]
fn it_gets_nothing_from_a_pool_and_puts_nothing_back_a_second_time() {
    let stage = Stage::plain();
    let member = stage.join(1);
    let pool = pool_of(&member);
    let held = pool.get().unwrap();
    stage.kill(1);
    assert_eq!(stage.reap_all()[0].recovered.objects, 1);
    assert!(pool.get().is_none());
    drop(held);
    stage.check(0);
}

#[test]
fn it_does_not_stand_in_its_slots_next_tenant() {
    let stage = Stage::plain();
    let (member, lcore) = fenced(&stage);
    let next = stage.join(1);
    member.become_live();
    member.set_role(crate::group::Role::Primary);
    member.test_leave();
    drop(lcore);
    assert!(next.is_member());
    assert_eq!(stage.group.region().process(1).map(|facts| facts.id), Some(next.me()));
}
