//! Every finder against a model of plain booleans.

use proptest::prelude::*;

use super::super::bitmap::{Bit, Bitmap, FindError};
use crate::fake;
use crate::sync::Guarded;

const WORDS: usize = 4;

struct Model(Vec<bool>);

impl Model {
    fn is(&self, i: usize, kind: Bit) -> bool {
        self.0[i] == (kind == Bit::Used)
    }
    /// Runs of `kind` that `from..` or `..=from` cuts out: (first, length).
    fn runs(&self, range: core::ops::Range<usize>, kind: Bit) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for i in range.filter(|i| self.is(*i, kind)) {
            match runs.last_mut() {
                Some((first, len)) if *first + *len == i => *len += 1,
                _ => runs.push((i, 1)),
            }
        }
        runs
    }
}

fn kinds() -> impl Strategy<Value = Bit> {
    prop_oneof![Just(Bit::Free), Just(Bit::Used)]
}

/// Words that are sparse, dense or noisy, so that long runs happen.
fn contents() -> impl Strategy<Value = [u64; WORDS]> {
    let word = prop_oneof![
        Just(0),
        Just(u64::MAX),
        any::<u64>(),
        (0u32..64).prop_map(|n| u64::MAX << n),
        (0u32..64).prop_map(|n| u64::MAX >> n),
    ];
    proptest::array::uniform(word)
}

proptest! {
    #[test]
    fn finders_say_what_the_model_says(
        contents in contents(), len in 1usize..=256, from in 0usize..256, run in 1usize..=256,
        kind in kinds(),
    ) {
        let words = contents.map(Guarded::new);
        let table = Bitmap::new(&words, len).unwrap();
        let model = Model((0..len).map(|i| contents[i / 64] >> (i % 64) & 1 == 1).collect());
        let none = FindError::None(kind);
        if from >= len {
            prop_assert!(table.find_next(from, kind).is_err());
            return Ok(());
        }
        let (up, down) = (model.runs(from..len, kind), model.runs(0..from + 1, kind));
        prop_assert_eq!(table.is_set(from), Ok(model.is(from, Bit::Used)));
        prop_assert_eq!(table.count_used(), model.0.iter().filter(|set| **set).count());
        prop_assert_eq!(table.find_next(from, kind), up.first().map(|r| r.0).ok_or(none));
        let last = down.last().map(|(first, len)| first + len - 1);
        prop_assert_eq!(table.find_prev(from, kind), last.ok_or(none));
        let contig = up.first().filter(|r| r.0 == from).map_or(0, |r| r.1);
        prop_assert_eq!(table.run_from(from, kind), Ok(contig));
        let contig = down.last().filter(|r| r.0 + r.1 == from + 1).map_or(0, |r| r.1);
        prop_assert_eq!(table.run_back(from, kind), Ok(contig));
        if run <= len {
            let next = up.iter().find(|r| r.1 >= run).map(|r| r.0);
            prop_assert_eq!(table.find_next_run(from, run, kind), next.ok_or(none));
            let prev = down.iter().rev().find(|r| r.1 >= run).map(|r| r.0 + r.1 - run);
            prop_assert_eq!(table.find_prev_run(from, run, kind), prev.ok_or(none));
        }
        let first = up.iter().rev().max_by_key(|r| r.1).map(|r| r.0);
        prop_assert_eq!(table.find_biggest(from, kind), first.ok_or(none));
        let last = down.iter().max_by_key(|r| r.1).map(|r| r.0);
        prop_assert_eq!(table.find_biggest_back(from, kind), last.ok_or(none));
    }
}

#[test]
fn any_marking_changes_exactly_its_range() {
    let (group, _) = fake::group();
    let ranges = (0usize..300, 0usize..300, kinds());
    proptest!(ProptestConfig::with_cases(500), |(
        contents in contents(), len in 1usize..=256, (first, count, kind) in ranges,
    )| {
        let words = contents.map(Guarded::new);
        let table = Bitmap::new(&words, len).unwrap();
        let before: Vec<_> = (0..256).map(|i| contents[i / 64] >> (i % 64) & 1 == 1).collect();
        let tx = group.begin().unwrap();
        let marked = table.mark(&tx, first, count, kind);
        tx.commit();
        prop_assert_eq!(marked.is_ok(), count > 0 && first + count <= len);
        for (i, old) in before.iter().enumerate() {
            let now = words[i / 64].get() >> (i % 64) & 1 == 1;
            let is_meant = marked.is_ok() && (first..first + count).contains(&i);
            prop_assert_eq!(now, if is_meant { kind == Bit::Used } else { *old });
        }
    });
}
