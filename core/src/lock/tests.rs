//! Transactions and their undoing, on a fake platform.

use super::*;
use crate::fake;
use crate::group::Group;
use crate::platform::Platform;
use crate::sync::Guarded;

fn words(group: &Group) -> &'static [Guarded] {
    &group.region().heaps[7].reserved
}

#[test]
fn a_committed_transaction_stands() {
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    tx.set(&words(&group)[0], 5).unwrap();
    tx.commit();
    assert_eq!(words(&group)[0].get(), 5);
}

#[test]
fn a_dropped_transaction_is_undone_the_last_write_first() {
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    tx.set(&words(&group)[0], 5).unwrap();
    tx.set(&words(&group)[0], 6).unwrap();
    tx.set(&words(&group)[1], 7).unwrap();
    drop(tx);
    assert_eq!((words(&group)[0].get(), words(&group)[1].get()), (0, 0));
}

#[test]
fn what_a_transaction_keeps_stands_and_what_comes_after_is_undone() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let tx = other.begin().unwrap();
    tx.set(&words(&group)[0], 5).unwrap();
    tx.set(&words(&group)[1], 6).unwrap();
    tx.keep();
    assert!(group.begin().is_err());
    tx.set(&words(&group)[0], 7).unwrap();
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    group.begin().unwrap().commit();
    assert_eq!((words(&group)[0].get(), words(&group)[1].get()), (5, 6));
}

#[test]
fn a_dead_owners_lock_is_taken_over_and_its_change_undone() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let tx = other.begin().unwrap();
    tx.set(&words(&group)[0], 5).unwrap();
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    let tx = group.begin().unwrap();
    assert_eq!(words(&group)[0].get(), 0);
    assert_eq!(group.region().lock.takeovers.get(), 1);
    tx.commit();
    assert_eq!(group.region().lock.version.own() % 2, 0);
}

#[test]
fn a_living_owner_is_waited_for_a_bounded_time_and_then_named() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let _tx = other.begin().unwrap();
    let error = group.begin().unwrap_err();
    assert_eq!(error, LockError::Held { by: other.me(), pid: 101 });
    assert!(error.to_string().contains("kill -CONT 101"));
}

#[test]
fn an_owner_that_had_not_begun_to_change_anything_at_the_first_look_is_one_owner() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let lock = &group.region().lock;
    lock.owner.publish(other.me().pack());
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| group.begin().unwrap_err());
        // Who waits asks for the time at each look, by steps of 100 us.
        let mut now = platform.now_ns();
        while core::mem::replace(&mut now, platform.now_ns()) + 100_000 == now {}
        lock.version.publish(lock.version.own() | 1);
        let error = waiter.join().unwrap();
        assert_eq!(error, LockError::Held { by: other.me(), pid: 101 });
    });
}

#[test]
fn a_lock_that_goes_from_hand_to_hand_is_waited_for_a_bounded_time_too() {
    let (group, platform) = fake::group();
    let other = fake::join(group.window(), 1, platform);
    let _tx = other.begin().unwrap();
    let version = &group.region().lock.version;
    let (waits, is_over) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        // In each second the lock has another turn.
        scope.spawn(move || {
            while is_over.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                version.publish(version.own() + 2);
                platform.advance(1_000_000_000);
                std::thread::sleep(core::time::Duration::from_millis(1));
            }
        });
        let error = group.begin().unwrap_err();
        drop(waits);
        assert_eq!(error, LockError::Busy { by: other.me(), pid: 101 });
        assert!(error.to_string().contains("slot 1 (pid 101) last"));
    });
}

#[test]
fn a_word_that_no_member_writes_does_not_hold_the_lock_for_ever() {
    let (group, _) = fake::group();
    group.region().lock.owner.publish(u64::MAX);
    assert!(group.begin().is_ok());
}

#[test]
fn more_writes_than_the_journal_holds_are_refused_and_undone() {
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    let backed = group.region().lists.iter().flat_map(|list| &list.backed);
    let result: Result<(), JournalFull> =
        backed.take(JOURNAL_ENTRIES + 1).try_for_each(|word| tx.set(word, 1));
    assert_eq!(result, Err(JournalFull));
    drop(tx);
    assert!(group.region().lists.iter().flat_map(|list| &list.backed).all(|word| word.get() == 0));
}

#[test]
fn threads_of_one_process_exclude_each_other() {
    let (group, _) = fake::group();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let tx = loop {
                        if let Ok(tx) = group.begin() {
                            break tx;
                        }
                    };
                    let word = &words(&group)[0];
                    tx.set(word, word.get() + 1).unwrap();
                    tx.commit();
                }
            });
        }
    });
    assert_eq!(words(&group)[0].get(), 2000);
    assert_eq!(group.region().lock.takeovers.get(), 0, "nobody died");
}

#[test]
fn an_observer_is_refused_and_changes_nothing() {
    let (group, _) = fake::group();
    let observer = fake::observe(group.window(), group.platform());
    let version = group.region().lock.version.own();
    assert_eq!(observer.begin().unwrap_err(), LockError::Observer);
    assert_eq!(group.region().lock.version.own(), version);
}
