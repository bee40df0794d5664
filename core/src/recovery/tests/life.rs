//! Who lives, leaves and comes: what is reaped and what is not.
#![expect(unsafe_code, reason = "a process enters its slot")]

use super::*;
use crate::directory::Kind;
use crate::group::{LcoreError, ProcessInfo, Role};
use crate::mempool::{AdoptError, PoolView};
use crate::name::Name;
use crate::recovery::walk::for_each;
use crate::ring::Ring;
use crate::ring::visit_published;

#[test]
fn who_lives_is_not_reaped_and_keeps_what_it_has() {
    let stage = Stage::plain();
    let member = stage.join(1);
    life(member);
    assert_eq!(reap(&stage.group), Ok(None));
    assert!(stage.check_held() > 0);
}

#[test]
fn what_a_process_put_into_a_ring_or_back_is_not_in_its_hands() {
    let stage = Stage::plain();
    let member = stage.join(1);
    life(member);
    let observer = fake::observe(stage.group.window(), stage.platform);
    let pool = PoolView::inspect(&observer, stage.pool.at().cast()).unwrap();
    let mut marks = vec![0; pool.mark_words()];
    pool.mark_free(&mut marks);
    let by_tag_and_pool = pool.held_by(member.me(), &marks);
    let ring = crate::directory::find(&observer, Name::new("ring").unwrap()).unwrap().unwrap();
    assert!(pool.may_lie_in(ring.element));
    visit_published(&observer, ring.at, |at| pool.mark(at, &mut marks)).unwrap();
    let audited = audit(&stage.group, |finding| panic!("{finding}")).unwrap();
    let held = u64::from(pool.held_by(member.me(), &marks));
    assert_eq!(held, audited.held + audited.cached);
    assert_eq!(u64::from(by_tag_and_pool), held + audited.in_rings);
    assert_eq!(pool.held_by(stage.group.me(), &marks), 0);
}

#[test]
fn a_report_says_who_died_and_what_was_recovered() {
    let stage = Stage::plain();
    life(stage.join(1));
    stage.kill(1);
    let report = reap(&stage.group).unwrap().unwrap();
    assert_eq!((report.pid, report.who.slot(), report.recovered.lcores), (101, 1, 1));
    assert!(report.recovered.objects > 8);
    assert!(report.to_string().contains("(pid 101, slot 1) died"));
    assert_eq!(reap(&stage.group), Ok(None));
}

#[test]
fn who_leaves_gives_back_all_it_holds() {
    let stage = Stage::plain();
    let member = stage.join(1);
    life(member);
    let in_ring = u64::from(stage.ring.count());
    member.test_leave();
    let audited = stage.check(0);
    assert_eq!((audited.cached, audited.in_rings), (0, in_ring));
    assert_eq!(stage.group.lcores().count(), 0);
    assert_eq!(reap(&stage.group), Ok(None));
}

#[test]
fn the_slot_of_one_dead_has_no_new_tenant_before_it_is_reaped() {
    let stage = Stage::plain();
    life(stage.join(1));
    stage.kill(1);
    let info = ProcessInfo { pid: 7, role: Role::Secondary, name: Name::cut("x"), command: "x" };
    // SAFETY: the slot's last tenant is dead, and this one does nothing.
    let enter = || unsafe { stage.group.region().enter(1, &info, 0) };
    assert_eq!(enter(), None);
    stage.reap_all();
    assert!(enter().is_some());
}

#[test]
fn an_lcore_of_one_dead_is_had_after_it_is_reaped() {
    let stage = Stage::plain();
    life(stage.join(1));
    stage.kill(1);
    let _mine = lcore(&stage.group, 3);
    assert!(!stage.group.processes().any(|facts| facts.id.slot() == 1));
    stage.check(0);
}

#[test]
fn an_lcore_of_one_living_is_refused() {
    let stage = Stage::plain();
    life(stage.join(1));
    let asked = stage.group.claim_lcore(3, &CpuSet::default(), 0, LcoreRole::Eal);
    assert!(matches!(asked, Err(LcoreError::Held { pid: 101, .. })));
}

#[test]
fn an_object_on_its_way_goes_back_with_its_sender_and_is_not_adopted_after() {
    let stage = Stage::plain();
    let member = stage.join(1);
    let sent = pool_of(&member).get().unwrap().into_offset();
    let kept = pool_of(&member).get().unwrap().into_offset();
    let kept = stage.pool.adopt(kept).unwrap();
    stage.kill(1);
    assert_eq!(stage.reap_all()[0].recovered.objects, 1);
    assert!(matches!(stage.pool.adopt(sent), Err(AdoptError::NotOnItsWay { .. })));
    stage.check(1);
    drop(kept);
    stage.check(0);
}

#[test]
fn a_second_reaper_is_told_who_reaps() {
    let stage = Stage::plain();
    let other = stage.join(2);
    life(stage.join(1));
    stage.kill(1);
    let word = &stage.group.region().recovery.reaper;
    word.swap_if(0, other.me().pack()).unwrap();
    assert_eq!(reap(&stage.group), Err(ReapError::Busy { by: other.me(), pid: 102 }));
}

#[test]
fn one_that_cannot_be_reaped_now_keeps_no_other_from_being() {
    let stage = Stage::plain();
    let [first, _] = [1, 2].map(|slot| stage.join(slot));
    let _ = pool_of(&first).get().unwrap().into_offset();
    // Somebody has put the oldest of the free objects a second time: there is no room for another.
    let at = ring_of_pool(&stage.group);
    let mut oldest = None;
    visit_published(&stage.group, at, |place| oldest = oldest.or(Some(place))).unwrap();
    let ring = Ring::<u64>::attach(&stage.group, at).unwrap();
    ring.producer().unwrap().enqueue(oldest.unwrap()).unwrap();
    stage.kill(1);
    stage.kill(2);
    assert_eq!(reap(&stage.group).unwrap().unwrap().who.slot(), 2);
    assert!(matches!(reap(&stage.group), Err(ReapError::Full { .. })));
    assert!(stage.group.region().process(1).is_some());
    assert_eq!(ring.consumer().unwrap().dequeue(), Ok(oldest));
    assert_eq!(reap(&stage.group).unwrap().unwrap().recovered.objects, 1);
    stage.check(0);
}

/// Where the ring of the pool's free objects lies.
fn ring_of_pool(group: &Group) -> Offset<u8> {
    let mut at = None;
    for_each(group, Kind::Mempool, |tx, found| {
        at = PoolView::inspect(tx.group(), found.at).unwrap().ring_at();
        Ok(())
    })
    .unwrap();
    at.unwrap()
}

#[test]
fn an_observer_reaps_nothing() {
    let stage = Stage::plain();
    let observer = fake::observe(stage.group.window(), stage.platform);
    assert_eq!(reap(&observer), Err(ReapError::Observer));
}

impl Stage {
    /// A clean audit; returns how many objects somebody holds.
    fn check_held(&self) -> u64 {
        let audited = audit(&self.group, |finding| panic!("{finding}")).unwrap();
        audited.held
    }
}
