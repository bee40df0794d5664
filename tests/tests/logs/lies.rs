//! Peers that say they are what they are not: a line of theirs costs that line, and nobody else's.

use std::process::Command;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::scratch::Scratch;
use serde_json::Value;

use super::program::{self, BUILD_ID};
use super::{PEER, line, lines, logs, primary};

/// A frame of text 1 whose slice has as many elements of text 2 as can be said.
const HUGE: &str = "0100ffffffff0200";

/// The same with none, and without bytes for its text's argument.
const GOOD: &str = "0100000000000200";
const SHORT: &str = "0100";

/// A group whose secondary lies, in slot 1, beside a primary that has spoken of 4711.
fn liar(group: &TestGroup) -> (Process, Process) {
    let mut first = primary(group);
    let second = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    first.ask("log 4711").unwrap();
    (first, second)
}

/// Why each line of slot 1 of that program was not decoded; empty for one that was.
fn reasons(lines: &[Value]) -> Vec<&str> {
    let of_program = lines.iter().filter(|line| line["build_id"] == BUILD_ID);
    of_program.map(|line| line["why"].as_str().unwrap_or_default()).collect()
}

#[test]
fn a_frame_that_asks_for_more_memory_than_there_is_costs_that_line_only() {
    let (group, place) = (TestGroup::of(PEER), Scratch::new());
    let (first, mut second) = liar(&group);
    let path = place.path().join("program");
    program::write(&path, &[("error", "all of {=[?]}"), ("prim", "{=u8}")]);
    for frame in [HUGE, GOOD, SHORT] {
        second.ask(&format!("log-as {BUILD_ID} {} {frame}", path.display())).unwrap();
    }
    let lines = lines(&group, "");
    line(&lines, "the peer speaks of 4711");
    assert_eq!(line(&lines, "all of []")["level"], "ERROR");
    let reasons = reasons(&lines);
    assert!(reasons.iter().any(|why| why.contains("the decoder ended on it")), "{reasons:?}");
    assert!(reasons.iter().any(|why| why.contains("unexpected end")), "{reasons:?}");
    second.end().assert_success();
    first.end().assert_success();
}

#[test]
fn a_slot_on_whose_lines_the_decoder_has_ended_thrice_is_not_tried_again() {
    let (group, place) = (TestGroup::of(PEER), Scratch::new());
    let (first, mut second) = liar(&group);
    let path = place.path().join("program");
    program::write(&path, &[("info", "{=[?]}"), ("prim", "{=u8}")]);
    for _ in 0..5 {
        second.ask(&format!("log-as {BUILD_ID} {} {HUGE}", path.display())).unwrap();
    }
    let lines = lines(&group, "");
    // Beside those of its own, which are not of the program that it says it is.
    let reasons = reasons(&lines);
    let count = |words: &str| reasons.iter().filter(|why| why.contains(words)).count();
    let counted = (count("the decoder ended on it"), count("start this command anew"));
    assert_eq!(counted, (3, 2), "{reasons:?}");
    line(&lines, "the peer speaks of 4711");
    second.end().assert_success();
    first.end().assert_success();
}

#[test]
fn a_program_that_is_no_regular_file_or_too_long_is_not_read_and_named() {
    let (group, place) = (TestGroup::of(PEER), Scratch::new());
    let (first, mut second) = liar(&group);
    let (fifo, long) = (place.path().join("fifo"), place.path().join("long"));
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs").success());
    let file = std::fs::File::create(&long).expect("a file");
    file.set_len(1 << 40).expect("a file with a hole");
    for (path, why) in [
        (fifo.to_str().unwrap(), "fifo is no regular file"),
        ("/dev/null", "/dev/null is no regular file"),
        ("/proc/kmsg", "/proc/kmsg is no program"),
        (long.to_str().unwrap(), "long has 1048576 MB"),
    ] {
        second.ask(&format!("log-as {BUILD_ID} {path} {GOOD}")).unwrap();
        let lines = lines(&group, "--slot 1");
        let reasons = reasons(&lines);
        assert!(
            reasons.iter().all(|it| it.contains(why) && it.contains("--elf PATH")),
            "{lines:?}"
        );
        assert!(!reasons.is_empty(), "{path}");
    }
    let refused = logs(&group, &format!("--elf {}", fifo.display())).assert_refused().to_owned();
    assert!(refused.contains("fifo is no regular file"), "{refused}");
    second.end().assert_success();
    first.end().assert_success();
}
