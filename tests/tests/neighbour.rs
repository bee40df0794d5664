//! A real DPDK on the same machine: neither disturbs the other.
//!
//! A DPDK process that starts removes every `*map_*` file in the root of each hugetlbfs mount
//! that it can lock, whosever it is (ME-4). Its own files must survive our starts and cleanings.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use phalanx_tests::cpu::{first_allowed, lcore};
use phalanx_tests::group::{TestGroup, memory_files};
use phalanx_tests::process::Process;
use phalanx_tests::require;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// `dpdk-test`, a DPDK primary of 64 MB with a prompt of its own.
fn dpdk(program: &Path, group: &TestGroup) -> Command {
    let mut command = Command::new(program);
    command.env("RUNTIME_DIRECTORY", group.base()).args(["--no-pci", "-m", "64"]);
    command.args(["-l", &first_allowed().to_string()]);
    command.arg(format!("--file-prefix={}dpdk", group.prefix()));
    command
}

/// DPDK's files of 2 MB pages.
fn dpdk_files(group: &TestGroup, mount: &Path) -> Vec<PathBuf> {
    let prefix = format!("{}dpdkmap_", group.prefix());
    let files = memory_files(&prefix).into_iter();
    files.filter(|file| file.parent() == Some(mount)).collect()
}

#[test]
fn a_dpdk_that_starts_leaves_a_running_groups_memory_alone() {
    let (Some(program), Some(_pages)) = (require::dpdk("dpdk-test"), require::hugepages(160))
    else {
        return;
    };
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("-m 64 {}", lcore(0)));
    primary.ask("ring pointers 16 multi").expect("a ring");
    primary.ask(&format!("send {} pointers", 32 << 20)).expect("32 MB");
    let before = group.memory_files();
    assert!(!before.is_empty(), "the group has hugepages, and they have files");

    let mut version = dpdk(&program, &group);
    version.env("DPDK_TEST", "version_autotest");
    let ended = Process::run(version);
    assert!(ended.assert_success().stdout.contains("Test OK"), "{ended}");

    assert_eq!(group.memory_files(), before);
    let mut secondary = group.peer(&format!("--proc-type=secondary {}", lcore(1)));
    assert_eq!(secondary.ask("receive pointers"), Ok((32 << 20).to_string()));
    secondary.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn groups_that_start_die_and_are_cleaned_leave_a_running_dpdk_alone() {
    let (Some(program), Some(pages)) = (require::dpdk("dpdk-test"), require::hugepages(160)) else {
        return;
    };
    let group = TestGroup::of(PEER);
    let mut neighbour = Process::start(dpdk(&program, &group));
    neighbour.await_line("APP: ");
    let before = dpdk_files(&group, pages.mount());
    assert!(!before.is_empty(), "DPDK has hugepages, and they have files");

    group.peer(&format!("-m 64 {}", lcore(0))).kill().assert_killed();
    let cleaned = Process::run(group.command("join", &format!("-m 64 {}", lcore(0))));
    assert!(cleaned.assert_success().stderr.contains("dead group"), "{cleaned}");

    assert_eq!(dpdk_files(&group, pages.mount()), before);
    // Reads every page that it has.
    neighbour.say("memory_autotest");
    neighbour.await_line("Test OK");
    neighbour.say("quit");
    neighbour.end().assert_success();
    for file in dpdk_files(&group, pages.mount()) {
        fs::remove_file(file).expect("DPDK left it to us");
    }
}
