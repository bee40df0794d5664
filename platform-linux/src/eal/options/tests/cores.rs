//! Which lcores there are on this machine: availability, masks, renumbering, main (`OP-2` to `OP-4`, `LC-2` to `LC-4`).

use super::*;
use crate::eal::options::LCORE_MAX;

fn on(available: &CpuSet, arguments: &[&str]) -> Result<Parsed, OptionError> {
    Options::parse(arguments.iter().copied(), available)
}

#[test]
fn a_list_is_checked_whole_before_the_machine_is_asked() {
    refused_with(&["-l", "99,1#2"], &["at character 5 "]);
}

#[test]
fn a_cpu_that_is_not_available_is_refused_with_those_that_are() {
    for list in ["128", "1-128", "16", "3@16", "(0,16)"] {
        refused_with(&["-l", list], &["unavailable", "available: 0-15"]);
    }
    refused_with(&["-l", "3@(2,16)"], &["lcore 3 unavailable", "CPU 16"]);
    refused_with(&["-c", "0x10000"], &["'-c'", "lcore 16 unavailable"]);
    let few: CpuSet = [1, 4, 5].into_iter().collect();
    let error = on(&few, &["-l", "0"]).unwrap_err().to_string();
    assert!(error.contains("lcore 0 unavailable") && error.contains("1,4-5"), "{error}");
}

#[test]
fn an_lcore_id_of_256_or_more_is_refused_with_the_way_to_map_it() {
    let all: CpuSet = (0..1024).collect();
    for (list, lcore, cpu) in [("256", 256, 256), ("1-256", 256, 256), ("300@(2,3)", 300, 2)] {
        let error = on(&all, &["-l", list]).unwrap_err();
        let sentence = sentence(&[list], &error);
        assert!(sentence.contains(&format!("lcore {lcore} is not below 256")), "{sentence}");
        assert!(sentence.ends_with(&format!("e.g. --lcores 0@{cpu}")), "{sentence}");
    }
    assert_eq!(on(&all, &["-l", "0@300"]).unwrap().options.lcores.to_string(), "0@(300)");
    assert_eq!(on(&all, &["-l", "0-255"]).unwrap().options.lcores.len(), 256);
}

#[test]
fn without_a_choice_there_is_one_lcore_for_each_available_cpu() {
    let some: CpuSet = [1, 4, 5].into_iter().collect();
    let options = on(&some, &[]).unwrap().options;
    assert_eq!(options.lcores.to_string(), "1,4,5");
    assert_eq!((options.main_lcore, options.skipped_cpus), (1, 0));
}

#[test]
fn cpus_beyond_the_ids_are_skipped_and_counted() {
    let options = on(&(0..300).collect(), &[]).unwrap().options;
    assert_eq!(options.lcores.len(), usize::from(LCORE_MAX));
    assert_eq!(options.skipped_cpus, 44);
}

#[test]
fn a_process_with_only_high_cpus_is_told_to_map_them() {
    let error = on(&(300..304).collect(), &[]).unwrap_err().to_string();
    assert!(error.contains("(300-303)") && error.ends_with("e.g. --lcores 0@300"), "{error}");
}

#[test]
fn a_process_without_any_cpu_is_refused() {
    assert_eq!(on(&CpuSet::new(), &[]).unwrap_err(), OptionError::NoCpu);
}

#[test]
fn a_coremask_is_one_bit_a_cpu() {
    for (mask, expected) in [
        ("1", "0"),
        ("0xf", "0,1,2,3"),
        ("0X8001", "0,15"),
        (" 6 ", "1,2"),
        ("000000000000000000000000000000000000000a", "1,3"),
    ] {
        assert_eq!(accepted(&["-c", mask]).lcores.to_string(), expected, "{mask}");
    }
    assert_eq!(accepted(&["--coremask=3"]).lcores.to_string(), "0,1");
}

