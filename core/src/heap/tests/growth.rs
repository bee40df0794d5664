//! Growing, shrinking, pinning, limits.

use super::*;
use crate::group::flags;
use crate::memseg::list_flags;

#[test]
fn memory_that_arrives_behind_an_island_joins_it() {
    let (group, platform, list) = group();
    let small = group.allocate(&AllocRequest::new(64)).unwrap();
    // Needs 4 MB and 128 bytes; the tail of the first page counts in.
    let big = group.allocate(&AllocRequest::new(4 * MB)).unwrap();
    assert_eq!(big.at.get(), small.at.get() + 128);
    assert_eq!(list.backed_bytes(), 6 * MB);
    assert_sound(&group, platform);
}

#[test]
fn memory_that_fills_a_hole_joins_both_sides() {
    let (group, platform, list) = group();
    let first = group.allocate(&AllocRequest::new(2 * MB - 64)).unwrap();
    let hole = group.allocate(&AllocRequest::new(2 * MB - 64)).unwrap();
    let third = group.allocate(&AllocRequest::new(MB)).unwrap();
    group.test_free(hole.at).unwrap();
    assert_eq!(list.backed_bytes(), 4 * MB);
    assert_sound(&group, platform);
    // Ends in the third page's island only if the hole joins what lies behind it.
    group.test_free(third.at).unwrap();
    let wall = group.allocate(&AllocRequest::new(2 * MB - 64)).unwrap();
    assert_eq!(wall.at, hole.at);
    group.test_free(wall.at).unwrap();
    group.test_free(first.at).unwrap();
    assert_sound(&group, platform);
    assert!(platform.committed.lock().unwrap().is_empty());
}

#[test]
fn a_free_front_of_the_next_island_counts_in() {
    let (group, platform) = fake::group();
    add_list(&group, 2 * MB, 2 * MB, 3, 0);
    let blocks = [2 * MB - 64, 3 * MB, 64].map(|n| group.allocate(&AllocRequest::new(n)).unwrap());
    group.test_free(blocks[1].at).unwrap();
    group.test_free(blocks[0].at).unwrap();
    // Two pages are a hole, and half of the third is free behind it.
    let block = group.allocate(&AllocRequest::new(9 * MB / 2)).unwrap();
    assert_sound(&group, platform);
    group.test_free(block.at).unwrap();
    group.test_free(blocks[2].at).unwrap();
    assert_sound(&group, platform);
    assert!(platform.committed.lock().unwrap().is_empty());
}

#[test]
fn pages_that_are_all_free_go_back() {
    let (group, platform, list) = group();
    let front = group.allocate(&AllocRequest::new(64)).unwrap();
    let big = group.allocate(&AllocRequest::new(20 * MB)).unwrap();
    let back = group.allocate(&AllocRequest::new(64)).unwrap();
    group.test_free(big.at).unwrap();
    // The first page holds `front`, the last one `back`.
    assert_eq!(list.backed_bytes(), 4 * MB);
    assert_sound(&group, platform);
    group.test_free(front.at).unwrap();
    group.test_free(back.at).unwrap();
    assert_eq!(list.backed_bytes(), 0);
    assert_sound(&group, platform);
}

#[test]
fn pinned_pages_stay() {
    let (group, platform, list) = group();
    reserve_grains(&group, &list, 3);
    let big = group.allocate(&AllocRequest::new(20 * MB)).unwrap();
    assert_eq!(list.backed_bytes(), 22 * MB);
    group.test_free(big.at).unwrap();
    assert_eq!(list.backed_bytes(), 6 * MB);
    assert_eq!(list.pinned().count_used(), 3);
    assert_sound(&group, platform);
    assert_eq!(group.heap_stats(0).unwrap().free_count, 1);
}

#[test]
fn pages_on_both_sides_of_pinned_ones_go_back() {
    let (group, platform, list) = group();
    let first = group.allocate(&AllocRequest::new(MB)).unwrap();
    reserve_grains(&group, &list, 2);
    let third = group.allocate(&AllocRequest::new(8 * MB)).unwrap();
    group.test_free(third.at).unwrap();
    group.test_free(first.at).unwrap();
    assert_eq!(list.backed_bytes(), 4 * MB);
    assert_sound(&group, platform);
}

