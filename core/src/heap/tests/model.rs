//! Random requests against a model: a plain list of who has what.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::group::flags;

#[derive(Clone, Debug)]
enum Op {
    Allocate { bytes: u64, align: u64, bound: u64, node: Node, pages: Pages },
    Free(prop::sample::Index),
    Resize(prop::sample::Index, u64, u64),
    Reserve(usize),
}

fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 1u64..3000, 3 => 1u64..(300 << 10), 1 => 1u64..(3 * MB)]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let aligns = (0u32..15).prop_map(|shift| 1u64 << shift);
    let nodes = prop_oneof![Just(Node::Any), Just(Node::On(0)), Just(Node::Prefer(1))];
    let pages =
        prop_oneof![Just(Pages::Any), Just(Pages::Only(4096)), Just(Pages::Prefer(2 * MB)),];
    let bounds = prop_oneof![3 => Just(0u64), 1 => Just(1)];
    let allocate = (sizes(), aligns.clone(), bounds, nodes, pages).prop_map(
        |(bytes, align, bound, node, pages)| {
            let bound = if bound == 0 { 0 } else { bytes.next_power_of_two().max(64) };
            Op::Allocate { bytes, align, bound, node, pages }
        },
    );
    let index = any::<prop::sample::Index>;
    let op = prop_oneof![
        8 => allocate,
        6 => index().prop_map(Op::Free),
        3 => (index(), sizes(), aligns).prop_map(|(i, bytes, align)| Op::Resize(i, bytes, align)),
        1 => (1usize..4).prop_map(Op::Reserve),
    ];
    proptest::collection::vec(op, 1..120)
}

/// Blocks by place: each with the word it was filled with.
type Held = BTreeMap<u64, (Block, u64)>;

struct World {
    members: [Group; 2],
    platform: &'static FakePlatform,
    lists: [List; 3],
    held: Held,
    step: u64,
}

impl World {
    fn new(old: &Group, platform: &'static FakePlatform, flags: u32) -> Self {
        let group = renew(old, platform, flags);
        let lists = [(4096, 64 << 10, 48, 0), (2 * MB, 2 * MB, 6, 0), (4096, 4096, 256, 1)]
            .map(|(page, grain, grains, node)| add_list(&group, page, grain, grains, node));
        platform.free_bytes.store(12 * MB, core::sync::atomic::Ordering::Relaxed);
        let other = fake::join(group.window(), 1, platform);
        Self { members: [group, other], platform, lists, held: Held::new(), step: 1 }
    }

    fn apply(&mut self, op: &Op) {
        self.step += 1;
        let group = self.members[self.step as usize % 2];
        match *op {
            Op::Allocate { bytes, align, bound, node, pages } => {
                let request = AllocRequest { bytes, align, bound, node, pages };
                if let Ok(block) = allowed(group.allocate(&request)) {
                    check(&request, &block);
                    self.hold(&group, block);
                }
            }
            Op::Free(index) => {
                if let Some((block, with)) = self.pick(index) {
                    assert!(is_filled(&group, &block, with));
                    group.test_free(block.at).unwrap();
                    self.held.remove(&block.at.get());
                }
            }
            Op::Resize(index, bytes, align) => self.resize(&group, index, bytes, align),
            Op::Reserve(grains) => {
                let list = self.lists[self.step as usize % 3];
                let tx = group.begin().unwrap();
                if allowed(reserve(&tx, &list, grains)).is_ok() {
                    tx.commit();
                }
            }
        }
        assert_sound(&group, self.platform);
    }

    fn resize(&mut self, group: &Group, index: prop::sample::Index, bytes: u64, align: u64) {
        let Some((old, with)) = self.pick(index) else { return };
        let Ok(block) = allowed(group.test_resize(old.at, bytes, align)) else { return };
        check(&AllocRequest::new(bytes).align(align), &block);
        let kept = Block { bytes: old.bytes.min(block.bytes), ..block };
        assert!(is_filled(group, &kept, with));
        self.held.remove(&old.at.get());
        self.hold(group, block);
    }

    fn pick(&self, index: prop::sample::Index) -> Option<(Block, u64)> {
        let count = self.held.len();
        (count > 0).then(|| *self.held.values().nth(index.index(count)).unwrap())
    }

    fn hold(&mut self, group: &Group, block: Block) {
        let (at, end) = (block.at.get(), block.at.get() + block.bytes);
        if let Some((_, (before, _))) = self.held.range(..end).next_back() {
            assert!(before.at.get() + before.bytes + HEADER_BYTES <= at, "{before:?} {block:?}");
        }
        fill(group, &block, self.step);
        self.held.insert(at, (block, self.step));
    }
}

/// Lets the error pass that a small world has a right to.
fn allowed<T>(result: Result<T, AllocError>) -> Result<T, ()> {
    result.map_err(|error| assert!(matches!(error, AllocError::NoMemory { .. }), "{error}"))
}

fn check(request: &AllocRequest, block: &Block) {
    let at = block.at.get();
    assert_eq!(block.bytes, request.bytes.next_multiple_of(64));
    assert!(at.is_multiple_of(request.align.max(64)));
    let (first, last) = (at, at + block.bytes - 1);
    assert_eq!(first.checked_div(request.bound), last.checked_div(request.bound));
    if let Node::On(node) = request.node {
        assert_eq!(block.node, node);
    }
    if let Pages::Only(mask) = request.pages {
        assert_ne!(mask & block.page_bytes, 0);
    }
}

fn run(old: &Group, platform: &'static FakePlatform, flags: u32, ops: &[Op]) {
    let mut world = World::new(old, platform, flags);
    for op in ops {
        world.apply(op);
    }
    let group = world.members[0];
    for (block, with) in core::mem::take(&mut world.held).into_values() {
        assert!(is_filled(&group, &block, with));
        group.test_free(block.at).unwrap();
    }
    assert_sound(&group, world.platform);
    for list in world.lists {
        assert_eq!(list.backed().count_used(), list.pinned().count_used());
    }
    let stats = group.heap_counters().unwrap();
    assert!(stats.iter().flatten().all(|heap| (heap.busy_bytes, heap.busy_count) == (0, 0)));
}

#[test]
fn the_heap_does_what_the_model_does() {
    let (group, platform) = fake::group();
    proptest!(ProptestConfig::with_cases(200), |(ops in ops())| run(&group, platform, 0, &ops));
}

#[test]
fn the_heap_does_what_the_model_does_with_matched_growth() {
    let (group, platform) = fake::group();
    let matched = flags::MATCH_ALLOCATIONS;
    proptest!(ProptestConfig::with_cases(200), |(ops in ops())| run(&group, platform, matched, &ops));
}
