//! The HPET on a real kernel, which gives it to one process: held against the TSC and the kernel's clock,
//! refused to a second, had by the next when its owner dies; a machine that has none. Two guests serve
//! all but what is ignored.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Check, Guest, SERVING, Told};
use serde_json::Value;

const SCRIPT: &str = r#"
export XDG_RUNTIME_DIR=/tmp
check alone phalanx clock --seconds 2 --json

serve first phalanx-peer serve -l 0 --no-huge -m 4
check first ask first timer
serve second phalanx-peer serve -l 1 --proc-type=secondary
check second ask second timer
check tool phalanx clock --seconds 1
check pid pid first
check first_tsc ask first tsc
check second_tsc ask second tsc
check info phalanx info --json

kill -9 "$(pid first)"
wait "$(pid first)"
check heir ask second timer
check after phalanx clock --seconds 1 --json
check let_go ask second drop-timer
check free phalanx clock --seconds 1 --json

serve third phalanx-peer serve -l 0 --proc-type=secondary --no-hpet
check forbidden ask third timer
check bystander ask second timer
"#;

fn guest() -> Option<Guest> {
    let guest = Guest::new(require::vm()?).file(&app("phalanx"));
    Some(guest.file(Path::new(env!("CARGO_BIN_EXE_phalanx-peer"))))
}

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let guest = guest()?;
    Some(TOLD.get_or_init(|| guest.run(&format!("{SERVING}{SCRIPT}"))))
}

/// What `phalanx clock --json` has found. An emulated TSC is not said to be invariant, and so it ends with 1.
#[track_caller]
fn report(check: &Check) -> Value {
    let report: Value = serde_json::from_str(check.text().trim_start_matches(|byte| byte != '{'))
        .unwrap_or_else(|error| panic!("{error}: {check:?}"));
    let is_clock = report["tsc_is_invariant"] == true;
    assert_eq!(check.status(), i32::from(!is_clock), "{report}");
    report
}

/// The HPET of a report, which must go with the kernel's clock; so must the TSC.
#[track_caller]
fn hpet(report: &Value) -> &Value {
    for clock in report["clocks"].as_array().unwrap() {
        // The kernel may be told to go 500 millionths faster or slower.
        assert!(clock["off_ppm"].as_f64().is_some_and(|off| off.abs() < 2000.0), "{report}");
    }
    let hpet = &report["clocks"][1];
    assert_eq!((hpet["clock"].as_str(), &report["no_hpet"]), (Some("HPET"), &Value::Null));
    hpet
}

/// The sentence for who does not get it, with what is told to those who have no HPET.
#[track_caller]
fn refused(said: &str) -> &str {
    let (_, why) = said.split_once("the HPET was to be the clock and ").expect(said);
    why.trim_end().strip_suffix("; the TSC is used").expect(said)
}

#[test]
fn the_hpet_goes_with_the_tsc_and_with_the_kernels_clock() {
    let Some(told) = told() else { return };
    let report = report(told.check("alone"));
    assert_eq!(hpet(&report)["hz"], 100_000_000, "QEMU's");
}

#[test]
fn a_second_process_is_told_who_has_the_hpet_and_uses_the_tsc() {
    let Some(told) = told() else { return };
    assert_eq!(told.check("first").assert_success(), "ok HPET 100000000\n");
    let pid = told.check("pid").assert_success().trim();
    let wanted = format!(
        "pid {pid} has /dev/hpet, which the kernel gives to one process; end that one first"
    );
    let second = told.check("second").assert_success();
    assert!(second.starts_with("ok TSC "), "{second}");
    assert_eq!(refused(second), wanted);
    let line = told.check("tool").text().lines().find(|line| line.contains("HPET"));
    assert_eq!(refused(line.expect("a line")), wanted);
}

#[test]
fn primary_and_secondary_reckon_with_the_rate_that_the_group_stores() {
    let Some(told) = told() else { return };
    let rate = |check: &str| {
        let said = told.check(check).assert_success().trim().to_owned();
        said.trim_start_matches("ok ").parse::<u64>().unwrap()
    };
    let info: Value = serde_json::from_str(told.check("info").assert_success()).unwrap();
    assert_eq!(rate("first_tsc"), rate("second_tsc"));
    assert_eq!(info["tsc_hz"], rate("first_tsc"));
    let second = told.check("second").assert_success();
    assert!(second.starts_with(&format!("ok TSC {}: ", rate("second_tsc"))), "{second}");
}

