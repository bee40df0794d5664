//! Lists on a fake platform: adding, finding, backing, giving back.

use super::super::*;
use crate::fake::{self, FakePlatform};
use crate::group::{Group, GroupRegion};
use crate::offset::Offset;
use crate::platform::CommitError;

const MB: u64 = 1 << 20;

fn config(group: &Group, grains: usize) -> ListConfig<'static> {
    ListConfig {
        page_bytes: 2 * MB,
        grain_bytes: 2 * MB,
        node: 0,
        base: group.memseg_lists().place_for(2 * MB * grains as u64, 2 * MB).unwrap(),
        grains,
        limit: 0,
        flags: 0,
        path: "/dev/hugepages/phalanx_0",
    }
}

fn add(group: &Group, config: &ListConfig<'_>) -> Result<List, AddListError> {
    let tx = group.begin().unwrap();
    let list = MemsegLists::add(&tx, config)?;
    tx.commit();
    Ok(list)
}

fn group() -> (Group, &'static FakePlatform, List) {
    let (group, platform) = fake::group();
    let list = add(&group, &config(&group, 16)).unwrap();
    (group, platform, list)
}

#[test]
fn an_added_list_is_what_was_asked_for() {
    let (group, _) = fake::group();
    let wanted = ListConfig { limit: 6 * MB, node: 1, ..config(&group, 4) };
    let list = add(&group, &wanted).unwrap();
    assert_eq!((list.page_bytes(), list.grain_bytes(), list.node()), (2 * MB, 2 * MB, 1));
    assert_eq!((list.index(), list.grains(), list.base()), (0, 4, wanted.base));
    assert_eq!((list.range_bytes(), list.most_bytes(), list.backed_bytes()), (8 * MB, 6 * MB, 0));
    assert_eq!(list.path().as_str(), Some(wanted.path));
    assert_eq!(list.path().to_string(), wanted.path);
    assert!(!list.is_fixed());
    assert_eq!(group.memseg_lists().get(0).unwrap().base(), wanted.base);
    assert!(group.memseg_lists().get(1).is_none());
}

#[test]
fn a_longest_path_fits_and_a_longer_one_is_refused() {
    let (group, _) = fake::group();
    let longest = "x".repeat(255);
    let list = add(&group, &ListConfig { path: &longest, ..config(&group, 1) }).unwrap();
    assert_eq!(list.path().as_str(), Some(longest.as_str()));
    for path in ["x".repeat(256), "a\0b".to_string()] {
        let error = add(&group, &ListConfig { path: &path, ..config(&group, 1) }).unwrap_err();
        assert_eq!(error, AddListError::Path { len: path.len() });
    }
}

#[test]
fn what_is_no_list_is_refused_and_changes_nothing() {
    let (group, _, first) = group();
    let good = config(&group, 4);
    let refused = |config: ListConfig<'_>| add(&group, &config).unwrap_err();
    for (page_bytes, grain_bytes) in [(0, 0), (3000, 6000), (4096, 6000), (4096, 0), (2048, 2048)] {
        let error = refused(ListConfig { page_bytes, grain_bytes, ..good });
        assert_eq!(error, AddListError::Size { page_bytes, grain_bytes });
    }
    for grains in [0, GRAINS_MAX + 1] {
        assert_eq!(refused(ListConfig { grains, ..good }), AddListError::Grains { grains });
    }
    let bytes = 8 * MB;
    let inside = Offset::new(first.base().get() + 4 * MB);
    let end = Offset::new(group.window().len() as u64 - 4 * MB);
    for base in [Offset::NONE, inside, end, Offset::new(good.base.get() + 4096)] {
        let error = refused(ListConfig { base, ..good });
        assert_eq!(error, AddListError::Range { at: base, bytes });
    }
    assert_eq!(group.memseg_lists().iter().count(), 1);
}

#[test]
fn sixteen_lists_are_the_most() {
    let (group, _) = fake::group();
    for _ in 0..LISTS_MAX {
        add(&group, &config(&group, 1)).unwrap();
    }
    assert_eq!(add(&group, &config(&group, 1)).unwrap_err(), AddListError::NoPlace);
    assert_eq!(group.memseg_lists().totals().lists, LISTS_MAX);
}

#[test]
fn places_lie_behind_the_tables_and_beside_each_other() {
    let (group, _, list) = group();
    let lists = group.memseg_lists();
    assert!(list.base().get() >= size_of::<GroupRegion>() as u64);
    let next = lists.place_for(MB, 2 * MB).unwrap();
    assert_eq!(next.get(), list.base().get() + list.range_bytes());
    let rest = group.window().len() as u64 - next.get();
    assert_eq!(lists.place_for(rest, 2 * MB), Some(next));
    assert_eq!(lists.place_for(rest + 1, 2 * MB), None);
    assert_eq!(lists.place_for(u64::MAX, LIST_ALIGN), None);
}

#[test]
fn an_address_leads_to_its_list_and_its_page() {
    let (group, _, list) = group();
    let lists = group.memseg_lists();
    let at = Offset::<u8>::new(list.base().get() + 5 * MB);
    assert_eq!(lists.list_of(at).map(|found| found.index()), Some(0));
    assert_eq!(lists.page_of(at), None);
    let tx = group.begin().unwrap();
    back(&tx, &list, 2, 1, Keep::WhileUsed).unwrap();
    assert_eq!(lists.page_of(at), Some((Offset::new(list.base().get() + 4 * MB), 2 * MB)));
    for stray in [0, list.base().get() - 1, list.base().get() + list.range_bytes(), u64::MAX] {
        assert!(lists.list_of(Offset::<u8>::new(stray)).is_none());
    }
}

