//! Blocks: taking, freeing, resizing, and what is refused.

use super::*;
use crate::group::ProcessId;

#[test]
fn a_block_has_what_was_asked_for() {
    let (group, platform, _) = group();
    let block = group.allocate(&AllocRequest::new(100).align(4096)).unwrap();
    assert!(block.at.get().is_multiple_of(4096));
    assert_eq!((block.bytes, block.page_bytes, block.node), (128, 2 * MB, 0));
    assert_eq!(group.validate(block.at), Ok(block));
    assert_sound(&group, platform);
}

#[test]
fn everything_freed_gives_everything_back() {
    let (group, platform, _) = group();
    let empty = snapshot(&group);
    let blocks: Vec<_> =
        (1..200).map(|i| group.allocate(&AllocRequest::new(i * 777)).unwrap()).collect();
    assert_sound(&group, platform);
    for block in blocks {
        group.test_free(block.at).unwrap();
        group.audit_heaps().unwrap();
    }
    assert_sound(&group, platform);
    assert!(platform.committed.lock().unwrap().is_empty());
    assert_eq!(snapshot(&group).1, empty.1);
    assert_eq!(group.heap_stats(0).unwrap(), HeapStats::default());
}

#[test]
fn a_bad_request_is_refused_and_changes_nothing() {
    let (group, _, _) = group();
    let before = snapshot(&group);
    let refused = |request: AllocRequest| group.allocate(&request).unwrap_err();
    assert_eq!(refused(AllocRequest::new(0)), AllocError::ZeroBytes);
    for align in [3, 65, 1 << 31] {
        assert_eq!(refused(AllocRequest::new(8).align(align)), AllocError::BadAlign { align });
    }
    for (bound, bytes) in [(100, 8), (64, 65), (32, 8)] {
        let error = refused(AllocRequest::new(bytes).bound(bound));
        assert_eq!(error, AllocError::BadBound { bound, bytes });
    }
    assert!(matches!(refused(AllocRequest::new(u64::MAX)), AllocError::TooBig { .. }));
    assert!(snapshot(&group) == before);
}

#[test]
fn a_second_free_is_refused() {
    let (group, _, _) = group();
    let keep = group.allocate(&AllocRequest::new(64)).unwrap();
    let (a, b) = (
        group.allocate(&AllocRequest::new(64)).unwrap().at,
        group.allocate(&AllocRequest::new(64)).unwrap().at,
    );
    group.test_free(a).unwrap();
    assert_eq!(group.test_free(a), Err(FreeError::AlreadyFree { at: a }));
    group.test_free(b).unwrap();
    // Its header is gone: it became part of a bigger free element.
    assert_eq!(group.test_free(b), Err(FreeError::AlreadyFree { at: b }));
    group.test_free(keep.at).unwrap();
}

#[test]
fn a_place_that_is_no_block_is_refused() {
    let (group, _, list) = group();
    let block = group.allocate(&AllocRequest::new(4096)).unwrap();
    fill(&group, &block, 0);
    let inside = block.at.add(64).unwrap();
    let unbacked = Offset::new(list.base().get() + 40 * MB);
    let places = [Offset::NONE, Offset::new(64), Offset::new(u64::MAX), inside, unbacked];
    for at in places.into_iter().chain(block.at.add(1)).chain([list.base()]) {
        assert_eq!(group.test_free(at), Err(FreeError::NotABlock { at }));
        assert_eq!(group.validate(at), Err(FreeError::NotABlock { at }));
        let error = group.test_resize(at, 100, 0).unwrap_err();
        assert_eq!(error, AllocError::Block(FreeError::NotABlock { at }));
    }
}

#[test]
fn a_block_shrinks_and_grows_in_place_while_there_is_room() {
    let (group, platform, _) = group();
    let block = group.allocate(&AllocRequest::new(8192)).unwrap();
    fill(&group, &block, 7);
    let small = group.test_resize(block.at, 100, 0).unwrap();
    assert_eq!((small.at, small.bytes), (block.at, 128));
    let big = group.test_resize(block.at, 64 << 10, 0).unwrap();
    assert_eq!((big.at, big.bytes), (block.at, 64 << 10));
    assert!(is_filled(&group, &small, 7));
    assert_sound(&group, platform);
}

