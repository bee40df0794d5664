//! The cases of the reference's `fbarray_autotest` (FB-4), under its names where it has any.

use super::super::bitmap::{Bit, Bitmap, FindError, MarkError};
use crate::fake;
use crate::sync::Guarded;

/// As in the reference: 256 elements, and a table that does not end at a word's end.
const LEN: usize = 256;
const UNALIGNED: usize = 100;

/// Makes bits `first..end` used, for each pair.
fn table(words: &[Guarded], len: usize, used: &[(usize, usize)]) {
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    let table = Bitmap::new(words, len).unwrap();
    for (first, end) in used {
        table.mark(&tx, *first, end - first, Bit::Used).unwrap();
    }
    tx.commit();
}

fn words() -> [Guarded; 4] {
    [0, 0, 0, 0].map(Guarded::new)
}

/// The reference's `test_find` on one used run: every finder from every side of it.
fn check_one_run(first: usize, end: usize) {
    let words = words();
    table(&words, LEN, &[(first, end)]);
    let table = Bitmap::new(&words, LEN).unwrap();
    let (last, run) = (end - 1, end - first);
    assert_eq!(table.count_used(), run);
    assert_eq!(table.find_next(0, Bit::Used), Ok(first));
    assert_eq!(table.find_prev(LEN - 1, Bit::Used), Ok(last));
    assert_eq!(table.run_from(first, Bit::Used), Ok(run));
    assert_eq!(table.run_back(last, Bit::Used), Ok(run));
    assert_eq!(table.run_from(first, Bit::Free), Ok(0));
    assert_eq!(table.find_next_run(0, run, Bit::Used), Ok(first));
    assert_eq!(table.find_prev_run(LEN - 1, run, Bit::Used), Ok(first));
    assert_eq!(table.find_biggest(0, Bit::Used), Ok(first));
    assert_eq!(table.find_biggest_back(LEN - 1, Bit::Used), Ok(first));
    let none = Err(FindError::None(Bit::Used));
    if first + 1 < LEN {
        assert_eq!(table.find_next_run(first + 1, run, Bit::Used), none);
    }
    if last > 0 {
        assert_eq!(table.find_prev_run(last - 1, run, Bit::Used), none);
    }
    if first > 0 {
        assert_eq!(table.find_prev(first, Bit::Free), Ok(first - 1));
        assert_eq!(table.run_back(first - 1, Bit::Free), Ok(first));
        assert_eq!(table.find_prev(first - 1, Bit::Used), none);
    }
    if end < LEN {
        assert_eq!(table.find_next(last, Bit::Free), Ok(end));
        assert_eq!(table.run_from(end, Bit::Free), Ok(LEN - end));
        assert_eq!(table.find_next(end, Bit::Used), none);
    }
}

#[test]
fn case_1_arguments_that_make_no_sense_are_refused() {
    let words = words();
    assert!(Bitmap::new(&words, 0).is_none());
    assert!(Bitmap::new(&words, LEN + 1).is_none());
    let table = Bitmap::new(&words, LEN).unwrap();
    for kind in [Bit::Free, Bit::Used] {
        let none = FindError::NoSuchIndex { index: LEN, len: LEN };
        let finders = [Bitmap::find_next, Bitmap::find_prev, Bitmap::find_biggest];
        let more = [Bitmap::find_biggest_back, Bitmap::run_from, Bitmap::run_back];
        for finder in finders.into_iter().chain(more) {
            assert_eq!(finder(table, LEN, kind), Err(none));
        }
        for finder in [Bitmap::find_next_run, Bitmap::find_prev_run] {
            assert_eq!(finder(table, LEN, 1, kind), Err(none));
            assert_eq!(finder(table, 0, 0, kind), Err(FindError::EmptyRun));
            let too_long = FindError::RunTooLong { run: LEN + 1, len: LEN };
            assert_eq!(finder(table, 0, LEN + 1, kind), Err(too_long));
        }
    }
    assert!(table.is_set(LEN).is_err());
    assert!(FindError::None(Bit::Free).to_string().contains("free some first"));
}

#[test]
fn case_2_bits_are_set_and_cleared() {
    let words = words();
    table(&words, LEN, &[(0, 1), (63, 65), (255, 256)]);
    let table = Bitmap::new(&words, LEN).unwrap();
    let set: Vec<_> = (0..LEN).filter(|i| table.is_set(*i) == Ok(true)).collect();
    assert_eq!(set, [0, 63, 64, 255]);
    let (group, _) = fake::group();
    let tx = group.begin().unwrap();
    table.mark(&tx, 0, LEN, Bit::Free).unwrap();
    assert_eq!(table.count_used(), 0);
    for (first, count) in [(LEN, 1), (0, 0), (255, 2), (usize::MAX, 2)] {
        let range = MarkError::Range { first, count, len: LEN };
        assert_eq!(table.mark(&tx, first, count, Bit::Used), Err(range));
    }
}

#[test]
fn case_3_a_run_in_the_first_word() {
    check_one_run(3, 10);
}

#[test]
fn case_4_a_run_across_two_words() {
    check_one_run(60, 70);
}

#[test]
fn case_5_a_run_across_many_words() {
    check_one_run(10, 250);
}

#[test]
fn case_6_a_run_in_the_last_word() {
    check_one_run(200, 250);
}

#[test]
fn case_7_a_run_that_is_one_word_whole() {
    check_one_run(64, 128);
}