#[test]
fn backed_runs_are_walked_with_their_pages() {
    let (group, _, list) = group();
    let tx = group.begin().unwrap();
    back(&tx, &list, 1, 2, Keep::WhileUsed).unwrap();
    back(&tx, &list, 5, 1, Keep::Pinned).unwrap();
    tx.commit();
    let at = |grain: u64| list.base().get() + grain * 2 * MB;
    let runs: Vec<_> = list.runs().map(|run| (run.at.get(), run.bytes)).collect();
    assert_eq!(runs, [(at(1), 4 * MB), (at(5), 2 * MB)]);
    let pages: Vec<_> = group.memseg_lists().runs().flat_map(|run| run.pages()).collect();
    assert_eq!(pages.iter().map(|page| page.get()).collect::<Vec<_>>(), [at(1), at(2), at(5)]);
    assert_eq!(group.memseg_lists().totals().backed_bytes, 6 * MB);
    assert_eq!((list.changes(), list.pinned().count_used()), (2, 1));
}

#[test]
fn a_refused_growth_leaves_no_trace() {
    let (group, platform, list) = group();
    platform.free_bytes.store(MB, core::sync::atomic::Ordering::Relaxed);
    let tx = group.begin().unwrap();
    let error = back(&tx, &list, 0, 1, Keep::WhileUsed).unwrap_err();
    assert_eq!(error, BackError::Commit(CommitError::NotEnough { free: MB }));
    assert_eq!(group.region().lock.len.own(), 0);
    tx.commit();
    assert_eq!(list.backed().count_used(), 0);
    assert_eq!(group.give_back_memory(), Ok(0));
}

#[test]
fn grains_are_backed_once_and_within_the_limit() {
    let (group, _) = fake::group();
    let list = add(&group, &ListConfig { limit: 6 * MB, ..config(&group, 8) }).unwrap();
    let tx = group.begin().unwrap();
    back(&tx, &list, 2, 2, Keep::WhileUsed).unwrap();
    for (first, count) in [(0, 3), (3, 1), (8, 1), (7, 2), (0, 0)] {
        let error = back(&tx, &list, first, count, Keep::WhileUsed).unwrap_err();
        assert!(matches!(error, BackError::Mark(MarkError::Range { .. })), "{first} {count}");
    }
    let error = back(&tx, &list, 4, 2, Keep::WhileUsed).unwrap_err();
    assert_eq!(error, BackError::Limit { limit: 6 * MB });
    back(&tx, &list, 4, 1, Keep::WhileUsed).unwrap();
}

#[test]
fn an_undone_growth_is_given_back() {
    let (group, platform, list) = group();
    let tx = group.begin().unwrap();
    back(&tx, &list, 0, 3, Keep::WhileUsed).unwrap();
    drop(tx);
    assert_eq!((list.backed_bytes(), platform.committed.lock().unwrap().len()), (0, 1536));
    assert_eq!(group.give_back_memory(), Ok(6 * MB));
    assert!(platform.committed.lock().unwrap().is_empty());
}

#[test]
fn an_undone_shrink_gives_nothing_back() {
    let (group, platform, list) = group();
    let tx = group.begin().unwrap();
    back(&tx, &list, 0, 3, Keep::WhileUsed).unwrap();
    tx.commit();
    let tx = group.begin().unwrap();
    unback(&tx, &list, 1, 1).unwrap();
    drop(tx);
    assert_eq!(group.give_back_memory(), Ok(0));
    assert_eq!((list.backed_bytes(), platform.committed.lock().unwrap().len()), (6 * MB, 1536));
}

#[test]
fn what_a_sealed_process_may_not_give_back_stays_for_another() {
    let (group, platform, list) = group();
    let tx = group.begin().unwrap();
    back(&tx, &list, 0, 3, Keep::WhileUsed).unwrap();
    drop(tx);
    platform.sealed.store(true, core::sync::atomic::Ordering::Relaxed);
    assert_eq!(group.give_back_memory(), Ok(0));
    assert_eq!(platform.committed.lock().unwrap().len(), 1536);
    platform.sealed.store(false, core::sync::atomic::Ordering::Relaxed);
    assert_eq!(group.give_back_memory(), Ok(6 * MB));
    assert!(platform.committed.lock().unwrap().is_empty());
    assert_eq!(list.backed_bytes(), 0);
}

#[test]
fn what_a_dead_process_had_in_hand_is_given_back() {
    let (group, platform, list) = group();
    let other = fake::join(group.window(), 1, platform);
    let tx = other.begin().unwrap();
    back(&tx, &list, 3, 2, Keep::WhileUsed).unwrap();
    core::mem::forget(tx);
    platform.dead.lock().unwrap().insert(1);
    assert_eq!(group.give_back_memory(), Ok(4 * MB));
    assert_eq!(list.backed_bytes(), 0);
    assert!(platform.committed.lock().unwrap().is_empty());
}

#[test]
fn words_that_make_no_list_are_no_list() {
    let (group, _, list) = group();
    let raw = &group.region().lists[0];
    let damage = [
        (&raw.page_bytes, 4095),
        (&raw.grain_bytes, 0),
        (&raw.grains, u64::MAX),
        (&raw.base, list.base().get() + 1),
        (&raw.node, u64::MAX),
    ];
    for (word, value) in damage {
        let good = word.get();
        word.write(value);
        assert!(group.memseg_lists().get(0).is_none());
        assert_eq!(group.memseg_lists().totals().lists, 0);
        word.write(good);
    }
    assert!(group.memseg_lists().get(0).is_some());
}
