//! An operation that stops at any of its writes leaves everything as it was.
//!
//! Before the operation, the journal is filled so far that it has room for `k` more writes:
//! the next one stops the operation. For every `k`, once as an error and once as a death.

use super::*;
use crate::lock::{JOURNAL_ENTRIES, JournalFull, Transaction};

/// What stopped an operation.
#[derive(Debug, PartialEq)]
enum Stopped {
    JournalFull,
    Otherwise,
}

impl From<AllocError> for Stopped {
    fn from(error: AllocError) -> Self {
        match error {
            AllocError::JournalFull(JournalFull) => Self::JournalFull,
            AllocError::Block(FreeError::JournalFull(JournalFull)) => Self::JournalFull,
            _ => Self::Otherwise,
        }
    }
}

impl From<FreeError> for Stopped {
    fn from(error: FreeError) -> Self {
        AllocError::Block(error).into()
    }
}

/// Leaves room for `room` more writes.
fn fill_journal(tx: &Transaction, room: usize) {
    let word = &tx.group().region().heaps[HEAPS_MAX - 1].reserved[0];
    for _ in room..JOURNAL_ENTRIES {
        tx.set(word, word.get() ^ 1).unwrap();
    }
}

/// Stops `operation` at each of its writes in turn, and looks at what is left.
fn stop_everywhere(
    group: &Group,
    platform: &'static FakePlatform,
    operation: impl Fn(&Transaction) -> Result<(), Stopped>,
) {
    let before = snapshot(group);
    let backed = platform.committed.lock().unwrap().clone();
    for room in 0..JOURNAL_ENTRIES {
        let other = fake::join(group.window(), 1, platform);
        let (tx, dying) = (group.begin().unwrap(), room % 2 == 1);
        let tx = match dying {
            true => {
                drop(tx);
                other.begin().unwrap()
            }
            false => tx,
        };
        fill_journal(&tx, room);
        let result = operation(&tx);
        if result.is_ok() {
            tx.commit();
            assert!(room > 4, "the operation wrote next to nothing");
            group.give_back_memory().unwrap();
            assert_sound(group, platform);
            return;
        }
        assert_eq!(result, Err(Stopped::JournalFull));
        if dying {
            core::mem::forget(tx);
            platform.dead.lock().unwrap().insert(1);
        } else {
            drop(tx);
        }
        // Whoever locks next repairs.
        drop(group.begin().unwrap());
        group.give_back_memory().unwrap();
        assert!(snapshot(group) == before, "stopped at write {room}");
        assert_eq!(*platform.committed.lock().unwrap(), backed);
        assert_sound(group, platform);
        platform.dead.lock().unwrap().clear();
    }
    panic!("the operation never ended");
}

/// A heap with busy and free elements, holes and a pinned page.
fn worn() -> (Group, &'static FakePlatform, Vec<Block>) {
    let (group, platform, list) = group();
    reserve_grains(&group, &list, 1);
    let blocks: Vec<_> = [MB, 64, 3 * MB, 5000, 200, 7 * MB, 64]
        .map(|bytes| group.allocate(&AllocRequest::new(bytes)).unwrap())
        .into();
    for i in [2, 4] {
        group.test_free(blocks[i].at).unwrap();
    }
    (group, platform, blocks)
}

#[test]
fn an_allocation_stopped_anywhere_is_undone() {
    let (group, platform, _) = worn();
    stop_everywhere(&group, platform, |tx| {
        Ok(allocate(tx, &AllocRequest::new(2000).align(4096)).map(drop)?)
    });
}

#[test]
fn a_growth_stopped_anywhere_is_undone() {
    let (group, platform, _) = worn();
    stop_everywhere(&group, platform, |tx| {
        Ok(allocate(tx, &AllocRequest::new(9 * MB).align(MB)).map(drop)?)
    });
}

#[test]
fn a_first_growth_stopped_anywhere_is_undone() {
    let (group, platform, _) = group();
    stop_everywhere(&group, platform, |tx| {
        Ok(allocate(tx, &AllocRequest::new(64).align(1024)).map(drop)?)
    });
}

#[test]
fn a_free_that_merges_and_shrinks_is_undone_wherever_it_stops() {
    let (group, platform, blocks) = worn();
    stop_everywhere(&group, platform, |tx| Ok(free(tx, blocks[3].at)?));
    let (group, platform, blocks) = worn();
    stop_everywhere(&group, platform, |tx| Ok(free(tx, blocks[5].at)?));
}

#[test]
fn a_resize_stopped_anywhere_is_undone_and_keeps_the_content() {
    for (index, bytes) in [(3, 5200), (3, 3 * MB), (5, 100), (1, 4 * MB)] {
        let (group, platform, blocks) = worn();
        let block = blocks[index];
        fill(&group, &block, 0x77);
        stop_everywhere(&group, platform, |tx| {
            assert!(is_filled(&group, &block, 0x77));
            Ok(resize::resize(tx, block.at, bytes, 0).map(drop)?)
        });
    }
}

#[test]
fn a_reservation_stopped_anywhere_is_undone() {
    let (group, platform, _) = worn();
    let list = group.memseg_lists().get(0).unwrap();
    stop_everywhere(&group, platform, |tx| Ok(reserve(tx, &list, 3).map(drop)?));
}

#[test]
fn matched_growth_and_its_end_are_undone_wherever_they_stop() {
    let (group, platform, _) = group_with(crate::group::flags::MATCH_ALLOCATIONS);
    let block = group.allocate(&AllocRequest::new(3 * MB)).unwrap();
    stop_everywhere(&group, platform, |tx| Ok(allocate(tx, &AllocRequest::new(3 * MB)).map(drop)?));
    stop_everywhere(&group, platform, |tx| Ok(free(tx, block.at)?));
}

#[test]
fn several_operations_in_one_transaction_are_undone_together() {
    let (group, platform, blocks) = worn();
    stop_everywhere(&group, platform, |tx| {
        free(tx, blocks[5].at)?;
        allocate(tx, &AllocRequest::new(6 * MB))?;
        free(tx, blocks[0].at)?;
        Ok(allocate(tx, &AllocRequest::new(64)).map(drop)?)
    });
}