#[test]
fn case_8_a_run_at_the_very_beginning() {
    check_one_run(0, 1);
    check_one_run(0, 65);
}

#[test]
fn case_9_a_run_at_the_very_end() {
    check_one_run(255, 256);
    check_one_run(190, 256);
}

#[test]
fn case_10_a_full_table_has_nothing_free() {
    check_one_run(0, LEN);
    let words = words();
    table(&words, LEN, &[(0, LEN)]);
    let table = Bitmap::new(&words, LEN).unwrap();
    let none = Err(FindError::None(Bit::Free));
    assert_eq!(table.find_next(0, Bit::Free), none);
    assert_eq!(table.find_prev(LEN - 1, Bit::Free), none);
    assert_eq!(table.find_next_run(0, 1, Bit::Free), none);
    assert_eq!(table.find_prev_run(LEN - 1, 1, Bit::Free), none);
    assert_eq!(table.find_biggest(0, Bit::Free), none);
    assert_eq!(table.find_biggest_back(LEN - 1, Bit::Free), none);
}

#[test]
fn case_11_an_empty_table_has_nothing_used() {
    let words = words();
    let table = Bitmap::new(&words, LEN).unwrap();
    let none = Err(FindError::None(Bit::Used));
    assert_eq!(table.find_next(0, Bit::Used), none);
    assert_eq!(table.find_prev(LEN - 1, Bit::Used), none);
    assert_eq!(table.find_next_run(0, LEN, Bit::Used), none);
    assert_eq!(table.find_prev_run(LEN - 1, LEN, Bit::Used), none);
    assert_eq!(table.find_biggest(0, Bit::Used), none);
    assert_eq!(table.run_from(0, Bit::Free), Ok(LEN));
    assert_eq!(table.run_back(LEN - 1, Bit::Free), Ok(LEN));
    assert_eq!(table.find_next_run(0, LEN, Bit::Free), Ok(0));
    assert_eq!(table.find_prev_run(LEN - 1, LEN, Bit::Free), Ok(0));
}

#[test]
fn case_12_a_run_is_found_from_its_own_middle() {
    let words = words();
    table(&words, LEN, &[(10, 200)]);
    let table = Bitmap::new(&words, LEN).unwrap();
    assert_eq!(table.find_next_run(50, 100, Bit::Used), Ok(50));
    assert_eq!(table.find_prev_run(150, 100, Bit::Used), Ok(51));
    assert_eq!(table.run_from(130, Bit::Used), Ok(70));
    assert_eq!(table.run_back(130, Bit::Used), Ok(121));
}

#[test]
fn case_13_a_broken_run_counts_for_its_pieces() {
    let words = words();
    table(&words, LEN, &[(10, 80), (81, 140)]);
    let table = Bitmap::new(&words, LEN).unwrap();
    assert_eq!(table.find_next_run(0, 70, Bit::Used), Ok(10));
    assert_eq!(table.find_next_run(0, 71, Bit::Used), Err(FindError::None(Bit::Used)));
    assert_eq!(table.find_next_run(11, 59, Bit::Used), Ok(11));
    assert_eq!(table.find_next_run(22, 59, Bit::Used), Ok(81));
    assert_eq!(table.find_prev_run(138, 58, Bit::Used), Ok(81));
    assert_eq!(table.find_prev_run(138, 59, Bit::Used), Ok(21));
    assert_eq!(table.run_from(80, Bit::Free), Ok(1));
}

#[test]
fn case_14_the_biggest_of_several_is_found_from_both_sides() {
    let words = words();
    table(&words, LEN, &[(0, 5), (20, 30), (100, 110), (250, 256)]);
    let table = Bitmap::new(&words, LEN).unwrap();
    assert_eq!(table.find_biggest(0, Bit::Used), Ok(20));
    assert_eq!(table.find_biggest(21, Bit::Used), Ok(100));
    assert_eq!(table.find_biggest_back(255, Bit::Used), Ok(100));
    assert_eq!(table.find_biggest_back(28, Bit::Used), Ok(20));
    assert_eq!(table.find_biggest_back(23, Bit::Used), Ok(0));
    assert_eq!(table.find_biggest(0, Bit::Free), Ok(110));
    assert_eq!(table.find_biggest_back(99, Bit::Free), Ok(30));
}

#[test]
fn case_15_a_table_that_ends_inside_a_word_ends_there() {
    let words = [Guarded::new(0), Guarded::new(!0 << 36)];
    let table = Bitmap::new(&words, UNALIGNED).unwrap();
    assert_eq!(table.count_used(), 0);
    assert_eq!(table.find_next(0, Bit::Used), Err(FindError::None(Bit::Used)));
    assert_eq!(table.run_from(0, Bit::Free), Ok(UNALIGNED));
    assert_eq!(table.find_biggest(99, Bit::Free), Ok(99));
}

#[test]
fn case_16_the_last_bits_of_an_unaligned_table_are_found() {
    let words = words();
    table(&words, UNALIGNED, &[(90, 100)]);
    let table = Bitmap::new(&words, UNALIGNED).unwrap();
    assert_eq!(table.run_from(90, Bit::Used), Ok(10));
    assert_eq!(table.find_prev_run(99, 10, Bit::Used), Ok(90));
    assert_eq!(table.find_next(90, Bit::Free), Err(FindError::None(Bit::Free)));
}
