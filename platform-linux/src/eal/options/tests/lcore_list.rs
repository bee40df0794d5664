//! The grammar of `-l` and `--lcores` (`OP-1`, `LC-1`).

use super::*;
use crate::eal::options::LcoreMap;

#[track_caller]
fn map(list: &str) -> LcoreMap {
    let by_long = accepted(&["--lcores", list]).lcores;
    assert_eq!(accepted(&[&format!("-l{list}")]).lcores, by_long, "-l and --lcores differ");
    by_long
}

/// Asserts that the map is exactly this, lcore by lcore.
#[track_caller]
fn assert_map(list: &str, expected: &[(u16, &[u16])]) {
    let map = map(list);
    let found: Vec<(u16, Vec<u16>)> =
        map.iter().map(|lcore| (lcore.id, lcore.cpus.iter().collect())).collect();
    let expected: Vec<(u16, Vec<u16>)> =
        expected.iter().map(|(id, cpus)| (*id, cpus.to_vec())).collect();
    assert_eq!(found, expected, "{list}");
}

#[test]
fn the_example_gives_its_nine_lcores() {
    assert_map(
        "1,2@(5-7),(3-5)@(0,2),(0,6),7-8",
        &[
            (0, &[0, 6]),
            (1, &[1]),
            (2, &[5, 6, 7]),
            (3, &[0, 2]),
            (4, &[0, 2]),
            (5, &[0, 2]),
            (6, &[0, 6]),
            (7, &[7]),
            (8, &[8]),
        ],
    );
}

#[test]
fn a_list_of_ranges_runs_one_on_one() {
    assert_map("0-3,5", &[(0, &[0]), (1, &[1]), (2, &[2]), (3, &[3]), (5, &[5])]);
    assert_map("1-2,3", &[(1, &[1]), (2, &[2]), (3, &[3])]);
}

#[test]
fn a_bare_group_runs_all_on_all_and_a_bare_range_one_on_one() {
    assert_map("(0,6)", &[(0, &[0, 6]), (6, &[0, 6])]);
    assert_map("(7-8)", &[(7, &[7, 8]), (8, &[7, 8])]);
    assert_map("7-8", &[(7, &[7]), (8, &[8])]);
}

#[test]
fn an_lcore_may_run_on_a_bare_range_of_cpus() {
    assert_map("3@1-2,200@0", &[(3, &[1, 2]), (200, &[0])]);
}

#[test]
fn an_lcore_named_again_takes_the_later_cpus() {
    assert_map("0-1,(0,6)", &[(0, &[0, 6]), (1, &[1]), (6, &[0, 6])]);
    accepted(&["--lcores", "0-1,2@(5-7),(3-5)@(0,2),(0,6),7"]);
}

#[test]
fn a_range_may_run_downwards() {
    assert_map("3-1", &[(1, &[1]), (2, &[2]), (3, &[3])]);
}

#[test]
fn blanks_may_stand_around_numbers_and_signs() {
    let spaced = map(" 1 ,\t2 @ ( 5 - 7 ) , ( 0 , 6 ) ");
    assert_eq!(spaced, map("1,2@(5-7),(0,6)"));
}

#[test]
fn a_map_displays_as_the_list_that_gives_it() {
    let map_of_nine = map("1,2@(5-7),(3-5)@(0,2),(0,6),7-8");
    assert_eq!(map(&map_of_nine.to_string()), map_of_nine);
    assert_eq!(map("0@(4-7),1").to_string(), "0@(4-7),1");
}

#[test]
fn a_bad_list_is_refused_with_place_and_reason() {
    for (list, at, why) in [
        ("", 1, "the list ends before it names an lcore"),
        (" ", 2, "the list ends before it names an lcore"),
        ("1-", 3, "no number behind its '-'"),
        ("1,", 3, "an item of the list is missing"),
        (",1", 1, "an item of the list is missing"),
        ("1#2", 2, "',', '@', '-' or the end is expected, but there is '#'"),
        ("-5", 1, "no number before its '-'"),
        ("-5-7", 1, "no number before its '-'"),
        ("1-3-5", 4, "a second '-'"),
        ("1--3", 3, "a second '-'"),
        ("0-1,,2", 5, "an item of the list is missing"),
        ("0-,1", 3, "no number behind its '-'"),
        ("(0-,2-4)", 4, "no number behind its '-'"),
        ("(-1,2)", 2, "no number before its '-'"),
        ("(2-4)@(2-4-6)", 11, "a second '-'"),
        ("(a,2)", 2, "a number is expected, but there is 'a'"),
        ("1-a", 3, "a number is expected, but there is 'a'"),
        ("1-3@(1,3)", 4, "a range before '@' is not in parentheses"),
        ("3@((1,3)", 4, "a group stands inside of another"),
        ("(4-7)=(1,3)", 6, "or the end is expected, but there is '='"),
        ("[4-7]@(1,3)", 1, "a number is expected, but there is '['"),
        ("3@1024", 3, "a number is above 1023"),
        ("1024", 1, "a number is above 1023"),
        ("99999999999", 1, "a number is above 1023"),
        ("1 2", 3, "or the end is expected, but there is '2'"),
        ("1)", 2, "or the end is expected, but there is ')'"),
        ("()", 2, "a number is expected, but there is ')'"),
        ("(1,)", 4, "a number is expected, but there is ')'"),
        ("(1", 3, "',' or ')' in the group is expected, but the list ends"),
        ("(1@2)", 3, "',' or ')' in the group is expected, but there is '@'"),
        ("1@", 3, "a number is expected, but the list ends"),
        ("1@2@3", 4, "or the end is expected, but there is '@'"),
        ("@1", 1, "a number is expected, but there is '@'"),
        ("(1)2", 4, "or the end is expected, but there is '2'"),
        ("1\u{e9}", 2, "but there is '\\u{e9}'"),
    ] {
        for option in ["-l", "--lcores"] {
            let place = format!("at character {at} ");
            refused_with(
                &[option, list],
                &[&format!("'{option}'"), &place, why, "0@(4-7),(1,2)@3"],
            );
        }
    }
}