#[test]
fn a_freed_block_gives_its_memory_back_only_after_the_commit() {
    let (group, platform, list) = group();
    let block = group.allocate(&AllocRequest::new(MB)).unwrap();
    let tx = group.begin().unwrap();
    free(&tx, block.at).unwrap();
    assert_eq!(platform.committed.lock().unwrap().len(), 512);
    tx.commit();
    assert_eq!(platform.committed.lock().unwrap().len(), 512);
    assert_eq!(group.give_back_memory(), Ok(2 * MB));
    assert_eq!(group.give_back_memory(), Ok(0));
    assert_eq!(list.backed_bytes(), 0);
    assert_sound(&group, platform);
}

#[test]
fn loose_memory_is_taken_again_without_the_system() {
    let (group, platform, _) = group();
    let block = group.allocate(&AllocRequest::new(MB)).unwrap();
    let tx = group.begin().unwrap();
    free(&tx, block.at).unwrap();
    tx.commit();
    platform.free_bytes.store(0, core::sync::atomic::Ordering::Relaxed);
    assert_eq!(group.allocate(&AllocRequest::new(MB)), Ok(block));
    assert_eq!(group.give_back_memory(), Ok(0));
    assert_sound(&group, platform);
}

#[test]
fn too_little_memory_is_named_with_pages_and_node() {
    let (group, platform, _) = group();
    platform.free_bytes.store(6 * MB, core::sync::atomic::Ordering::Relaxed);
    let error = group.allocate(&AllocRequest::new(10 * MB)).unwrap_err();
    let AllocError::NoMemory { wanted_pages, page_bytes, node, free_bytes, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((wanted_pages, page_bytes, node, free_bytes), (6, 2 * MB, Some(0), 6 * MB));
    let text = error.to_string();
    assert!(text.contains("6 more pages of 2048 kB on node 0 were wanted, 3 are free"), "{text}");
    assert!(text.contains("reserve more hugepages"), "{text}");
    platform.free_bytes.store(0, core::sync::atomic::Ordering::Relaxed);
    let text = group.allocate(&AllocRequest::new(MB)).unwrap_err().to_string();
    assert!(text.contains("1 more page of 2048 kB on node 0 was wanted, 0 are free"), "{text}");
    assert_sound(&group, platform);
}

#[test]
fn limits_of_list_and_node_are_kept() {
    let (group, platform, list) = group();
    let tx = group.begin().unwrap();
    set_limit(&tx, 0, 4 * MB).unwrap();
    tx.commit();
    let block = group.allocate(&AllocRequest::new(3 * MB)).unwrap();
    let error = group.allocate(&AllocRequest::new(3 * MB)).unwrap_err();
    assert!(
        matches!(error, AllocError::NoMemory { refusal: Refusal::Limit(l), .. } if l == 4 * MB)
    );
    assert!(error.to_string().contains("--socket-limit"));
    group.test_free(block.at).unwrap();
    list_limit(&group, 2 * MB);
    let error = group.allocate(&AllocRequest::new(3 * MB)).unwrap_err();
    assert!(
        matches!(error, AllocError::NoMemory { refusal: Refusal::Limit(l), .. } if l == 2 * MB)
    );
    assert_eq!(list.most_bytes(), 2 * MB);
    assert_sound(&group, platform);
}

fn list_limit(group: &Group, bytes: u64) {
    let tx = group.begin().unwrap();
    tx.set(&group.region().lists[0].limit, bytes).unwrap();
    tx.commit();
}

#[test]
fn a_fixed_list_neither_grows_nor_shrinks() {
    let (group, platform) = fake::group();
    let list = add_list_with(&group, 2 * MB, 2 * MB, 8, 0, list_flags::FIXED);
    reserve_grains(&group, &list, 4);
    let block = group.allocate(&AllocRequest::new(5 * MB)).unwrap();
    let error = group.allocate(&AllocRequest::new(5 * MB)).unwrap_err();
    assert!(matches!(error, AllocError::NoMemory { refusal: Refusal::Fixed, .. }));
    group.test_free(block.at).unwrap();
    assert_eq!(list.backed_bytes(), 8 * MB);
    assert_sound(&group, platform);
}

#[test]
fn matched_growth_goes_back_as_it_came() {
    let (group, platform, list) = group_with(flags::MATCH_ALLOCATIONS);
    let first = group.allocate(&AllocRequest::new(5 * MB)).unwrap();
    let rider = group.allocate(&AllocRequest::new(64)).unwrap();
    let second = group.allocate(&AllocRequest::new(6 * MB - 64)).unwrap();
    assert_eq!(list.backed_bytes(), 12 * MB);
    group.test_free(first.at).unwrap();
    // Four of its five megabytes are whole pages, but they came with the rider's.
    assert_eq!(list.backed_bytes(), 12 * MB);
    group.test_free(second.at).unwrap();
    assert_eq!(list.backed_bytes(), 6 * MB);
    assert_sound(&group, platform);
    group.test_free(rider.at).unwrap();
    assert_eq!(list.backed_bytes(), 0);
    assert_sound(&group, platform);
}

#[test]
fn matched_and_pinned_memory_lie_side_by_side() {
    let (group, platform, list) = group_with(flags::MATCH_ALLOCATIONS);
    let first = group.allocate(&AllocRequest::new(2 * MB - 64)).unwrap();
    reserve_grains(&group, &list, 1);
    let pinned = group.allocate(&AllocRequest::new(MB)).unwrap();
    let third = group.allocate(&AllocRequest::new(MB)).unwrap();
    reserve_grains(&group, &list, 1);
    assert_sound(&group, platform);
    for block in [third, first, pinned] {
        group.test_free(block.at).unwrap();
        assert_sound(&group, platform);
    }
    assert_eq!(list.backed_bytes(), 4 * MB);
}

#[test]
fn a_growth_of_a_whole_list_fits_the_journal() {
    let (group, platform) = fake::group();
    let list = add_list(&group, 4096, 4096, 32768, 0);
    let tx = group.begin().unwrap();
    let block = allocate(&tx, &AllocRequest::new(128 * MB - 64)).unwrap();
    let used = group.region().lock.len.own();
    assert!(used < 600, "{used}");
    tx.commit();
    assert_eq!(list.backed_bytes(), 128 * MB);
    let tx = group.begin().unwrap();
    free(&tx, block.at).unwrap();
    assert!(group.region().lock.len.own() < 600);
    tx.commit();
    group.give_back_memory().unwrap();
    assert_sound(&group, platform);
}

#[test]
fn a_whole_list_is_reserved_in_parts_that_join() {
    let (group, platform) = fake::group();
    let list = add_list(&group, 4096, 4096, 32768, 0);
    let tx = group.begin().unwrap();
    let grains = RESERVE_GRAINS_MAX + 1;
    assert_eq!(reserve(&tx, &list, grains), Err(AllocError::TooManyGrains { grains }));
    assert_eq!(reserve(&tx, &list, 0), Err(AllocError::ZeroBytes));
    drop(tx);
    assert_eq!(group.reserve(&list, 32768), Ok(128 * MB));
    assert!(matches!(group.reserve(&list, 1), Err(AllocError::NoMemory { .. })));
    let all = group.allocate(&AllocRequest::new(128 * MB - 64)).unwrap();
    group.test_free(all.at).unwrap();
    assert_eq!((list.backed_bytes(), list.pinned().count_used()), (128 * MB, 32768));
    assert_sound(&group, platform);
}

#[test]
fn an_undone_growth_brings_back_the_header_that_it_took_in() {
    let (group, platform, list) = group();
    let get = |bytes| group.allocate(&AllocRequest::new(bytes)).unwrap();
    let (_left, hole) = (get(2 * MB - 64), get(2 * MB - 64));
    let (first, _last) = (get(MB - 64), get(MB - 64));
    group.test_free(hole.at).unwrap();
    group.test_free(first.at).unwrap();
    assert_eq!((list.is_backed(1), list.is_backed(2)), (false, true));
    let before = snapshot(&group);
    let tx = group.begin().unwrap();
    let across = allocate(&tx, &AllocRequest::new(5 * MB / 2)).unwrap();
    assert_eq!(across.at, hole.at);
    fill(&group, &across, u64::MAX);
    drop(tx);
    group.give_back_memory().unwrap();
    assert!(snapshot(&group) == before);
    assert_sound(&group, platform);
}

#[test]
fn an_element_that_claims_memory_which_is_not_there_is_damage() {
    let (group, _, list) = group();
    let block = group.allocate(&AllocRequest::new(MB)).unwrap();
    let head = element::Elem::read(&group, block.at.get() - 64).unwrap().head;
    let tx = group.begin().unwrap();
    tx.set(&head.bytes, 4 * MB).unwrap();
    tx.commit();
    assert!(!list.is_backed(1));
    assert!(matches!(group.validate(block.at), Err(FreeError::Damaged(_))));
}
