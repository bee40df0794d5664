//! What a start accepts, and what it leaves: DPDK's `eal_flags_*` tests as whole starts.
//!
//! What is refused stands in `bad_input.rs`.

use phalanx_tests::cpu::{first_allowed, lcore};
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Starts and ends a primary with these arguments; returns what it said on both streams.
#[track_caller]
fn starts(arguments: &str) -> String {
    let group = TestGroup::of(PEER);
    let ended = Process::run(group.command("join", arguments));
    let text = format!("{}{}", ended.assert_success().stdout, ended.stderr);
    group.assert_nothing_left();
    text
}

/// The same, with a secondary that joins and reads what the primary sends.
#[track_caller]
fn shares(memory: &str) {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("{memory} {}", lcore(0)));
    primary.ask("ring pointers 16 multi").expect("a ring");
    primary.ask("send 1000000 pointers").expect("a megabyte");
    let mut secondary = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    assert_eq!(secondary.ask("receive pointers"), Ok("1000000".to_owned()), "{memory}");
    secondary.end().assert_success();
    primary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn every_accepted_form_of_the_lcore_options_starts() {
    let cpu = first_allowed();
    starts("--no-huge -m 1");
    starts(&format!("--no-huge -m 1 -l {cpu}"));
    starts(&format!("--no-huge -m 1 -c {:x}", 1_u128 << cpu));
    starts(&format!("--no-huge -m 1 --lcores 0@({cpu}),2@{cpu},(3,4)@{cpu}"));
    starts(&format!("--no-huge -m 1 --lcores (1,2)@{cpu} --main-lcore 2"));
    starts(&format!("--no-huge -m 1 -l {cpu} -R=7"));
}

#[test]
fn every_accepted_form_of_the_numbers_starts() {
    for words in ["-n 2", "-r 16", "--log-level=debug", "--log-level=lib.eal:8", "--wait 0"] {
        starts(&format!("--no-huge -m 1 {} {words}", lcore(0)));
    }
}

#[test]
fn ordinary_pages_are_shared() {
    shares("--no-huge -m 4");
}

#[test]
fn hugepages_are_shared_in_every_mode() {
    let Some(pages) = require::hugepages(64) else { return };
    for memory in [
        "-m 16",
        "--socket-mem 16",
        "--numa-mem=16",
        "-m 16 --socket-limit 64",
        "-m 16 --pagesz-mem 2M:64M",
        "-m 16 --legacy-mem",
        "-m 16 --single-file-segments",
        "-m 16 --match-allocations",
        "-m 16 --base-virtaddr=0x210023456789",
    ] {
        shares(memory);
    }
    shares(&format!("-m 16 --huge-dir {}", pages.mount().display()));
}

#[test]
fn a_limit_on_a_node_holds() {
    let Some(_pages) = require::hugepages(64) else { return };
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("-m 16 --socket-limit 32 {}", lcore(0)));
    primary.ask("ring pointers 16 multi").expect("a ring");
    primary.ask("send 40000000 pointers").expect_err("more than the limit");
    primary.ask("send 8000000 pointers").expect("within the limit");
    primary.end().assert_success();
}

#[test]
fn a_group_in_memory_leaves_no_file_and_takes_no_secondary() {
    let Some(_pages) = require::hugepages(32) else { return };
    let group = TestGroup::of(PEER);
    for arguments in ["--in-memory -m 16", "--no-shconf -m 16", "--no-shconf --no-huge -m 4"] {
        let primary = group.peer(&format!("{arguments} {}", lcore(0)));
        group.assert_nothing_left();
        let secondary = format!("--proc-type=secondary --wait 0 {}", lcore(1));
        Process::run(group.command("join", &secondary)).assert_refused();
        primary.end().assert_success();
    }
    let both = format!("--proc-type=secondary --in-memory {}", lcore(0));
    assert!(Process::run(group.command("join", &both)).assert_refused().contains("--in-memory"));
}

#[test]
fn memory_files_are_removed_at_once_at_the_end_or_never_as_asked() {
    let Some(_pages) = require::hugepages(32) else { return };
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("-m 16 --huge-unlink=always {}", lcore(0)));
    assert_eq!(group.memory_files().len(), 0, "removed at once");
    let secondary = format!("--proc-type=secondary --wait 0 {}", lcore(1));
    let ended = Process::run(group.command("join", &secondary));
    assert!(ended.assert_refused().contains("--huge-unlink"), "{ended}");
    primary.end().assert_success();

    let primary = group.peer(&format!("-m 16 --huge-unlink=never {}", lcore(0)));
    let files = group.memory_files();
    assert!(!files.is_empty(), "hugepages have files");
    primary.end().assert_success();
    assert_eq!(group.memory_files(), files, "kept at the end");

    let primary = group.peer(&format!("-m 16 --huge-unlink=existing {}", lcore(0)));
    assert!(files.iter().all(|file| !file.exists()), "the next start removes them");
    primary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_secondarys_options_about_memory_are_checked_and_then_ignored() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
    let secondary = format!("--proc-type=secondary -m 64 --huge-dir /nowhere {}", lcore(1));
    let ended = Process::run(group.command("join", &secondary));
    assert!(ended.assert_success().stderr.contains("no effect"), "{ended}");
    primary.end().assert_success();
}

#[test]
fn a_huge_dir_that_is_none_is_refused() {
    for dir in ["/nowhere", "/tmp", "/etc/hostname"] {
        let group = TestGroup::of(PEER);
        let ended = Process::run(group.command("join", &format!("-m 16 --huge-dir {dir}")));
        assert!(ended.assert_refused().contains(dir), "{ended}");
        assert!(!group.dir().exists(), "{dir} left {:?}", group.leftovers());
    }
}

#[test]
fn help_version_and_levels_are_printed_and_succeed() {
    let group = TestGroup::of(PEER);
    for (asked, shown) in [("--help", "--file-prefix"), ("--log-level=help", "debug")] {
        let ended = Process::run(group.command("join", asked));
        let text = format!("{}{}", ended.stdout, ended.stderr);
        assert!(ended.status.success() && text.contains(shown), "{ended}");
    }
    starts(&format!("--no-huge -m 1 -v {}", lcore(0)));
}
