//! What a stray write does to the heap: an error each, never a panic and never a hang.

use proptest::prelude::*;

use super::*;
use crate::sync::Guarded;

/// Three blocks with free elements around them, and every word of the heap's own.
fn wounded(
    old: &Group,
    platform: &'static FakePlatform,
) -> (Group, Vec<Block>, Vec<&'static Guarded>) {
    let group = renew(old, platform, 0);
    let list = add_list(&group, 2 * MB, 2 * MB, 32, 0);
    reserve_grains(&group, &list, 2);
    let blocks: Vec<_> = [64, 4096, 64, 100_000, 64]
        .map(|bytes| group.allocate(&AllocRequest::new(bytes)).unwrap())
        .into();
    group.test_free(blocks[1].at).unwrap();
    group.test_free(blocks[3].at).unwrap();
    let mut words = Vec::new();
    group
        .walk_heaps(|facts| {
            let header = Offset::<Element>::new(facts.at.get() - HEADER_BYTES);
            let head = group.window().resolve(header).unwrap();
            let Element { state, bytes, before, place, next_free, prev_free, owner, matched } =
                head;
            words.extend([state, bytes, before, place, next_free, prev_free, owner, matched]);
        })
        .unwrap();
    let heap = &group.region().heaps[0];
    words.extend(&heap.free);
    words.extend([&heap.used, &heap.node, &heap.free_count, &heap.busy_count, &heap.total_bytes]);
    let raw = &group.region().lists[0];
    words.extend([&raw.committed, &raw.backed[0], &raw.pinned[0], &raw.grains, &raw.grain_bytes]);
    (group, blocks, words)
}

/// Uses the heap in every way; any answer is right.
fn use_everything(group: &Group, blocks: &[Block]) {
    let _ = group.audit_heaps();
    let _ = group.heap_stats(0);
    let _ = group.heap_counters();
    for bytes in [64, 5000, 3 * MB] {
        for align in [64, 4096] {
            let _ = group.allocate(&AllocRequest::new(bytes).align(align));
        }
    }
    for block in blocks {
        let _ = group.validate(block.at);
        let _ = group.test_resize(block.at, 9000, 64);
        let _ = group.test_free(block.at);
    }
    let _ = group.give_back_memory();
    let _ = group.walk_heaps(|_| {});
}

#[test]
fn an_audit_names_what_is_damaged() {
    let (old, platform) = fake::group();
    let (group, blocks, _) = wounded(&old, platform);
    let header = blocks[2].at.get() - HEADER_BYTES;
    let head = group.window().resolve(Offset::<Element>::new(header)).unwrap();
    let damage = |word: &Guarded, value: u64| {
        let good = word.get();
        word.write(value);
        let error = group.audit_heaps().unwrap_err();
        word.write(good);
        group.audit_heaps().unwrap();
        let AuditError::Damaged(damage) = error else { panic!("{error}") };
        assert!(damage.to_string().contains("wrote past a block"), "{damage}");
        damage
    };
    assert_eq!(damage(&head.state, 7), Damage { at: header, fault: Fault::State(7) });
    assert_eq!(damage(&head.bytes, 7), Damage { at: header, fault: Fault::Size(7) });
    assert_eq!(damage(&head.before, 64), Damage { at: header, fault: Fault::Link(64) });
    let elsewhere = 3 << 32;
    assert_eq!(damage(&head.place, elsewhere).fault, Fault::Place(elsewhere));
    assert!(matches!(damage(&head.state, state::FREE).fault, Fault::Unmerged));
    let heap = &group.region().heaps[0];
    let busy = heap.busy_count.get();
    let what = Fault::Count { what: "busy elements", says: busy + 1, counted: busy };
    assert_eq!(damage(&heap.busy_count, busy + 1).fault, what);
    let raw = &group.region().lists[0];
    assert!(matches!(damage(&raw.committed, 9).fault, Fault::Count { says: 9, counted: 2, .. }));
    assert!(matches!(damage(&raw.pinned[0], 0xff).fault, Fault::Count { counted: 6, .. }));
}

#[test]
fn a_loop_in_a_free_list_ends() {
    let (old, platform) = fake::group();
    let (group, blocks, _) = wounded(&old, platform);
    let header = blocks[1].at.get() - HEADER_BYTES;
    let head = group.window().resolve(Offset::<Element>::new(header)).unwrap();
    head.next_free.write(header);
    group.region().heaps[0].free_count.write(u64::MAX);
    let error = group.allocate(&AllocRequest::new(4500)).unwrap_err();
    assert!(matches!(error, AllocError::Damaged(Damage { fault: Fault::FreeList(_), .. })));
    assert!(group.heap_stats(0).is_err());
}

#[test]
fn a_free_beside_a_damaged_neighbour_is_refused_and_changes_nothing() {
    let (old, platform) = fake::group();
    let (group, blocks, _) = wounded(&old, platform);
    let header = blocks[3].at.get() - HEADER_BYTES;
    let head = group.window().resolve(Offset::<Element>::new(header)).unwrap();
    head.state.write(7);
    let error = group.test_free(blocks[2].at).unwrap_err();
    assert_eq!(error, FreeError::Damaged(Damage { at: header, fault: Fault::State(7) }));
    head.state.write(state::FREE);
    group.audit_heaps().unwrap();
}

#[test]
fn no_stray_word_makes_the_heap_panic_or_hang() {
    let (old, platform) = fake::group();
    let strays = proptest::collection::vec((any::<prop::sample::Index>(), stray()), 1..4);
    proptest!(ProptestConfig::with_cases(500), |(strays in strays)| {
        let (group, blocks, words) = wounded(&old, platform);
        for (index, (kind, noise)) in strays {
            let word = words[index.index(words.len())];
            word.write(match kind {
                0 => noise,
                1 => word.get() ^ (1 << (noise % 64)),
                2 => words[noise as usize % words.len()].get(),
                _ => word.get().wrapping_add(noise % 5 * 64).wrapping_sub(128),
            });
        }
        use_everything(&group, &blocks);
    });
}

fn stray() -> impl Strategy<Value = (u8, u64)> {
    (0u8..4, prop_oneof![any::<u64>(), 0u64..1000])
}
