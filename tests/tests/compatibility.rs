//! A program of another build is refused before it maps anything, and the structure that differs
//! is named.

use phalanx_core::group::MANIFEST;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::header::GroupFile;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A living group, and its file to spoil: what a program of another build would find.
fn group() -> (TestGroup, Process, GroupFile) {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&format!("--no-huge -m 1 {}", lcore(0)));
    let file = GroupFile::at(group.group_file());
    (group, primary, file)
}

fn refusal(group: &TestGroup, role: &str) -> String {
    let arguments = format!("--proc-type={role} --wait 0 {}", lcore(1));
    Process::run(group.command("join", &arguments)).assert_refused().to_owned()
}

#[track_caller]
fn assert_unharmed(group: &TestGroup, mut primary: Process) {
    let arguments = format!("--proc-type=secondary --wait 0 {}", lcore(1));
    Process::run(group.command("join", &arguments)).assert_success();
    assert_eq!(primary.ask("members"), Ok("1".to_owned()));
    primary.end().assert_success();
}

#[test]
fn every_structure_that_is_laid_out_otherwise_is_named() {
    let (group, primary, file) = group();
    for (index, layout) in MANIFEST.iter().enumerate() {
        let _spoilt = file.spoil_fingerprint(index);
        let why = refusal(&group, "secondary");
        assert!(why.contains(&format!("structure {} ", layout.name)), "{why}");
        assert!(why.contains(&file.path().display().to_string()), "{why}");
    }
    assert_unharmed(&group, primary);
}

#[test]
fn another_abi_version_is_refused_with_both_numbers() {
    let (group, primary, file) = group();
    let spoilt = file.put("abi", 77);
    let why = refusal(&group, "secondary");
    assert!(why.contains("version 77") && why.contains("program 1"), "{why}");
    drop(spoilt);
    assert_unharmed(&group, primary);
}

#[test]
fn a_manifest_of_another_length_is_refused() {
    let (group, primary, file) = group();
    for len in [0, 1, 255] {
        let _spoilt = file.put("manifest_len", len);
        let why = refusal(&group, "secondary");
        assert!(why.contains("structure"), "{why}");
    }
    assert_unharmed(&group, primary);
}

#[test]
fn a_living_group_of_another_build_is_not_taken_over() {
    let (group, primary, file) = group();
    for field in ["magic", "abi", "window_len"] {
        let _spoilt = file.spoil(field, 0);
        for role in ["primary", "auto"] {
            // Refused as a second primary, or for the bytes; never cleaned, never adopted.
            refusal(&group, role);
        }
    }
    assert_unharmed(&group, primary);
}

#[test]
fn a_dead_group_of_another_build_is_cleaned_by_a_primary() {
    let (group, primary, file) = group();
    primary.kill().assert_killed();
    let _spoilt = file.spoil("abi", 0);
    let arguments = format!("--no-huge -m 1 {}", lcore(0));
    let ended = Process::run(group.command("join", &arguments));
    assert!(ended.assert_success().stdout.contains("created"), "{ended}");
    assert!(!group.dir().exists());
}