#[test]
fn a_block_without_room_moves_with_its_content() {
    let (group, platform, _) = group();
    let block = group.allocate(&AllocRequest::new(1000)).unwrap();
    let wall = group.allocate(&AllocRequest::new(64)).unwrap();
    fill(&group, &block, 9);
    let moved = group.test_resize(block.at, 5000, 1024).unwrap();
    assert_ne!(moved.at, block.at);
    assert!(moved.at.get().is_multiple_of(1024));
    let front = Block { bytes: block.bytes, ..moved };
    assert!(is_filled(&group, &front, 9));
    assert_eq!(group.test_free(block.at), Err(FreeError::AlreadyFree { at: block.at }));
    group.test_free(moved.at).unwrap();
    group.test_free(wall.at).unwrap();
    assert_sound(&group, platform);
}

#[test]
fn a_resize_that_finds_no_memory_leaves_the_block() {
    let (group, _, _) = group();
    let block = group.allocate(&AllocRequest::new(1000)).unwrap();
    let before = snapshot(&group);
    let refused = group.test_resize(block.at, 100 * MB, 0);
    assert!(matches!(refused, Err(AllocError::NoMemory { .. })));
    assert_eq!(group.test_resize(block.at, 0, 0), Err(AllocError::ZeroBytes));
    assert!(snapshot(&group) == before);
}

#[test]
fn a_zeroed_block_is_zero_and_a_cleared_one_leaves_nothing() {
    let (group, _, _) = group();
    let keep = group.allocate(&AllocRequest::new(64)).unwrap();
    let first = group.allocate(&AllocRequest::new(4096)).unwrap();
    fill(&group, &first, u64::MAX);
    group.test_free(first.at).unwrap();
    let second = group.allocate_zeroed(&AllocRequest::new(4096)).unwrap();
    assert_eq!(second.at, first.at);
    assert!(is_filled(&group, &second, 0));
    fill(&group, &second, u64::MAX);
    group.test_free_cleared(second.at).unwrap();
    assert!(is_filled(&group, &Block { at: second.at.add(64).unwrap(), bytes: 4032, ..second }, 0));
    group.test_free(keep.at).unwrap();
}

#[test]
fn members_free_each_others_blocks() {
    let (group, platform, _) = group();
    let other = fake::join(group.window(), 1, platform);
    let ours = group.allocate(&AllocRequest::new(3 * MB)).unwrap();
    let theirs = other.allocate(&AllocRequest::new(100)).unwrap();
    let mut owners = Vec::new();
    group.walk_heaps(|facts| owners.extend(facts.owner)).unwrap();
    assert_eq!(owners.iter().map(|id: &ProcessId| id.slot()).collect::<Vec<_>>(), [0, 1]);
    other.test_free(ours.at).unwrap();
    group.test_free(theirs.at).unwrap();
    assert_sound(&group, platform);
    assert!(platform.committed.lock().unwrap().is_empty());
}

#[test]
fn the_biggest_free_block_can_be_had_whole() {
    let (group, platform, list) = group();
    reserve_grains(&group, &list, 4);
    let wall = group.allocate(&AllocRequest::new(MB)).unwrap();
    for request in [AllocRequest::new(1), AllocRequest::new(1).align(MB)] {
        let tx = group.begin().unwrap();
        let most = biggest_free(&tx, &request).unwrap();
        let block = allocate(&tx, &AllocRequest { bytes: most, ..request }).unwrap();
        assert_eq!(block.bytes, most);
        assert!(most > 5 * MB);
        drop(tx);
    }
    let tx = group.begin().unwrap();
    assert_eq!(biggest_free(&tx, &AllocRequest::new(1).node(Node::On(3))), Ok(0));
    assert_eq!(biggest_free(&tx, &AllocRequest::new(1).pages(Pages::Only(4096))), Ok(0));
    drop(tx);
    group.test_free(wall.at).unwrap();
    assert_sound(&group, platform);
}

#[test]
fn the_heap_tells_what_it_has_with_the_lock_and_without() {
    let (group, _, _) = group();
    assert_eq!(group.heap_stats(0), Err(StatsError::NoHeap { node: 0 }));
    let block = group.allocate(&AllocRequest::new(1000)).unwrap();
    let stats = group.heap_stats(0).unwrap();
    assert_eq!((stats.total_bytes, stats.busy_bytes), (2 * MB, 1024 + HEADER_BYTES));
    assert_eq!((stats.busy_count, stats.free_count), (1, 1));
    assert_eq!(stats.biggest_free_bytes, stats.free_bytes);
    let glance = group.heap_counters().unwrap()[0].unwrap();
    assert_eq!(HeapStats { biggest_free_bytes: stats.free_bytes, ..glance }, stats);
    let tx = group.begin().unwrap();
    assert_eq!(group.heap_counters(), None);
    drop(tx);
    group.test_free(block.at).unwrap();
}
