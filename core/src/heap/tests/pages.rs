//! Which node and which pages a block gets.

use super::*;

/// 4 KB pages in 64 KB grains and 2 MB pages on nodes 0 and 1.
fn group() -> (Group, &'static FakePlatform, [List; 4]) {
    let (group, platform) = fake::group();
    let lists = [(2 * MB, 0), (4096, 0), (2 * MB, 1), (4096, 1)]
        .map(|(page, node)| add_list(&group, page, page.max(64 << 10), 16, node));
    (group, platform, lists)
}

#[test]
fn a_node_asked_for_is_the_node_had() {
    let (group, platform, _) = group();
    let block = group.allocate(&AllocRequest::new(64).node(Node::On(1))).unwrap();
    assert_eq!(block.node, 1);
    assert_eq!(group.allocate(&AllocRequest::new(64)).unwrap().node, 0);
    let error = group.allocate(&AllocRequest::new(64).node(Node::On(2))).unwrap_err();
    assert!(matches!(error, AllocError::NoMemory { refusal: Refusal::NoList, .. }), "{error}");
    assert_eq!(group.allocate(&AllocRequest::new(64).node(Node::Prefer(2))).unwrap().node, 0);
    assert_eq!(group.allocate(&AllocRequest::new(64).node(Node::Prefer(1))).unwrap().node, 1);
    assert_sound(&group, platform);
}

#[test]
fn a_full_node_hands_on_to_the_next_unless_it_was_asked_for_alone() {
    let (group, platform, _) = group();
    let all = AllocRequest::new(32 * MB - 64);
    let first = group.allocate(&all.node(Node::Prefer(1))).unwrap();
    let second = group.allocate(&all.node(Node::Prefer(1))).unwrap();
    assert_eq!((first.node, second.node), (1, 0));
    let error = group.allocate(&all.node(Node::On(1))).unwrap_err();
    assert!(error.to_string().contains("on node 1"), "{error}");
    assert_sound(&group, platform);
}

#[test]
fn a_page_size_asked_for_is_the_one_had() {
    let (group, platform, _) = group();
    let get = |bytes, pages| group.allocate(&AllocRequest::new(bytes).pages(pages));
    assert_eq!(get(64, Pages::Only(2 * MB)).unwrap().page_bytes, 2 * MB);
    assert_eq!(get(64, Pages::Only(4096)).unwrap().page_bytes, 4096);
    assert_eq!(get(64, Pages::Prefer(4096)).unwrap().page_bytes, 4096);
    assert_eq!(get(64, Pages::Prefer(1 << 30)).unwrap().node, 0);
    assert!(matches!(get(64, Pages::Only(1 << 30)), Err(AllocError::NoMemory { .. })));
    // 16 grains of 64 kB are 1 MB.
    assert!(matches!(get(2 * MB, Pages::Only(4096)), Err(AllocError::NoMemory { .. })));
    assert_eq!(get(2 * MB, Pages::Prefer(4096)).unwrap().page_bytes, 2 * MB);
    assert_sound(&group, platform);
}

#[test]
fn of_two_sizes_the_one_that_takes_less_memory_is_grown() {
    let (group, platform, lists) = group();
    let both = Pages::Only(4096 | (2 * MB));
    let small = group.allocate(&AllocRequest::new(64).pages(both)).unwrap();
    assert_eq!((small.page_bytes, lists[1].backed_bytes()), (4096, 64 << 10));
    // Sixteen big pages, or more than the small list has.
    let big = group.allocate(&AllocRequest::new(16 * MB - 64).pages(both)).unwrap();
    assert_eq!(big.page_bytes, 2 * MB);
    assert_sound(&group, platform);
}

#[test]
fn a_size_that_the_system_has_not_makes_way_for_the_next() {
    let (group, platform, lists) = group();
    platform.free_bytes.store(0, core::sync::atomic::Ordering::Relaxed);
    let error = group.allocate(&AllocRequest::new(64)).unwrap_err();
    assert!(matches!(error, AllocError::NoMemory { free_bytes: 0, .. }), "{error}");
    platform.free_bytes.store(2 * MB, core::sync::atomic::Ordering::Relaxed);
    // Node 0's small list is the cheaper one for 64 bytes; its limit sends it to the big one.
    let tx = group.begin().unwrap();
    tx.set(&group.region().lists[lists[1].index()].limit, 4096).unwrap();
    tx.commit();
    assert_eq!(group.allocate(&AllocRequest::new(64)).unwrap().page_bytes, 2 * MB);
    assert_sound(&group, platform);
}

#[test]
fn a_block_that_moves_stays_on_its_node_and_pages() {
    let (group, platform, _) = group();
    let request = AllocRequest::new(64).node(Node::On(1)).pages(Pages::Only(2 * MB));
    let block = group.allocate(&request).unwrap();
    let _wall = group.allocate(&request).unwrap();
    let moved = group.test_resize(block.at, 4096, 0).unwrap();
    assert_ne!(moved.at, block.at);
    assert_eq!((moved.node, moved.page_bytes), (1, 2 * MB));
    assert_sound(&group, platform);
}

#[test]
fn more_nodes_than_heaps_are_refused() {
    let (group, _) = fake::group();
    for node in 0..10 {
        add_list(&group, 4096, 4096, 4, node);
    }
    for node in 0..8 {
        group.allocate(&AllocRequest::new(64).node(Node::On(node))).unwrap();
    }
    let error = group.allocate(&AllocRequest::new(64).node(Node::On(9))).unwrap_err();
    assert!(matches!(error, AllocError::NoMemory { refusal: Refusal::TooManyNodes, .. }));
    let tx = group.begin().unwrap();
    assert!(set_limit(&tx, 9, 1).is_err());
}
