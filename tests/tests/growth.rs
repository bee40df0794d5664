//! Memory grows and shrinks while everybody runs, and nobody is told: each process has the whole
//! range mapped, and a page that one takes is there for all.

use std::fs;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");
const BLOCK: u64 = 256 << 20;

fn backed(peer: &mut Process) -> u64 {
    peer.ask("backed").expect("sums have no errors").parse().expect("a number")
}

/// Asserts that a process has no socket open on which it could be told anything.
#[track_caller]
fn assert_no_socket(peer: &Process) {
    let dir = format!("/proc/{}/fd", peer.id());
    let links = fs::read_dir(dir).expect("the process runs").flatten();
    let targets = links.filter_map(|entry| fs::read_link(entry.path()).ok());
    let sockets = targets.filter(|target| target.to_string_lossy().starts_with("socket:"));
    assert_eq!(sockets.count(), 0);
}

/// A secondary takes 256 MB that were not there, and the primary reads them.
fn secondary_grows_primary_reads(memory: &str) {
    let group = TestGroup::of(PEER);
    let mut primary = group.polling_peer(&format!("{memory} {}", lcore(0)));
    let mut secondary = group.polling_peer(&format!("--proc-type=secondary {}", lcore(1)));
    let at_start = backed(&mut primary);
    assert!(at_start < BLOCK, "{at_start} bytes were there at start");

    primary.ask("ring pointers 16 single").expect("a ring");
    secondary.ask(&format!("send {BLOCK} pointers")).expect("256 MB");
    assert!(backed(&mut primary) >= BLOCK, "the primary sees the new memory");
    assert_eq!(primary.ask("receive pointers"), Ok(BLOCK.to_string()));
    assert!(backed(&mut secondary) < BLOCK, "what the primary freed went back to the system");

    assert_no_socket(&primary);
    assert_no_socket(&secondary);
    secondary.end().assert_success();
    primary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_secondary_takes_256_mb_of_hugepages_and_the_primary_reads_them_through_a_pointer() {
    let Some(_pages) = require::hugepages(160) else { return };
    secondary_grows_primary_reads("-m 16");
}

#[test]
fn the_same_with_ordinary_pages() {
    secondary_grows_primary_reads("--no-huge -m 16");
}

#[test]
fn a_stopped_secondary_does_not_hold_up_an_allocation() {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("--no-huge -m 16 {}", lcore(0)));
    let mut stopped = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    primary.ask("ring pointers 16 multi").expect("a ring");
    stopped.freeze();
    primary.ask(&format!("send {BLOCK} pointers")).expect("256 MB");
    stopped.thaw();
    assert_eq!(stopped.ask("receive pointers"), Ok(BLOCK.to_string()));
}

#[test]
fn a_secondary_that_joins_after_the_growth_reads_it_too() {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("--no-huge -m 16 {}", lcore(0)));
    primary.ask("ring pointers 16 multi").expect("a ring");
    primary.ask(&format!("send {BLOCK} pointers")).expect("256 MB");
    let mut late = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    assert_eq!(late.ask("receive pointers"), Ok(BLOCK.to_string()));
}

#[test]
fn memory_that_cannot_be_had_is_refused_in_one_sentence_and_nobody_is_harmed() {
    let Some(pages) = require::hugepages(64) else { return };
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("-m 16 {}", lcore(0)));
    primary.ask("ring pointers 16 single").expect("a ring");
    let too_many = (pages.free() + 16) << 21;
    let why = primary.ask(&format!("send {too_many} pointers")).expect_err("more than there is");
    for word in ["2048 kB", "node 0", "wanted", "free", "reserve more"] {
        assert!(why.contains(word), "'{word}' is not in: {why}");
    }
    primary.ask(&format!("send {} pointers", 16 << 20)).expect("16 MB are there");
    assert_eq!(primary.ask("receive pointers"), Ok((16 << 20).to_string()));
    primary.end().assert_success();
    group.assert_nothing_left();
}
