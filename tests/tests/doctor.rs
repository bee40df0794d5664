//! `phalanx doctor` on this machine, whatever it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use phalanx_tests::binaries::{app, copy_program};
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;
use serde_json::Value;

fn doctor(arguments: &[&str]) -> Ended {
    let mut command = Command::new(app("phalanx"));
    command.arg("doctor").args(arguments);
    Process::run(command)
}

/// The state of each subject, by its name.
#[track_caller]
fn states(ended: &Ended) -> Vec<(String, String)> {
    let report: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended}"));
    let checks = report["checks"].as_array().expect("a list");
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    checks.iter().map(|check| (text(check, "name"), text(check, "state"))).collect()
}

#[track_caller]
fn state(ended: &Ended, name: &str) -> String {
    let all = states(ended);
    all.into_iter().find(|(it, _)| it == name).map(|(_, state)| state).expect("it is judged")
}

#[test]
fn the_doctor_has_a_line_for_each_subject_and_ends_well() {
    let ended = doctor(&[]);
    let text = &ended.assert_success().stdout;
    for name in ["kernel", "window", "hugepages", "isolated", "no-irqs", "tsc", "vfio", "network"] {
        let is_its_line = |line: &&str| line.trim_start().starts_with(&format!("{name} "));
        assert!(text.lines().any(|line| is_its_line(&line)), "{name} is not in {ended}");
    }
    assert!(text.contains(" unknown"), "{ended}");
}

#[test]
fn the_doctor_says_the_same_to_programs_and_people() {
    let (json, verbose) = (doctor(&["--json"]), doctor(&["--verbose"]));
    let all = states(json.assert_success());
    assert_eq!(all.len(), 25, "{json}");
    for (name, state) in all {
        let line = format!("{name}: {state}, ");
        assert!(verbose.assert_success().stdout.contains(&line), "'{line}' is not in {verbose}");
    }
}

#[test]
fn what_the_tests_themselves_need_is_good() {
    let ended = doctor(&["--need", "kernel,window,stack", "--need", "files"]);
    assert!(ended.assert_success().stdout.contains("all that was asked for is good"), "{ended}");
    let Some(_pages) = require::hugepages(32) else { return };
    doctor(&["--need=hugepages"]).assert_success();
}

#[test]
fn what_is_asked_for_and_not_good_is_named_and_fails() {
    let Some(before) = require::unlimited_stack() else { return };
    // 95 TiB: what the kernel maps below such a stack lies in the window.
    let giant = before.iter().map(|word| word.replace("unlimited", "102005473280"));
    let mut words = giant.chain([app("phalanx").display().to_string()]);
    let mut command = Command::new(words.next().expect("a shell"));
    command.args(words).args(["doctor", "--json", "--need", "kernel,stack,window"]);
    let ended = Process::run(command);
    assert_eq!(ended.status.code(), Some(1), "{ended}");
    assert_eq!(state(&ended, "stack"), "missing", "{ended}");
    assert!(ended.stderr.contains("asked for and not good: stack"), "{ended}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    assert_eq!(state(&ended, "kernel"), "good", "{ended}");
}

#[test]
fn a_need_that_is_none_and_cpus_that_are_none_are_refused() {
    for (arguments, why) in [
        (&["--need", "luck"][..], "hugepages"),
        (&["--need", "kernel,"], "give one of"),
        (&["--cpus", "x"], "2-3,5"),
        (&["--cpus", ""], "2-3,5"),
        (&["--json", "--verbose"], "--verbose"),
    ] {
        let ended = doctor(arguments);
        let said = ended.assert_refused();
        assert!(said.contains(why) && said.contains("doctor --help"), "{said}");
    }
}

#[test]
fn the_help_lists_every_name_and_an_example() {
    let help = doctor(&["--help"]);
    let text = &help.assert_success().stdout;
    for (name, _) in states(&doctor(&["--json"])) {
        assert!(text.contains(&format!("- {name}:")), "{name} is not in {help}");
    }
    assert!(text.contains("phalanx doctor --need hugepages,isolated"), "{help}");
}

#[test]
fn an_ordinary_user_is_told_what_this_user_lacks() {
    let Some(nobody) = require::as_nobody() else { return };
    // A place where nobody may go, which the workspace need not be.
    let place = Scratch::new();
    let program = place.path().join("tool");
    copy_program(app("phalanx"), &program);
    for path in [place.path(), &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its owner may");
    }
    let mut command = Command::new(&nobody[0]);
    command.args(&nobody[1..]).arg(&program).args(["doctor", "--json"]);
    command.env("RUNTIME_DIRECTORY", place.path()).current_dir("/");
    let ended = Process::run(command);
    ended.assert_success();
    assert_eq!(state(&ended, "rundir"), "missing", "root's directory: {ended}");
    assert_eq!(state(&ended, "network"), "missing", "{ended}");
    assert_eq!(state(&ended, "window"), "good", "{ended}");
}

#[test]
fn a_dev_shm_of_a_containers_size_is_poor_and_a_full_one_is_missing() {
    let Some(own_mounts) = require::own_mounts() else { return };
    for (options, expected) in [("size=64m", "poor"), ("size=64k", "missing")] {
        let mut command = Command::new(&own_mounts[0]);
        let mount = format!("mount -t tmpfs -o {options} none /dev/shm && exec \"$@\"");
        command.args(&own_mounts[1..]).args(["sh", "-c", &mount, "sh"]);
        command.arg(app("phalanx")).args(["doctor", "--json"]);
        let ended = Process::run(command);
        assert_eq!(state(ended.assert_success(), "shm"), expected, "{ended}");
    }
}
