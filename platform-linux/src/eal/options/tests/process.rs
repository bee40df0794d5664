//! Options about the group, this process and the log (`PT-2`, `RD-6`, `OP-29`).

use super::*;
use crate::eal::options::{LogLevel, ProcType};

#[test]
fn the_process_type_is_read_in_either_case() {
    for (text, expected) in [
        ("primary", ProcType::Primary),
        ("Secondary", ProcType::Secondary),
        ("AUTO", ProcType::Auto),
    ] {
        assert_eq!(accepted(&["--proc-type", text]).proc_type, expected);
    }
}

#[test]
fn another_process_type_is_refused_with_those_there_are() {
    for text in ["", "prim", "primary ", "tertiary"] {
        let argument = format!("--proc-type={text}");
        refused_with(&[&argument], &[&format!("'{text}'"), "primary, secondary or auto"]);
    }
}

#[test]
fn a_file_prefix_is_a_plain_name() {
    for text in ["phx", "a", "lab-2.a_B", "a..b", "_", &"x".repeat(64)] {
        assert_eq!(accepted(&["--file-prefix", text]).file_prefix.as_str(), text);
    }
}

#[test]
fn a_file_prefix_that_could_leave_its_directory_is_refused() {
    for (text, why) in [
        ("", "it is empty"),
        (".", "begins with '.'"),
        ("..", "begins with '.'"),
        ("../a", "begins with '.'"),
        (".hidden", "begins with '.'"),
        ("a/../b", "character 2, '/'"),
        ("a/b", "character 2, '/'"),
        ("/", "character 1, '/'"),
        ("a%d", "character 2, '%'"),
        ("a b", "character 2, ' '"),
        ("a\n", "character 2, '\\n'"),
        ("é", "character 1, '\\u{e9}'"),
        ("-a", "begins with '-'"),
        (&"x".repeat(65), "longer than 64 bytes"),
        (&"x".repeat(200), "longer than 64 bytes"),
    ] {
        let argument = format!("--file-prefix={text}");
        refused_with(&[&argument], &["'--file-prefix'", why, "1 to 64 of A-Z a-z 0-9 . _ -"]);
    }
}

#[test]
fn a_file_prefix_is_accepted_where_the_runtime_directory_accepts_it() {
    use crate::eal::options::FilePrefix;
    use crate::runtime_dir::Prefix;
    let long = ["x".repeat(64), "x".repeat(65)];
    let texts = (0..256).flat_map(|c| {
        let c = char::from_u32(c).unwrap_or(' ');
        [c.to_string(), format!("{c}a"), format!("a{c}")]
    });
    for text in texts.chain(long).chain(["".into()]) {
        assert_eq!(FilePrefix::parse(&text).is_ok(), Prefix::new(&text).is_ok(), "{text:?}");
    }
}

#[test]
fn waiting_takes_up_to_an_hour() {
    for (text, expected) in [("0", 0), ("5", 5), ("3600", 3600)] {
        assert_eq!(accepted(&["--wait", text]).wait_seconds, expected);
    }
    for text in ["3601", "-1", "", "5s", "1.5", "99999999999999999999"] {
        refused_with(&[&format!("--wait={text}")], &["'--wait'", "from 0 to 3600"]);
    }
}

#[test]
fn a_log_level_is_a_number_or_a_name() {
    for (text, expected) in [
        ("1", LogLevel::Emergency),
        ("8", LogLevel::Debug),
        ("emerg", LogLevel::Emergency),
        ("emergency", LogLevel::Emergency),
        ("alert", LogLevel::Alert),
        ("critical", LogLevel::Critical),
        ("error", LogLevel::Error),
        ("warning", LogLevel::Warning),
        ("notice", LogLevel::Notice),
        ("INFO", LogLevel::Info),
        ("debug", LogLevel::Debug),
    ] {
        let rules = accepted(&["--log-level", text]).log_levels;
        assert_eq!((rules[0].level, rules[0].component.is_none()), (expected, true), "{text}");
    }
}

#[test]
fn a_log_level_may_be_for_components() {
    for text in ["lib.ring*:debug", "lib.ring*,8"] {
        let rules = accepted(&["--log-level", text]).log_levels;
        assert_eq!(rules[0].component.as_deref(), Some("lib.ring*"));
        assert_eq!(rules[0].level, LogLevel::Debug);
    }
}

#[test]
fn log_levels_are_kept_in_order() {
    let rules = accepted(&["--log-level=5", "--log-level=eal:8", "--log-level=5"]).log_levels;
    assert_eq!(rules.iter().map(|rule| rule.level as u8).collect::<Vec<_>>(), [5, 8, 5]);
}

#[test]
fn a_bad_log_level_is_refused() {
    for (text, why) in [
        ("", "it is empty"),
        ("0", "none of the words"),
        ("9", "none of the words"),
        ("-1", "none of the words"),
        ("loud", "none of the words"),
        ("eal:", "it is empty"),
        ("eal:loud", "none of the words"),
        (":debug", "entry 1 is empty"),
        ("a b:debug", "character 2, ' '"),
        ("a:b:debug", "character 2, ':'"),
        (&format!("{}:debug", "x".repeat(33)), "longer than 32 bytes"),
    ] {
        let argument = format!("--log-level={text}");
        refused_with(&[&argument], &["'--log-level'", why, "component:level"]);
    }
}

#[test]
fn the_log_levels_can_be_asked_for() {
    let options = accepted(&["--log-level", "help", "-m64"]);
    assert!(options.log_help && options.log_levels.is_empty());
}

#[test]
fn process_types_and_levels_display_as_they_are_typed() {
    assert_eq!(ProcType::Secondary.to_string(), "secondary");
    assert_eq!(LogLevel::Emergency.to_string(), "emerg");
}
