//! Clocks: one rate of the time stamp counter for a whole group, and the HPET for one process at a time.

use std::path::Path;
use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::{Ended, Process};
use serde_json::Value;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn clock(group: &TestGroup, arguments: &str) -> Ended {
    let mut command: Command = group.other_command(&app("phalanx"));
    command.arg("clock").args(arguments.split_whitespace());
    Process::run(command)
}

fn report(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"))
}

#[test]
fn the_tsc_goes_with_the_kernels_clock() {
    let group = TestGroup::of(PEER);
    let ended = clock(&group, "--seconds 1 --no-hpet --json");
    let report = report(&ended);
    let tsc = &report["clocks"][0];
    assert_eq!(tsc["clock"], "TSC");
    // Two counters over one second: the kernel may be told to go 500 millionths faster or slower.
    if report["tsc_is_invariant"] == true {
        assert!(tsc["off_ppm"].as_f64().is_some_and(|off| off.abs() < 2000.0), "{tsc}");
        assert_eq!(ended.status.code(), Some(0));
    } else {
        assert_eq!(ended.status.code(), Some(1), "it is no clock, and the exit status says so");
    }
}

#[test]
fn all_processes_of_a_group_reckon_with_one_rate() {
    let group = TestGroup::of(PEER);
    let first = group.peer(&format!("--no-huge -m 1 {}", lcore(0)));
    let rate = || {
        let ended = clock(
            &group,
            &format!("--seconds 1 --json --no-hpet --file-prefix {}", group.prefix()),
        );
        report(&ended)["clocks"][0]["hz"].as_u64().expect("a rate")
    };
    let (one, other) = (rate(), rate());
    assert_eq!(one, other);
    let mut info = group.other_command(&app("phalanx"));
    info.args(["info", "--json", "--file-prefix", group.prefix()]);
    let shown: Value =
        serde_json::from_str(&Process::run(info).assert_success().stdout).expect("JSON");
    assert_eq!(shown["tsc_hz"], Value::from(one));
    first.end().assert_success();
}

#[test]
fn who_does_not_get_the_hpet_is_told_why_in_one_line() {
    let group = TestGroup::of(PEER);
    let ended = clock(&group, "--seconds 1 --json");
    let report = report(&ended);
    if Path::new("/dev/hpet").exists() && report["no_hpet"].is_null() {
        let hpet = &report["clocks"][1];
        assert!(hpet["off_ppm"].as_f64().is_some_and(|off| off.abs() < 2000.0), "{hpet}");
        return;
    }
    let why = report["no_hpet"].as_str().expect("a sentence");
    assert!(why.starts_with("the HPET was to be the clock and "), "{why}");
    assert!(why.ends_with("; the TSC is used") && !why.contains('\n'), "{why}");
    assert_eq!(report["clocks"].as_array().map(Vec::len), Some(1));
}

#[test]
fn no_hpet_is_an_option_of_every_process() {
    let group = TestGroup::of(PEER);
    let first = group.peer(&format!("--no-huge -m 1 --no-hpet {}", lcore(0)));
    first.end().assert_success();
    let ended = clock(&group, "--seconds 0");
    assert!(ended.assert_refused().contains("see `phalanx clock --help`"), "{ended}");
}
