//! What the tool `phalanx` says: whose help it names, and numbers with the words that fit.

use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

fn tool(group: &TestGroup, arguments: &[&str]) -> Command {
    let mut command = group.other_command(&app("phalanx"));
    command.args(arguments);
    command
}

#[test]
fn a_refused_option_names_the_help_of_its_own_command() {
    let group = TestGroup::of(PEER);
    for (arguments, help) in [
        (&["demo", "--pakets", "1"][..], "`phalanx demo --help`"),
        (&["ping", "--count", "0"], "`phalanx ping --help`"),
        (&["run"], "`phalanx run --help`"),
        (&["capture", "-c", "0"], "`phalanx capture --help`"),
        (&["doctor", "--need", "luck"], "`phalanx doctor --help`"),
        (&["demo-worker", "--nothing"], "`phalanx --help`"),
        (&["dance"], "`phalanx --help`"),
        (&[], "`phalanx --help`"),
    ] {
        let ended = Process::run(tool(&group, arguments));
        assert!(ended.assert_refused().ends_with(&format!("see {help}")), "{ended}");
    }
}

#[test]
fn what_is_missing_is_named_and_what_is_long_is_cut() {
    let group = TestGroup::of(PEER);
    for (arguments, missing) in [
        (&["bind"][..], "<DRIVER> and <DEVICE>... must be given"),
        (&["bind", "vfio-pci"], "<DEVICE>... must be given"),
        (&["unbind"], "<DEVICE>... must be given"),
        (&["send", "app/x"], "<TEXT> must be given"),
    ] {
        let ended = Process::run(tool(&group, arguments));
        assert!(ended.assert_refused().contains(missing), "{ended}");
    }
    let long = "x".repeat(10_000);
    for arguments in [
        &["bind", &long, "00:00.0"][..],
        &["unbind", &long],
        &[&long],
        &["clock", "--seconds", &long],
    ] {
        let ended = Process::run(tool(&group, arguments));
        assert!(ended.assert_refused().len() < 450, "{ended}");
    }
}

#[test]
fn an_option_that_the_demo_chooses_itself_is_said_to_be() {
    let group = TestGroup::of(PEER);
    for own in [
        &["--file-prefix", "x"][..],
        &["--proc-type=secondary"],
        &["-l", "0"],
        &["--lcores=0"],
        &["-c", "1"],
    ] {
        let ended = Process::run(tool(&group, &[&["demo", "--"][..], own].concat()));
        let why = ended.assert_refused();
        let name = own[0].split('=').next().unwrap_or_default();
        assert!(why.contains(&format!("'{name}'")) && why.contains("demo, which chooses"), "{why}");
        assert!(!why.contains("twice"), "{why}");
    }
    let twice = ["demo", "--", "-m", "4", "-m", "8"];
    assert!(Process::run(tool(&group, &twice)).assert_refused().contains("twice"));
}

#[test]
fn one_process_is_not_several() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 1 {}", lcore(0)));
    let prefix = group.prefix();
    let sent = Process::run(tool(&group, &["send", "--file-prefix", prefix, "app/x", "y"]));
    assert!(sent.assert_success().stdout.contains("sent to 1 process (slot 0)"), "{sent}");
    let sent =
        Process::run(tool(&group, &["send", "--json", "--file-prefix", prefix, "app/x", "y"]));
    let report: serde_json::Value = serde_json::from_str(&sent.assert_success().stdout).unwrap();
    assert_eq!(report, serde_json::json!({ "sent": [0], "failed": [] }));
    let audit = Process::run(tool(&group, &["audit", "--file-prefix", prefix]));
    assert!(audit.assert_success().stdout.contains("looked at 2 processes, "), "{audit}");
    primary.end().assert_success();
}

#[test]
fn a_window_that_does_not_begin_where_it_was_asked_says_where_it_does() {
    let group = TestGroup::of(PEER);
    let said = |address: &str| {
        let arguments = format!("--no-huge -m 1 --base-virtaddr={address} {}", lcore(0));
        let ended = Process::run(group.command("join", &arguments));
        ended.assert_success();
        format!("{}{}", ended.stdout, ended.stderr)
    };
    let rounded = said("0x210023456789");
    assert!(rounded.contains("0x210023456789: the window begins at 0x210040000000"), "{rounded}");
    assert!(!said("0x210040000000").contains("--base-virtaddr"));
}

#[test]
fn a_dead_groups_findings_name_no_command_that_there_is_not() {
    let group = TestGroup::of(PEER);
    group.peer(&format!("--no-huge -m 1 {}", lcore(0))).kill().assert_killed();
    let ended = Process::run(tool(&group, &["inspect", "--file-prefix", group.prefix()]));
    let text = &ended.assert_success().stdout;
    assert!(text.contains("is dead and not reaped"), "{ended}");
    assert!(text.contains("`phalanx clean`") && !text.contains("`reap`"), "{ended}");
    Process::run(tool(&group, &["clean", "--file-prefix", group.prefix()])).assert_success();
}
