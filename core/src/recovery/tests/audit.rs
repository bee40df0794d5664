//! What an audit finds, and what it calls it.

use super::*;
use crate::mempool;

fn findings(stage: &Stage) -> Vec<Finding> {
    let mut found = Vec::new();
    let audited = audit(&stage.group, |finding| found.push(*finding)).unwrap();
    assert_eq!(audited.findings as usize, found.len());
    found
}

#[test]
fn a_quiet_group_has_no_finding_and_every_object_a_place() {
    let stage = Stage::plain();
    life(stage.group);
    let audited = stage.check(7);
    assert_eq!((audited.processes, audited.rings, audited.pools, audited.in_rings), (1, 1, 1, 4));
}

#[test]
fn one_dead_is_found_with_what_it_left() {
    let stage = Stage::plain();
    let member = stage.join(1);
    life(member);
    core::mem::forget(member.begin().unwrap());
    stage.kill(1);
    let owner = member.me().pack();
    let found: Vec<_> = {
        // Whoever looks with the lock mends it: look at the tables first.
        let mut first = Vec::new();
        audit(&stage.group, |finding| first.push(*finding)).unwrap();
        first
    };
    assert!(found.contains(&Finding::DeadProcess { who: member.me(), pid: 101 }));
    assert!(found.contains(&Finding::LockOfDead { owner }));
    assert!(found.iter().all(Finding::may_be_movement));
    stage.reap_all();
    assert_eq!(findings(&stage), []);
}

#[test]
fn an_object_that_is_nobodys_is_lost() {
    let stage = Stage::plain();
    let object = stage.pool.get().unwrap();
    let number = object.number().unwrap();
    let _ = object.into_place();
    stage.pool.test_tag(number, 0x7f00_0001);
    let name = stage.pool.name();
    let error = mempool::AuditError::OfNobody { number, tag: 0x7f00_0001 };
    assert_eq!(findings(&stage), [Finding::Objects { name, error }]);
}

#[test]
fn an_lcore_of_nobody_a_reaper_of_the_dead_and_an_open_journal_are_named() {
    let stage = Stage::plain();
    let region = stage.group.region();
    region.lcores[9].owner.publish(5 << 32 | 1);
    region.recovery.reaper.publish(6 << 32 | 1);
    assert_eq!(
        findings(&stage),
        [
            Finding::LcoreOfNobody { lcore: 9, owner: 5 << 32 | 1 },
            Finding::ReaperOfDead { owner: 6 << 32 | 1 },
        ]
    );
}

#[test]
fn a_ring_whose_ends_are_too_far_apart_is_named() {
    let stage = Stage::plain();
    let at = stage.ring.facts().at;
    let header: &crate::ring::RingHeader = stage.group.window().resolve(Offset::new(at)).unwrap();
    header.producers.tail.publish(1000);
    let found = findings(&stage);
    assert!(matches!(found[..], [Finding::RingTooFull { used: 1000, capacity: 20, .. }, ..]));
}
