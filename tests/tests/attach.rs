//! Joining always works, wherever the kernel puts a process's own memory; and where something
//! else is in the way, it is named.

use std::fs;
use std::thread;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Starts `count` secondaries behind the command `before`, two at a time, and sees each join.
fn secondaries_join(count: u32, before: &[String]) {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 1 {}", lcore(0)));
    let start = |id: u16| {
        let mut command = group.command_behind(before);
        command.args(["join", "--proc-type=secondary", "--file-prefix", group.prefix()]);
        command.args(lcore(id).split(' '));
        let ended = Process::run(command);
        let line = &ended.assert_success().stdout;
        assert!(line.starts_with("joined secondary of") && line.contains("attached in"), "{line}");
    };
    thread::scope(|scope| {
        for id in [1, 2] {
            scope.spawn(move || (0..count / 2).for_each(|_| start(id)));
        }
    });
    primary.end().assert_success();
}

#[test]
fn every_secondary_joins_under_full_address_randomisation() {
    let Some(()) = require::aslr() else { return };
    secondaries_join(300, &[]);
}

#[test]
fn every_secondary_joins_without_a_stack_limit() {
    let Some(before) = require::unlimited_stack() else { return };
    secondaries_join(50, &before);
}

#[test]
fn every_secondary_joins_without_address_randomisation() {
    let Some(before) = require::setarch() else { return };
    secondaries_join(50, &before);
}

#[test]
#[ignore = "long proof: 5,000 starts"]
fn five_thousand_secondaries_join_under_full_address_randomisation() {
    let Some(()) = require::aslr() else { return };
    secondaries_join(5_000, &[]);
}

#[test]
#[ignore = "long proof: 500 starts"]
fn five_hundred_secondaries_join_without_a_stack_limit() {
    let Some(before) = require::unlimited_stack() else { return };
    secondaries_join(500, &before);
}

#[test]
#[ignore = "long proof: 500 starts"]
fn five_hundred_secondaries_join_without_address_randomisation() {
    let Some(before) = require::setarch() else { return };
    secondaries_join(500, &before);
}

#[test]
fn what_is_mapped_in_the_window_already_is_named() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 1 {}", lcore(0)));
    let file = group.base().join("in-the-way");
    fs::write(&file, [0; 4096]).expect("the scratch directory can be written");

    for role in ["primary", "secondary"] {
        let mut command = group.bare_command();
        command.arg("crowded").arg(&file).args(["--proc-type", role]);
        // As a primary of a group of its own: the window is the same one everywhere.
        let prefix = if role == "primary" { "other" } else { group.prefix() };
        command.args(["--no-huge", "--file-prefix", prefix]).args(lcore(1).split(' '));
        let ended = Process::run(command);
        let why = ended.assert_refused();
        assert!(why.contains(&file.display().to_string()), "{why}");
        assert!(why.contains("0x200000000000"), "{why}");
    }
    assert!(!group.dir_of("other").exists(), "a refused primary left its directory");
    primary.end().assert_success();
}

#[test]
fn a_gigabyte_of_hugepages_is_attached_by_every_secondary() {
    let Some(_pages) = require::hugepages(512) else { return };
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("-m 1024 {}", lcore(0)));
    for _ in 0..5 {
        let arguments = format!("--proc-type=secondary {}", lcore(1));
        let ended = Process::run(group.command("join", &arguments));
        assert!(ended.assert_success().stdout.contains("attached in"), "{ended}");
    }
    primary.end().assert_success();
}
