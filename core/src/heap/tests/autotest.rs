//! The cases of the reference's `malloc_autotest` that are not said elsewhere (MH-2).

use super::*;

/// Small numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % end
    }
}

#[test]
fn zeroed_blocks_of_every_alignment_are_zero() {
    let (group, platform, _) = group();
    for shift in 0..13 {
        let block = group.allocate_zeroed(&AllocRequest::new(1000).align(1 << shift)).unwrap();
        assert!(block.at.get().is_multiple_of(1 << shift));
        assert!(is_filled(&group, &block, 0));
        fill(&group, &block, u64::MAX);
        if shift % 2 == 0 {
            group.test_free(block.at).unwrap();
        }
    }
    assert_sound(&group, platform);
}

#[test]
fn resizing_step_by_step_keeps_the_content() {
    let (group, platform, _) = group();
    let mut block = group.allocate(&AllocRequest::new(1024)).unwrap();
    fill(&group, &block, 0x1234);
    let walls: Vec<_> = [1024, 1024, 2 * MB]
        .into_iter()
        .flat_map(|bytes| {
            let wall = group.allocate(&AllocRequest::new(64)).unwrap();
            block = group.test_resize(block.at, bytes, 1024).unwrap();
            let front = Block { bytes: 1024, ..block };
            assert!(block.at.get().is_multiple_of(1024) && is_filled(&group, &front, 0x1234));
            group.audit_heaps().unwrap();
            [wall]
        })
        .collect();
    for bytes in [MB, 4096, 1024, 64] {
        let at = block.at;
        block = group.test_resize(block.at, bytes, 64).unwrap();
        assert_eq!((block.at, block.bytes), (at, bytes));
        assert!(is_filled(&group, &Block { bytes: 64, ..block }, 0x1234));
        assert_sound(&group, platform);
    }
    walls.iter().for_each(|wall| group.test_free(wall.at).unwrap());
    group.test_free(block.at).unwrap();
    assert_sound(&group, platform);
}

#[test]
fn a_resize_for_a_wider_alignment_moves_the_block() {
    let (group, _, _) = group();
    let block = group.allocate(&AllocRequest::new(64)).unwrap();
    assert!(!block.at.get().is_multiple_of(4096));
    let moved = group.test_resize(block.at, 64, 4096).unwrap();
    assert!(moved.at.get().is_multiple_of(4096));
    assert_eq!(group.test_resize(moved.at, 64, 3).unwrap_err(), AllocError::BadAlign { align: 3 });
}

#[test]
fn aligned_blocks_do_not_overlap() {
    let (group, platform, _) = group();
    let mut blocks: Vec<_> = (0..40)
        .map(|i| group.allocate(&AllocRequest::new(1 + i * 37).align(1 << (i % 12))).unwrap())
        .collect();
    blocks.sort_by_key(|block| block.at.get());
    for pair in blocks.windows(2) {
        assert!(pair[0].at.get() + pair[0].bytes + HEADER_BYTES <= pair[1].at.get());
    }
    assert_sound(&group, platform);
}

#[test]
fn blocks_freed_in_any_order_become_one_again() {
    let orders: [[usize; 4]; 6] =
        [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1], [0, 2, 1, 3], [1, 2, 3, 0]];
    let (group, platform, list) = group();
    reserve_grains(&group, &list, 1);
    let whole = snapshot(&group).1;
    for order in orders {
        let blocks: [Block; 4] =
            core::array::from_fn(|i| group.allocate(&AllocRequest::new(100 << i)).unwrap());
        for i in order {
            group.test_free(blocks[i].at).unwrap();
            assert_sound(&group, platform);
        }
        assert_eq!(snapshot(&group).1, whole);
    }
}

#[test]
fn random_blocks_keep_what_was_written() {
    let (group, platform, _) = group();
    let (mut dice, mut held) = (Dice(1), Vec::new());
    for round in 0..3000u64 {
        if held.len() < 100 && dice.below(100) < 55 {
            let request = AllocRequest::new(1 + dice.below(20_000)).align(1 << dice.below(13));
            let block = group.allocate(&request).unwrap();
            fill(&group, &block, round);
            held.push((block, round));
        } else if !held.is_empty() {
            let index = dice.below(held.len() as u64) as usize;
            let (block, with) = held.swap_remove(index);
            assert!(is_filled(&group, &block, with), "round {round}");
            group.test_free(block.at).unwrap();
        }
    }
    assert_sound(&group, platform);
    held.iter().for_each(|(block, _)| group.test_free(block.at).unwrap());
    assert_sound(&group, platform);
    assert!(platform.committed.lock().unwrap().is_empty());
}

#[test]
fn figures_follow_every_block() {
    let (group, _, list) = group();
    reserve_grains(&group, &list, 2);
    let before = group.heap_stats(0).unwrap();
    assert_eq!((before.free_bytes, before.busy_count), (4 * MB, 0));
    let blocks: Vec<_> =
        [64, 1024, 65536].map(|n| group.allocate(&AllocRequest::new(n)).unwrap()).into();
    let during = group.heap_stats(0).unwrap();
    assert_eq!(during.busy_bytes, 64 + 1024 + 65536 + 3 * HEADER_BYTES);
    assert_eq!((during.busy_count, during.total_bytes), (3, before.total_bytes));
    blocks.iter().for_each(|block| group.test_free(block.at).unwrap());
    assert_eq!(group.heap_stats(0).unwrap(), before);
}

#[test]
fn threads_share_the_heap() {
    let (group, platform, _) = group();
    std::thread::scope(|scope| {
        for seed in 0..4 {
            scope.spawn(move || {
                let mut dice = Dice(seed);
                for _ in 0..200 {
                    let block = group.allocate(&AllocRequest::new(1 + dice.below(9000))).unwrap();
                    fill(&group, &block, seed);
                    assert!(is_filled(&group, &block, seed));
                    group.test_free(block.at).unwrap();
                }
            });
        }
    });
    group.give_back_memory().unwrap();
    assert_sound(&group, platform);
    assert!(platform.committed.lock().unwrap().is_empty());
}
