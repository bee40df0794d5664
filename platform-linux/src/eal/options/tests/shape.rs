//! The shape of a command line: names, values, `--`, repetitions, contradictions.

use super::*;
use crate::eal::options::{Given, LogLevel, OPTIONS, OptionId, ProcType, Spelling, Value};

#[test]
fn no_argument_at_all_is_the_default() {
    let parsed = parse(&[]).unwrap();
    assert_eq!(parsed.consumed, 0);
    let expected = Options { lcores: parsed.options.lcores.clone(), ..Options::default() };
    assert_eq!(parsed.options, expected);
    assert_eq!(expected.file_prefix.as_str(), "phx");
    assert_eq!((expected.wait_seconds, expected.proc_type), (5, ProcType::Primary));
}

#[test]
fn a_required_value_may_follow_or_be_attached() {
    for arguments in
        [&["-m", "64"][..], &["-m64"], &["-m=64"], &["--memory-size", "64"], &["--memory-size=64"]]
    {
        assert_eq!(accepted(arguments).memory_mb, Some(64), "{arguments:?}");
    }
}

#[test]
fn an_optional_value_must_be_attached() {
    for arguments in [&["-R4"][..], &["-R=4"], &["--remap-lcore-ids=4"]] {
        assert_eq!(accepted(arguments).remap_base, Some(4), "{arguments:?}");
    }
    refused_with(&["--huge-unlink", "never"], &["'never'", "after '--'", "--huge-unlink=WHEN"]);
}

#[test]
fn parsing_stops_behind_two_dashes() {
    let parsed = parse(&["-m", "64", "--", "--bogus", "file"]).unwrap();
    assert_eq!(parsed.consumed, 3);
    assert_eq!(parse(&["--"]).unwrap().consumed, 1);
    assert_eq!(parse(&["-m64", "--in-memory"]).unwrap().consumed, 2);
}

#[test]
fn a_second_pair_of_dashes_is_the_applications() {
    assert_eq!(parse(&["--", "--"]).unwrap().consumed, 1);
}

#[test]
fn an_unknown_option_is_named_with_the_nearest_known() {
    refused_with(&["--file-prefx=a"], &["'--file-prefx'", "did you mean '--file-prefix'"]);
    refused_with(&["--numa-men", "1"], &["did you mean '--numa-mem'"]);
    refused_with(&["-file-prefix", "a"], &["'-file-prefix'", "did you mean '--file-prefix'"]);
    refused_with(&["--l", "1"], &["did you mean '-l'"]);
}

#[test]
fn an_unknown_option_near_to_none_leads_to_the_help() {
    refused_with(&["--frobnicate"], &["'--frobnicate'", "--help", "after '--'"]);
    refused_with(&["-z"], &["'-z'", "--help"]);
    refused_with(&["-5"], &["'-5'"]);
    refused_with(&["--=5"], &["'--'"]);
}

#[test]
fn options_of_dpdk_that_phalanx_has_not_are_refused_as_such() {
    for (argument, name) in [
        ("--telemetry", "telemetry"),
        ("--no-telemetry", "no-telemetry"),
        ("-d", "driver-path"),
        ("-A", "no-auto-probing"),
        ("-S", "service-corelist"),
        ("-s", "service-coremask"),
        ("--create-uio-dev", "create-uio-dev"),
        ("--huge-worker-stack=512", "huge-worker-stack"),
        ("--syslog", "syslog"),
    ] {
        assert_eq!(parse(&[argument]).unwrap_err(), OptionError::NotSupported { long: name });
        refused_with(&[argument], &[&format!("'--{name}' of DPDK is not supported by Phalanx")]);
    }
}

#[test]
fn a_stray_argument_is_sent_behind_the_two_dashes() {
    for text in ["file", "-", ""] {
        refused_with(&["--in-memory", text], &[&format!("'{text}'"), "after '--'"]);
    }
}

#[test]
fn a_missing_value_is_refused_with_what_is_accepted() {
    for spec in &OPTIONS {
        if let Value::Required { accepts, .. } = spec.value {
            let long = format!("--{}", spec.long);
            refused_with(&[&long], &[&long, "needs a value", "nothing follows", accepts]);
        }
    }
}

#[test]
fn an_option_in_the_place_of_a_value_is_not_taken_for_it() {
    refused_with(&["-l", "--in-memory"], &["'-l' needs a value", "'--in-memory' follows"]);
    refused_with(&["--file-prefix", "--"], &["'--file-prefix' needs a value", "'--' follows"]);
}

#[test]
fn a_switch_with_a_value_is_refused() {
    refused_with(&["--in-memory=yes"], &["'--in-memory' takes no value", "'yes'"]);
    refused_with(&["-vx"], &["'-v' takes no value", "'x'"]);
}

