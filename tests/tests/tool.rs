//! The tool `phalanx`: the demo's books, what `info` shows, what `clean` touches.

use core::time::Duration;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use phalanx_tests::binaries::{app, copy_program};
use phalanx_tests::cargo::workspace;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::require;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A user without rights.
const NOBODY: u32 = 65_534;

fn tool(group: &TestGroup, arguments: &[&str]) -> Command {
    let mut command = group.other_command(&app("phalanx"));
    command.args(arguments);
    command
}

#[track_caller]
fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"))
}

#[track_caller]
fn assert_books_balance(ended: &Ended, packets: u64) {
    let report = json(ended.assert_success());
    assert_eq!(report["balanced"], true, "{ended}");
    assert_eq!(report["packets_in"], packets, "{ended}");
    let out = report["packets_out"].as_u64().zip(report["recovered"].as_u64());
    assert_eq!(out.map(|(out, recovered)| out + recovered), Some(packets), "{ended}");
    assert_eq!((&report["lost"], &report["buffers_missing"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn the_demo_kills_a_worker_half_way_and_its_books_balance() {
    let group = TestGroup::of(PEER);
    let ended = Process::run(tool(&group, &["demo", "--packets", "50000", "--pps", "0", "--json"]));
    assert_books_balance(&ended, 50_000);
    assert_eq!(json(&ended)["kills"], 1, "{ended}");
}

#[test]
fn the_demo_takes_any_capture() {
    let group = TestGroup::of(PEER);
    let capture = workspace().join("tests/data/capture.pcap").display().to_string();
    let arguments = ["demo", "--pcap", &capture, "--packets", "5000", "--pps", "0", "--json"];
    assert_books_balance(&Process::run(tool(&group, &arguments)), 5_000);
}

#[test]
fn a_capture_longer_than_the_demo_is_sent_once_and_whole() {
    const PACKETS: u32 = 300_001;
    let group = TestGroup::of(PEER);
    // The header of the capture that is shipped, and packets of the least length there is.
    let shipped = fs::read(workspace().join("tests/data/capture.pcap")).expect("it is shipped");
    let mut bytes = shipped[..24].to_vec();
    for number in 0..PACKETS {
        for word in [1, number % 1_000_000, 14, 14] {
            bytes.extend(word.to_le_bytes());
        }
        let [a, b, c, d] = number.to_le_bytes();
        bytes.extend([2, 0, 0, 0, 0, 1, 2, 0, a, b, c, d, 0x08, 0x00]);
    }
    let path = group.base().join("long.pcap");
    fs::write(&path, bytes).expect("the scratch directory can be written");
    let arguments = ["demo", "--pcap", &path.display().to_string(), "--pps", "0", "--json"];
    assert_books_balance(&Process::run(tool(&group, &arguments)), u64::from(PACKETS));
}

#[test]
fn a_capture_that_is_none_or_ends_too_early_is_refused_with_its_path() {
    let group = TestGroup::of(PEER);
    let shipped = fs::read(workspace().join("tests/data/capture.pcap")).expect("it is shipped");
    let refuses = |path: &str, why: &str| {
        let ended = Process::run(tool(&group, &["demo", "--pcap", path]));
        let said = ended.assert_refused();
        assert!(said.contains(path) && said.contains(why), "{said}");
    };
    for (name, bytes, why) in [
        ("empty", &[][..], "empty"),
        ("noise", &[0x5a; 4096], "not a readable"),
        ("half-a-header", &shipped[..10], "not a readable"),
        ("only-a-header", &shipped[..24], "no packet"),
        ("cut", &shipped[..shipped.len() - 7], "beyond packet"),
    ] {
        let path = group.base().join(name);
        fs::write(&path, bytes).expect("the scratch directory can be written");
        refuses(&path.display().to_string(), why);
    }
    refuses("/nowhere/no.pcap", "No such file");
    refuses("/dev/zero", "not a regular file");
    assert!(!group.base().join("phalanx").exists(), "a refused demo made a group");
}

#[test]
#[ignore = "long proof: ten seconds of waiting"]
fn a_demo_whose_worker_is_stopped_for_good_says_so_and_leaves_nothing() {
    let group = TestGroup::of(PEER);
    let demo = Process::start(tool(&group, &["demo", "--no-kill", "--json"]));
    let children = format!("/proc/{0}/task/{0}/children", demo.id());
    // Not before it is a program of its own: until then the demo waits for it.
    let is_worker = |pid: &i32| {
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.contains("demo-worker") || command.contains("/worker\0")
    };
    let worker = core::iter::repeat_with(|| {
        std::thread::sleep(Duration::from_millis(10));
        let pids = fs::read_to_string(&children).unwrap_or_default();
        pids.split(' ').next().and_then(|pid| pid.parse().ok()).filter(is_worker)
    });
    let worker = worker.take(6_000).flatten().next().and_then(Pid::from_raw).expect("a worker");
    kill_process(worker, Signal::STOP).expect("a child of a child, of the same user");
    let ended = demo.end();
    assert!(ended.assert_refused().contains("took no packet"), "{ended}");
    let left = fs::read_dir(group.base().join("phalanx")).map(Iterator::count);
    assert_eq!(left.unwrap_or(0), 0);
}

#[test]
fn without_a_hugepage_the_demo_says_so_and_uses_ordinary_ones() {
    let group = TestGroup::of(PEER);
    let none = ["--", "--pagesz-mem", "2M:0", "--pagesz-mem", "1G:0"];
    let demo = ["demo", "--packets", "5000", "--pps", "0"];
    let ended = Process::run(tool(&group, &[&demo[..], &none].concat()));
    let lines = ended.assert_success().stdout.lines();
    assert_eq!(lines.filter(|line| line.contains("using 4 KB pages")).count(), 1, "{ended}");
}

#[test]
fn the_demo_shows_the_primarys_options_when_asked() {
    let group = TestGroup::of(PEER);
    let ended = Process::run(tool(&group, &["demo", "--", "--help"]));
    assert!(ended.assert_success().stdout.contains("--socket-mem"), "{ended}");
}

#[test]
fn a_command_line_that_is_none_is_refused_in_one_line() {
    let group = TestGroup::of(PEER);
    for (arguments, why) in [
        (&[][..], "no command was given"),
        (&["dance"], "'dance'"),
        (&["demo", "--packets", "-1"], "'-1'"),
        (&["demo", "--pps", "fast"], "'fast'"),
        (&["clean", "--all", "--file-prefix", "x"], "--all"),
        (&["info", "--file-prefix", "../x"], "'/'"),
    ] {
        let ended = Process::run(tool(&group, arguments));
        assert!(ended.assert_refused().contains(why), "{ended}");
    }
}

#[test]
fn the_demo_ends_with_a_summary_for_people() {
    let group = TestGroup::of(PEER);
    let ended = Process::run(tool(&group, &["demo", "--packets", "5000", "--pps", "0"]));
    for words in
        ["packets in", "packets out", "recovered", "lost", "worker 0", "worker 1", "balance"]
    {
        assert!(ended.assert_success().stdout.contains(words), "'{words}' is not in {ended}");
    }
}

#[test]
fn the_demo_needs_no_root() {
    let Some(()) = require::root() else { return };
    let group = TestGroup::of(PEER);
    // Where the user may go: a home directory of root's is closed to it.
    let program = group.base().join("phalanx-tool");
    copy_program(app("phalanx"), &program);
    for path in [group.base().to_owned(), program.clone()] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own");
    }
    let runtime = group.base().join("nobody");
    fs::create_dir(&runtime).expect("the scratch directory can be written");
    chown(&runtime, Some(NOBODY), Some(NOBODY)).expect("root may give directories away");

    let mut command = Command::new(&program);
    command.uid(NOBODY).gid(NOBODY).env("RUNTIME_DIRECTORY", &runtime).current_dir("/");
    command.args(["demo", "--packets", "5000", "--pps", "0", "--json"]);
    assert_books_balance(&Process::run(command), 5_000);
}

#[test]
fn info_shows_processes_lcores_memory_zones_and_rings() {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("--no-huge -m 16 {}", lcore(3)));
    let secondary = group.peer(&format!("--proc-type=secondary {}", lcore(4)));
    primary.ask("ring passage 64 multi").expect("a ring");
    primary.ask("zone of-mine 100").expect("a zone");
    primary.ask("produce passage 1 5").expect("room for five");

    let info = ["info", "--file-prefix", group.prefix()];
    let shown = Process::run(tool(&group, &info));
    let pids = [primary.id(), secondary.id()].map(|id| id.to_string());
    for words in ["passage", "of-mine", "phalanx-peer", "secondary", &pids[0], &pids[1]] {
        assert!(shown.assert_success().stdout.contains(words), "'{words}' is not in {shown}");
    }

    let facts =
        json(Process::run(tool(&group, &[&info[..], &["--json"]].concat())).assert_success());
    assert_eq!(facts["processes"].as_array().map(Vec::len), Some(2), "{facts}");
    assert_eq!(facts["processes"][1]["lcores"], serde_json::json!([4]), "{facts}");
    assert_eq!(facts["rings"][0]["used"], 5, "{facts}");
    assert_eq!(facts["rings"][0]["capacity"], 63, "{facts}");
    assert!(facts["memseg_lists"][0]["backed_bytes"].as_u64() >= Some(16 << 20), "{facts}");
    secondary.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn info_of_no_group_is_one_line() {
    let group = TestGroup::of(PEER);
    let ended = Process::run(tool(&group, &["info", "--file-prefix", group.prefix()]));
    assert!(ended.assert_refused().contains(group.prefix()), "{ended}");
}

#[test]
fn clean_leaves_a_living_group_alone() {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&format!("--no-huge -m 16 {}", lcore(0)));
    let clean = ["clean", "--file-prefix", group.prefix()];
    let ended = Process::run(tool(&group, &clean));
    assert!(ended.assert_refused().contains(&primary.id().to_string()), "{ended}");
    assert_eq!(primary.ask("members"), Ok("1".to_owned()));
    let ended = Process::run(group.command("join", &format!("--proc-type=secondary {}", lcore(1))));
    ended.assert_success();
    primary.end().assert_success();
}

/// A dead group with memory of this kind is cleaned, and its living neighbour is not touched.
fn only_the_dead_is_cleaned(memory: &str) {
    let (dead, living) = (TestGroup::of(PEER), TestGroup::of(PEER));
    dead.peer(&format!("{memory} {}", lcore(0))).kill().assert_killed();
    let mut primary = living.peer(&format!("{memory} {}", lcore(0)));
    let kept = living.memory_files();
    assert!(!kept.is_empty() && !dead.memory_files().is_empty(), "memory has files");

    let ended = Process::run(tool(&dead, &["clean", "--file-prefix", dead.prefix()]));
    assert!(ended.assert_success().stdout.contains("removed"), "{ended}");
    dead.assert_nothing_left();
    assert_eq!(living.memory_files(), kept);
    assert_eq!(primary.ask("members"), Ok("1".to_owned()));
    let again = Process::run(tool(&dead, &["clean", "--file-prefix", dead.prefix()]));
    assert!(again.assert_success().stdout.contains("nothing"), "{again}");
}

#[test]
fn clean_removes_a_dead_group_of_ordinary_pages_and_nothing_else() {
    only_the_dead_is_cleaned("--no-huge -m 16");
}

#[test]
fn clean_removes_a_dead_group_of_hugepages_and_nothing_else() {
    let Some(_pages) = require::hugepages(32) else { return };
    only_the_dead_is_cleaned("-m 16");
}