#[test]
fn a_coremask_reaches_cpu_1023_and_no_further() {
    let all: CpuSet = (0..1024).collect();
    let mask = format!("8{}", "0".repeat(255));
    let error = on(&all, &["-c", &mask]).unwrap_err().to_string();
    assert!(error.contains("lcore 1023 is not below 256"), "{error}");
    refused_with(&["-c", &format!("1{}", "0".repeat(256))], &["CPU above 1023"]);
}

#[test]
fn a_bad_coremask_is_refused() {
    for (mask, why) in [
        ("", "it is empty"),
        (" ", "it is empty"),
        ("0x", "it is empty"),
        ("0", "no bit is set"),
        ("0x0000", "no bit is set"),
        ("error", "character 2, 'r'"),
        ("0x1g", "character 4, 'g'"),
        (" 1-3", "character 3, '-'"),
        ("1 2", "character 2, ' '"),
        ("0x0x1", "character 4, 'x'"),
    ] {
        let argument = format!("--coremask={mask}");
        refused_with(
            &[&argument],
            &["'--coremask'", &format!("'{mask}'"), why, "0xf for CPUs 0-3"],
        );
    }
}

#[test]
fn lcores_can_be_renumbered_in_the_order_of_their_cpus() {
    for (arguments, expected) in [
        (&["-R", "-l", "8,4,6"][..], "0@(4),1@(6),2@(8)"),
        (&["-R=10", "-l", "4-5"], "10@(4),11@(5)"),
        (&["--remap-lcore-ids=3", "-c", "0x30"], "3@(4),4@(5)"),
    ] {
        assert_eq!(accepted(arguments).lcores.to_string(), expected, "{arguments:?}");
    }
}

#[test]
fn renumbering_makes_high_cpus_usable() {
    let high: CpuSet = (300..304).collect();
    assert_eq!(on(&high, &["-R", "-l302"]).unwrap().options.lcores.to_string(), "0@(302)");
    let options = on(&high, &["-R254"]).unwrap().options;
    assert_eq!(
        (options.lcores.to_string().as_str(), options.skipped_cpus),
        ("254@(300),255@(301)", 2)
    );
}

#[test]
fn a_map_or_group_cannot_be_renumbered() {
    refused_with(&["-R", "-l", "1,2@3"], &["at character 4 ", "--remap-lcore-ids"]);
    refused_with(&["-R", "-l", "(1,2)"], &["at character 1 ", "--remap-lcore-ids"]);
}

#[test]
fn lcores_that_would_be_renumbered_beyond_the_last_id_are_refused() {
    refused_with(&["-R255", "-l", "0-1"], &["'-R'", "'255'", "2 lcores", "give a lower base"]);
    refused_with(&["-R", "-l", "16"], &["lcore 16 unavailable"]);
}

#[test]
fn a_bad_base_of_renumbering_is_refused() {
    for text in ["256", "-1", "x", ""] {
        let argument = format!("--remap-lcore-ids={text}");
        refused_with(&[&argument], &["'--remap-lcore-ids'", &format!("'{text}'"), "0 to 255"]);
    }
}

#[test]
fn the_main_lcore_is_the_first_unless_chosen() {
    assert_eq!(accepted(&["-l", "3,1,2"]).main_lcore, 1);
    assert_eq!(accepted(&["-l", "0,1", "--main-lcore", "1"]).main_lcore, 1);
    assert_eq!(accepted(&["--main-lcore=1", "-c3"]).main_lcore, 1);
    assert_eq!(accepted(&["--main-lcore", "200", "--lcores=200@0"]).main_lcore, 200);
    assert_eq!(accepted(&["-R=7", "-l3-4", "--main-lcore=8"]).main_lcore, 8);
}

#[test]
fn a_main_lcore_that_is_not_enabled_is_refused_with_those_that_are() {
    refused_with(&["-c3", "--main-lcore=2"], &["'--main-lcore'", "'2'", "not enabled", "0-1"]);
}

#[test]
fn a_main_lcore_that_is_no_id_is_refused() {
    for text in ["-1", "X", "256", "4294967297", "0x1"] {
        refused_with(&["--main-lcore", text], &["'--main-lcore'", &format!("'{text}'")]);
    }
}
