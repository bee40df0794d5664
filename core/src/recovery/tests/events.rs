//! The log: everyone hears everything, or how much he missed.

use super::*;
use crate::fake::{End, die_at};
use crate::group::Role;

fn kinds(events: Events) -> Vec<(EventKind, u16)> {
    events
        .map(|heard| match heard {
            Heard::Event(event) => (event.kind, event.who.slot()),
            Heard::Missed(count) => panic!("{count} missed"),
        })
        .collect()
}

#[test]
fn each_reader_hears_what_happens_in_order() {
    let stage = Stage::plain();
    let (early, mut late) = (stage.group.events(), stage.group.events());
    let member = stage.join(1);
    member.set_role(Role::Primary);
    member.test_leave();
    life(stage.join(2));
    stage.kill(2);
    stage.reap_all();
    let expected = [
        (EventKind::Joined, 1),
        (EventKind::RoleChanged, 1),
        (EventKind::Left, 1),
        (EventKind::Joined, 2),
        (EventKind::Died, 2),
        (EventKind::Reaped, 2),
    ];
    assert_eq!(kinds(early), expected);
    assert_eq!(kinds(late), expected);
    assert_eq!(late.nth(5).map(|_| late.next()), Some(None));
    let observer = fake::observe(stage.group.window(), stage.platform);
    let Some(Heard::Event(last)) = observer.events_so_far().last() else { panic!("no event") };
    assert_eq!((last.pid, last.by), (102, Some(stage.group.me())));
    assert!(last.recovered.objects > 8 && last.to_string().contains("was reaped: "));
}

#[test]
fn a_reader_that_fell_behind_is_told_how_many_it_missed() {
    let (group, _) = fake::group();
    let mut events = group.events();
    for _ in 0..EVENTS_MAX + 5 {
        group.set_role(Role::Primary);
    }
    assert_eq!(events.next(), Some(Heard::Missed(5)));
    assert_eq!(events.by_ref().count(), EVENTS_MAX);
    assert_eq!(events.next(), None);
}

#[test]
fn a_writer_that_dies_anywhere_leaves_a_log_that_goes_on() {
    for at in 0.. {
        let (group, platform) = fake::group();
        let member = fake::join(group.window(), 1, platform);
        let mut events = group.events();
        let end = die_at(at, move || member.set_role(Role::Primary));
        platform.dead.lock().unwrap().insert(1);
        group.set_role(Role::Primary);
        let heard: Vec<_> = events.by_ref().collect();
        assert!(heard.iter().all(|heard| matches!(heard, Heard::Event(_))), "{end:?}: {heard:?}");
        assert!((1..=2).contains(&heard.len()), "{end:?}: {heard:?}");
        if let End::Finished(()) = end {
            assert_eq!(heard.len(), 2);
            return;
        }
    }
}

/// The log is kept by a stopped process while slot 1 dies; `end` lets it go on, or kills it.
fn die_while_the_log_is_kept(end: impl FnOnce(&Stage)) -> Vec<(EventKind, u16)> {
    let stage = Stage::plain();
    let stopped = stage.join(2);
    life(stage.join(1));
    let events = stage.group.events();
    stage.kill(1);
    stage.group.region().recovery.writer.swap_if(0, stopped.me().pack()).unwrap();
    let untold = ReapError::Untold { by: stopped.me(), pid: 102 };
    assert_eq!(reap(&stage.group), Err(untold));
    assert_eq!(reap(&stage.group), Err(untold));
    // All that it held is free already.
    let _lcore = lcore(&stage.group, 3);
    assert!(stage.group.events().next().is_none());
    end(&stage);
    let reports = stage.reap_all();
    assert!(reports[0].who.slot() == 1 && reports[0].recovered.objects > 8, "{reports:?}");
    stage.check(0);
    kinds(events)
}

#[test]
fn a_death_is_told_when_the_stopped_one_that_kept_the_log_goes_on() {
    let told = die_while_the_log_is_kept(|stage| stage.group.region().recovery.writer.publish(0));
    assert_eq!(told, [(EventKind::Died, 1), (EventKind::Reaped, 1)]);
}

#[test]
fn a_death_is_told_when_the_stopped_one_that_kept_the_log_dies() {
    let told = die_while_the_log_is_kept(|stage| stage.kill(2));
    let (died, reaped) = (EventKind::Died, EventKind::Reaped);
    assert_eq!(told, [(died, 1), (reaped, 1), (died, 2), (reaped, 2)]);
}

#[test]
fn what_was_recovered_of_one_that_cannot_be_told_of_is_not_lost_over_the_next() {
    let stage = Stage::plain();
    let stopped = stage.join(3);
    life(stage.join(1));
    let member = stage.join(2);
    core::mem::forget(pool_of(&member).get());
    stage.kill(1);
    stage.kill(2);
    let writer = &stage.group.region().recovery.writer;
    writer.swap_if(0, stopped.me().pack()).unwrap();
    for _ in 0..2 {
        assert!(matches!(reap(&stage.group), Err(ReapError::Untold { .. })));
    }
    writer.publish(0);
    let reports = stage.reap_all();
    let objects: Vec<_> = reports.iter().map(|report| report.recovered.objects).collect();
    assert!(objects[0] > 8 && reports[0].recovered.lcores == 1, "{reports:?}");
    assert_eq!((objects[1], objects.len()), (1, 2));
    stage.check(0);
}

#[test]
fn a_living_writer_that_does_not_finish_costs_the_event_and_no_more() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let recovery = &group.region().recovery;
    let mut events = group.events();
    recovery.writer.swap_if(0, other.me().pack()).unwrap();
    group.set_role(Role::Primary);
    assert_eq!((events.next(), recovery.unwritten.observe()), (Some(Heard::Missed(1)), 1));
    assert_eq!(events.next(), None);
}

#[test]
fn who_leaves_takes_nobody_elses_death_note_away() {
    let stage = Stage::new(Sync::Rts, HandlerId::RingMtRts);
    let events = stage.group.events();
    let (dead, stopped, leaver) = (stage.join(1), stage.join(2), stage.join(3));
    for member in [dead, stopped] {
        let pool = pool_of(&member);
        let end = die_at(0, move || pool.get().is_some());
        assert!(matches!(end, End::Died("take: reserved and copied")), "{end:?}");
    }
    stage.kill(1);
    // The pool's ring cannot be mended while a living process is in the middle there.
    assert!(matches!(reap(&stage.group), Err(ReapError::Held { .. })));
    leaver.test_leave();
    stage.kill(2);
    stage.kill(3);
    stage.reap_all();
    let died = kinds(events).into_iter().filter(|event| *event == (EventKind::Died, 1));
    assert_eq!(died.count(), 1);
    stage.check(0);
}
