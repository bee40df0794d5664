//! What the heap promises, on a fake platform.

mod autotest;
mod blocks;
mod crash;
mod damage;
mod growth;
mod model;
mod pages;

use std::collections::BTreeSet;

use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::{Group, GroupConfig, GroupRegion, Phase};
use crate::memseg::{List, ListConfig, MemsegLists};
use crate::offset::Offset;
use crate::sync::Word64;

const MB: u64 = 1 << 20;

/// A list of `grains` grains, added and committed.
fn add_list(group: &Group, page_bytes: u64, grain_bytes: u64, grains: usize, node: u32) -> List {
    add_list_with(group, page_bytes, grain_bytes, grains, node, 0)
}

fn add_list_with(
    group: &Group,
    page_bytes: u64,
    grain_bytes: u64,
    grains: usize,
    node: u32,
    flags: u64,
) -> List {
    let base = group.memseg_lists().place_for(grain_bytes * grains as u64, 2 * MB).unwrap();
    let config = ListConfig {
        page_bytes,
        grain_bytes,
        node,
        base,
        grains,
        limit: 0,
        flags,
        path: "/dev/hugepages/phalanx_test",
    };
    let tx = group.begin().unwrap();
    let list = MemsegLists::add(&tx, &config).unwrap();
    tx.commit();
    list
}

/// A group with one list of 32 pages of 2 MB on node 0.
fn group() -> (Group, &'static FakePlatform, List) {
    let (group, platform) = fake::group();
    let list = add_list(&group, 2 * MB, 2 * MB, 32, 0);
    (group, platform, list)
}

/// Starts a group of 2 MB pages with `flags`.
fn group_with(flags: u32) -> (Group, &'static FakePlatform, List) {
    let (group, platform, list) = group();
    group.region().header.flags.set(flags);
    (group, platform, list)
}

/// Makes a new group in the window of an old one, so that a thousand cases cost one window.
/// What the old one left on its grains stays there.
fn renew(old: &Group, platform: &'static FakePlatform, flags: u32) -> Group {
    let (window, header) = (old.window(), &old.region().header);
    header.magic.set(0);
    let rest = size_of::<GroupRegion>() / 8 - 1;
    let words: &[Word64] = window.slice(Offset::new(8), rest).unwrap();
    words.iter().for_each(|word| word.set(0));
    let config = GroupConfig {
        group_id: 1,
        flags,
        creator_pid: 1,
        created_ns: 0,
        tsc_hz: 0,
        window_base: crate::window::BASE as u64,
    };
    GroupRegion::format(window, &config).unwrap().set_phase(Phase::Ready);
    platform.committed.lock().unwrap().clear();
    platform.free_bytes.store(1 << 30, core::sync::atomic::Ordering::Relaxed);
    fake::join(window, 0, platform)
}

fn reserve_grains(group: &Group, list: &List, grains: usize) {
    let tx = group.begin().unwrap();
    reserve(&tx, list, grains).unwrap();
    tx.commit();
}

/// The heap is sound, and the platform has backed what the bitmaps say and nothing else.
fn assert_sound(group: &Group, platform: &FakePlatform) {
    group.audit_heaps().unwrap();
    let pages = |run: crate::memseg::Run| {
        let first = (run.at.get() - run.list.base().get()) / 4096;
        (first..first + run.bytes / 4096).map(move |page| (run.list.index(), page))
    };
    let wanted: BTreeSet<_> = group.memseg_lists().runs().flat_map(pages).collect();
    assert_eq!(wanted, *platform.committed.lock().unwrap());
}

/// Everything that the heap and the lists say: words of the tables, and every element.
fn snapshot(group: &Group) -> (Vec<u64>, Vec<ElementFacts>) {
    let region = group.region();
    let mut words = Vec::new();
    for list in &region.lists {
        words.extend(list.backed.iter().chain(&list.pinned).map(|word| word.get()));
        words.extend([&list.committed, &list.changes, &list.page_bytes].map(|word| word.get()));
    }
    for heap in &region.heaps {
        words.extend(heap.free.iter().map(|word| word.get()));
        let Heap { used, node, total_bytes, busy_bytes, busy_count, free_count, .. } = heap;
        let counters = [used, node, total_bytes, busy_bytes, busy_count, free_count];
        words.extend(counters.map(|word| word.get()));
    }
    let mut elements = Vec::new();
    group.walk_heaps(|facts| elements.push(*facts)).unwrap();
    (words, elements)
}

/// The bytes of a block, as atomics: what its holder may write.
fn words(group: &Group, block: &Block) -> &'static [Word64] {
    group.window().slice(block.at.cast(), block.bytes as usize / 8).unwrap()
}

fn fill(group: &Group, block: &Block, with: u64) {
    words(group, block).iter().for_each(|word| word.set(with));
}

fn is_filled(group: &Group, block: &Block, with: u64) -> bool {
    words(group, block).iter().all(|word| word.get() == with)
}