#[test]
fn when_its_owner_dies_or_lets_go_the_next_has_it() {
    let Some(told) = told() else { return };
    assert_eq!(told.check("heir").assert_success(), "ok HPET 100000000\n");
    let taken = report(told.check("after"));
    assert!(refused(taken["no_hpet"].as_str().unwrap()).contains(" has /dev/hpet"), "{taken}");
    told.check("let_go").assert_success();
    hpet(&report(told.check("free")));
}

#[test]
fn who_must_not_have_it_leaves_it_to_others() {
    let Some(told) = told() else { return };
    let said = told.check("forbidden").assert_success();
    assert!(said.starts_with("ok TSC ") && refused(said) == "--no-hpet forbids it", "{said}");
    assert_eq!(told.check("bystander").assert_success(), "ok HPET 100000000\n");
}

/// What `phalanx clock` says in a guest of these options.
fn clock_in(options: &[&str]) -> Option<Told> {
    Some(guest()?.with(options).run("check clock phalanx clock --seconds 1 --json"))
}

/// Linux has the file all the same, and answers as if somebody had it.
#[test]
fn a_machine_without_an_hpet_is_said_to_have_none() {
    let Some(told) = clock_in(&["--no-hpet"]) else { return };
    let report = report(told.check("clock"));
    assert!(refused(report["no_hpet"].as_str().unwrap()).starts_with("this machine has none"));
    assert_eq!(report["clocks"].as_array().map(Vec::len), Some(1));
}

#[test]
#[ignore = "one guest more: cargo test -p phalanx-tests --test vm_clock -- --ignored"]
fn an_hpet_that_was_switched_off_at_boot_is_said_to_be() {
    let Some(told) = clock_in(&["--append", "hpet=disable"]) else { return };
    let report = report(told.check("clock"));
    let why = refused(report["no_hpet"].as_str().unwrap());
    assert!(why.contains("switched off at boot (hpet=disable)"), "{why}");
}

#[test]
#[ignore = "one guest more: cargo test -p phalanx-tests --test vm_clock -- --ignored"]
fn an_hpet_that_programs_may_not_map_is_said_to_be_so() {
    let Some(told) = clock_in(&["--append", "hpet_mmap=0"]) else { return };
    let report = report(told.check("clock"));
    let why = refused(report["no_hpet"].as_str().unwrap());
    assert!(why.contains("boot with hpet_mmap=1"), "{why}");
}

/// Eight comparators: six are nobody's, and so many processes have the counter.
#[test]
#[ignore = "one guest more: cargo test -p phalanx-tests --test vm_clock -- --ignored"]
fn an_hpet_with_more_timers_is_had_by_more_processes() {
    let options = ["--qemu", "-global", "--qemu", "hpet.timers=8"];
    let script = r#"
        export XDG_RUNTIME_DIR=/tmp
        serve first phalanx-peer serve -l 0 --no-huge -m 4
        serve second phalanx-peer serve -l 1 --proc-type=secondary
        check first ask first timer
        check second ask second timer
    "#;
    let Some(guest) = guest() else { return };
    let told = guest.with(&options).run(&format!("{SERVING}{script}"));
    for check in ["first", "second"] {
        assert_eq!(told.check(check).assert_success(), "ok HPET 100000000\n");
    }
}

#[test]
#[ignore = "ten seconds: cargo test -p phalanx-tests --test vm_clock -- --ignored --nocapture"]
fn over_ten_seconds_the_hpet_goes_with_the_tsc_and_with_the_kernels_clock() {
    let Some(guest) = guest() else { return };
    let told = guest.run(
        "check clock phalanx clock --seconds 10; check json phalanx clock --seconds 10 --json",
    );
    println!("{}", told.check("clock").text());
    let report = report(told.check("json"));
    assert_eq!(hpet(&report)["hz"], 100_000_000, "QEMU's");
}
