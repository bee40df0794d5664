//! A file system that is full is named, with what is left of it, and nothing is left behind.

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::require;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// The peer where a tmpfs with these options is mounted at `at`, for it alone.
fn beside(own_mounts: &[String], at: &str, options: &str) -> Vec<String> {
    let mount = format!("mount -t tmpfs -o {options} none {at} && exec \"$@\"");
    let words = ["sh", "-c", &mount, "sh"].map(str::to_owned);
    [own_mounts, &words].concat()
}

fn start(prefix: &[String], group: &TestGroup, mode: &str, arguments: &str) -> Process {
    let mut command = group.command_behind(prefix);
    command.args([mode, "--file-prefix", group.prefix()]).args(arguments.split_whitespace());
    Process::start(command)
}

#[test]
fn a_full_runtime_file_system_is_named_with_what_is_left() {
    let Some(own_mounts) = require::own_mounts() else { return };
    let group = TestGroup::of(PEER);
    let base = group.base().display().to_string();
    for (options, left, what) in [
        ("size=1m", "KB of 1 MB free", "group"),
        ("size=8m,nr_inodes=2", "0 of 2 files", "directory"),
        ("size=8m,nr_inodes=3", "0 of 3 files", "`lock`"),
        ("size=8m,nr_inodes=4", "0 of 4 files", "group.new"),
        ("size=8m,nr_inodes=5", "0 of 5 files", "m0"),
    ] {
        let prefix = beside(&own_mounts, &base, options);
        let arguments = format!("--no-huge -m 1 {}", lcore(0));
        let ended = start(&prefix, &group, "join", &arguments).end();
        let why = ended.assert_refused();
        for words in ["is full", left, what, "RUNTIME_DIRECTORY"] {
            assert!(why.contains(words), "'{words}' is not in: {why}");
        }
    }
    group.assert_nothing_left();
}

#[test]
fn a_dev_shm_that_is_too_small_is_named_with_what_is_left() {
    let Some(own_mounts) = require::own_mounts() else { return };
    let group = TestGroup::of(PEER);
    let prefix = beside(&own_mounts, "/dev/shm", "size=2m");
    let arguments = format!("--no-huge -m 4 {}", lcore(0));
    let ended = start(&prefix, &group, "join", &arguments).end();
    let why = ended.assert_refused();
    for words in ["4 MB of memory", "/dev/shm", "2 MB of 2 MB free", "remount,size="] {
        assert!(why.contains(words), "'{words}' is not in: {why}");
    }
    group.assert_nothing_left();
}

#[test]
fn a_dev_shm_without_a_byte_is_named() {
    let Some(own_mounts) = require::own_mounts() else { return };
    let group = TestGroup::of(PEER);
    let mount = "mount -t tmpfs -o size=64k none /dev/shm && head -c 64k /dev/zero >/dev/shm/x && exec \"$@\"";
    let prefix = [&own_mounts[..], &["sh", "-c", mount, "sh"].map(str::to_owned)].concat();
    let ended = start(&prefix, &group, "join", &format!("--no-huge {}", lcore(0))).end();
    let why = ended.assert_refused();
    assert!(why.contains("memory was wanted in /dev/shm"), "{why}");
    assert!(why.contains("0 KB of 64 KB free"), "{why}");
}

#[test]
fn a_group_that_grows_beyond_dev_shm_is_told_what_to_make_bigger() {
    let Some(own_mounts) = require::own_mounts() else { return };
    let group = TestGroup::of(PEER);
    let prefix = beside(&own_mounts, "/dev/shm", "size=8m");
    let mut primary = start(&prefix, &group, "serve", &format!("--no-huge -m 2 {}", lcore(0)));
    primary.await_line("joined ");
    let why = primary.ask("zone big 100000000").expect_err("more than there is");
    assert!(why.contains("remount,size=SIZE /dev/shm"), "{why}");
    assert!(!why.contains("hugepages"), "{why}");
    primary.ask("zone small 1000").expect("nothing has changed");
    primary.end().assert_success();
}