#[test]
fn the_same_option_with_another_value_is_refused_with_both() {
    refused_with(&["-m", "64", "--memory-size=65"], &["--memory-size", "'64'", "'65'", "twice"]);
    refused_with(&["-l0", "--lcores=1"], &["'--lcores'", "'0'", "'1'"]);
    refused_with(&["--socket-mem=1", "--numa-mem=2"], &["'--numa-mem'", "'1'", "'2'"]);
    refused_with(&["--huge-unlink", "--huge-unlink=never"], &["''", "'never'"]);
}

#[test]
fn the_same_option_with_the_same_value_is_accepted() {
    assert_eq!(accepted(&["-m64", "--memory-size", "64"]).memory_mb, Some(64));
    assert!(accepted(&["--in-memory", "--in-memory"]).in_memory);
}

#[test]
fn options_that_contradict_each_other_are_refused_in_either_order() {
    for (first, second) in [
        ("--coremask=1", "--lcores=0"),
        ("--memory-size=64", "--socket-mem=64"),
        ("--pagesz-mem=2M:64M", "--no-huge"),
        ("--pagesz-mem=2M:64M", "--legacy-mem"),
        ("--no-huge", "--socket-mem=64"),
        ("--socket-limit=64", "--legacy-mem"),
        ("--legacy-mem", "--in-memory"),
        ("--legacy-mem", "--match-allocations"),
        ("--no-huge", "--match-allocations"),
        ("--no-huge", "--huge-unlink"),
        ("--no-huge", "--single-file-segments"),
        ("--single-file-segments", "--huge-unlink=existing"),
        ("--in-memory", "--huge-unlink=always"),
    ] {
        let name = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
        let names = format!("Options '{}' and '{}' cannot be given", name(first), name(second));
        refused_with(&[first, second], &[&names, "together: ", "; leave one of them out"]);
        refused_with(&[second, first], &[&names]);
    }
}

#[test]
fn a_contradiction_is_told_in_the_names_that_were_written() {
    refused_with(&["-c1", "-l0"], &["Options '-c' and '-l' cannot be given together"]);
    refused_with(&["-m1", "--numa-mem=1"], &["Options '-m' and '--numa-mem'"]);
}

#[test]
fn options_that_do_not_contradict_each_other_are_accepted_together() {
    accepted(&["--no-huge", "-m", "64", "--no-shconf"]);
    accepted(&["--socket-mem=64", "--socket-limit=128"]);
    accepted(&["--in-memory", "--single-file-segments", "--match-allocations"]);
}

#[test]
fn help_stops_at_once_and_asks_nothing_more() {
    for help in ["-h", "--help"] {
        let parsed = parse(&["-m", "bad", help, "--bogus"]).unwrap();
        assert_eq!(parsed.consumed, 3);
        assert_eq!(parsed.options, Options { help: true, ..Options::default() });
    }
}

#[test]
fn version_goes_on() {
    let options = accepted(&["-v", "-m64"]);
    assert!(options.version && options.memory_mb == Some(64));
}

#[test]
fn a_forged_line_is_escaped_in_the_error() {
    refused_with(
        &["--file-prefix=a\nEAL: all is well\x1b[0m"],
        &["a\\nEAL: all is well\\u{1b}[0m"],
    );
    refused_with(&["--\u{202e}\r"], &["--\\u{202e}\\r"]);
}

#[test]
fn an_endless_text_is_cut_in_the_error() {
    let text = "9".repeat(100_000);
    for option in ["--file-prefix", "-m", "-l", "-c", "--socket-mem", "--huge-dir", "--log-level"] {
        refused_with(&[option, &text], &["999..."]);
    }
    refused_with(&[&format!("--{text}")], &["--999", "999..."]);
    let items = "0,".repeat(100_000);
    refused_with(&["-l", &items], &["at character 65535 "]);
}

#[test]
fn more_repetitions_than_can_be_kept_are_refused() {
    let many = vec!["--log-level=5"; 17];
    refused_with(&many, &["'--log-level'", "more than 16"]);
    let endless = vec!["--log-level=5"; 100];
    refused_with(&endless, &["'--log-level'", "more than 64"]);
}

#[test]
fn every_name_in_the_table_is_found_and_is_found_once() {
    for spec in &OPTIONS {
        let given = Given::by_long(spec.long).unwrap();
        assert_eq!((given.id, given.spelling), (spec.id, Spelling::Long));
        assert_eq!(spec.id.spec().long, spec.long);
        if let Some(letter) = spec.short {
            assert_eq!(Given::by_short(letter).map(|given| given.id), Some(spec.id));
        }
        if let Some(alias) = spec.alias {
            assert_eq!(
                Given::by_long(alias).map(|given| given.to_string()),
                Some(format!("--{alias}"))
            );
        }
    }
    assert_eq!(Given::long(OptionId::Lcores).to_string(), "--lcores");
}

#[test]
fn the_levels_of_the_log_are_in_order() {
    let numbers: Vec<u8> = LogLevel::ALL.into_iter().map(|level| level as u8).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
}
