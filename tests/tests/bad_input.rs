//! Bad input: one line that says what was written and what is accepted, exit code 1, and nobody
//! harmed.
//!
//! The option parser's own tests say which words each refusal uses; here a whole process is
//! refused, beside a group that runs.

use phalanx_tests::cpu::{is_allowed, lcore};
use phalanx_tests::group::TestGroup;
use phalanx_tests::header::GroupFile;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// A running group, which every bad start must leave as it is.
struct Bystander {
    group: TestGroup,
    primary: Process,
    file: GroupFile,
    bytes: Vec<u8>,
}

impl Bystander {
    fn new() -> Self {
        let group = TestGroup::of(PEER);
        let primary = group.still_peer(&format!("--no-huge -m 1 {}", lcore(0)));
        let file = GroupFile::at(group.group_file());
        let bytes = file.bytes();
        Self { group, primary, file, bytes }
    }

    /// Starts a process as each of primary, secondary and auto, and returns the refusal, which
    /// names `option` and shows `text`.
    #[track_caller]
    fn refuses(&self, option: &str, text: &str, arguments: &[&str]) {
        for role in ["primary", "secondary", "auto"] {
            let mut command = self.group.bare_command();
            command.args(["join", "--proc-type", role, "--wait", "0"]).args(arguments);
            if !arguments.contains(&"--file-prefix") {
                command.args(["--file-prefix", self.group.prefix()]);
            }
            let ended = Process::run(command);
            let why = ended.assert_refused();
            assert!(why.contains(option), "{option} is not named: {why}");
            assert!(why.contains(text), "'{text}' is not shown: {why}");
        }
    }

    #[track_caller]
    fn stays_unharmed(self) {
        assert!(self.file.bytes() == self.bytes, "the group's bytes have changed");
        let arguments = format!("--proc-type=secondary --wait 0 {}", lcore(1));
        Process::run(self.group.command("join", &arguments)).assert_success();
        self.primary.end().assert_success();
    }
}

#[test]
fn every_lcore_list_that_breaks_the_grammar_is_refused() {
    let bystander = Bystander::new();
    for list in [
        "",
        " ",
        "1-",
        "1,",
        "1#2",
        "-5",
        "-5-7",
        "1-3-5",
        "0-1,,2",
        "0-,1",
        "(0-,2-4)",
        "(-1,2)",
        "(2-4)@(2-4-6)",
        "(a,2)",
        "1-3@(1,3)",
        "3@((1,3)",
        "(4-7)=(1,3)",
        "[4-7]@(1,3)",
        "3@1024",
    ] {
        bystander.refuses("'-l'", list, &["-l", list]);
        bystander.refuses("'--lcores'", list, &["--lcores", list]);
    }
    bystander.stays_unharmed();
}

#[test]
fn an_lcore_on_a_cpu_that_is_not_there_is_refused() {
    let bystander = Bystander::new();
    if is_allowed(128) {
        // A machine so large takes these two lists.
        return;
    }
    bystander.refuses("'-l'", "128", &["-l", "128"]);
    bystander.refuses("'-l'", "available", &["-l", "1-128"]);
    bystander.stays_unharmed();
}

#[test]
fn every_bad_mask_and_main_lcore_is_refused() {
    let bystander = Bystander::new();
    for mask in ["error", "0", "", "0x", "-1"] {
        bystander.refuses("'-c'", mask, &["-c", mask]);
    }
    for id in ["-1", "X", "2", ""] {
        bystander.refuses("--main-lcore", id, &["--lcores", &all_on_one(), "--main-lcore", id]);
    }
    bystander.stays_unharmed();
}

/// An lcore list of one lcore, 0, on a CPU that is there.
fn all_on_one() -> String {
    lcore(0).replace("--lcores ", "")
}

#[test]
fn every_bad_list_of_megabytes_per_node_is_refused() {
    let bystander = Bystander::new();
    let too_many = ["2"; 33].join(",");
    for option in ["--socket-mem", "--numa-mem", "--socket-limit", "--numa-limit"] {
        for list in ["", "2,", "2,Fred", "2,Fred0", "2,,2", "Fred", "-2", ",2", &too_many] {
            let shown = list.get(..20).unwrap_or(list);
            bystander.refuses(&format!("'{option}'"), shown, &[option, list]);
        }
    }
    bystander.refuses("'--socket-mem'", "entries", &["--socket-mem", &["2"; 32].join(",")]);
    bystander.stays_unharmed();
}

#[test]
fn every_bad_limit_of_a_page_size_is_refused() {
    let bystander = Bystander::new();
    for limit in ["", "2M", "2M:", "2M:3M", "garbage", "2M:garbage", "3M:6M", ":2M", "2M:2M:2M"] {
        bystander.refuses("'--pagesz-mem'", limit, &["--pagesz-mem", limit]);
    }
    bystander.stays_unharmed();
}

#[test]
fn every_bad_number_and_word_is_refused() {
    let bystander = Bystander::new();
    for (option, value) in [
        ("-m", "0"),
        ("-m", "error"),
        ("-m", "-4"),
        ("-m", "99999999999999999999"),
        ("-n", "e"),
        ("-n", "0"),
        ("-r", "error"),
        ("-r", "0"),
        ("-r", "-1"),
        ("-r", "17"),
        ("--proc-type", "ERROR"),
        ("--huge-unlink=sometimes", "sometimes"),
        ("--base-virtaddr", "somewhere"),
        ("--log-level", "invalid:level:x"),
        ("--wait", "soon"),
    ] {
        let name = option.split('=').next().unwrap_or(option);
        match option.contains('=') {
            true => bystander.refuses(name, value, &[option]),
            false if option == "--proc-type" => {}
            false => bystander.refuses(name, value, &[option, value]),
        }
    }
    let mut command = bystander.group.bare_command();
    command.args(["join", "--proc-type", "ERROR", "--file-prefix", bystander.group.prefix()]);
    let ended = Process::run(command);
    let why = ended.assert_refused();
    assert!(why.contains("'--proc-type'") && why.contains("'ERROR'"), "{why}");
    bystander.stays_unharmed();
}

#[test]
fn every_pair_of_options_that_contradict_each_other_is_refused() {
    let bystander = Bystander::new();
    for pair in [
        "--pagesz-mem=2M:64M --no-huge",
        "--pagesz-mem=2M:64M --legacy-mem",
        "--coremask=1 --lcores=0",
        "--memory-size=2 --numa-mem=2",
        "--memory-size=2 --socket-mem=2",
        "--no-huge --socket-mem=2",
        "--socket-limit=2 --legacy-mem",
        "--legacy-mem --in-memory",
        "--legacy-mem --match-allocations",
        "--no-huge --match-allocations",
        "--no-huge --huge-unlink",
        "--single-file-segments --huge-unlink",
        "--no-huge --single-file-segments",
        "--in-memory --huge-unlink",
    ] {
        let words: Vec<&str> = pair.split(' ').collect();
        let name = |word: &'static str| word.split('=').next().unwrap_or(word);
        bystander.refuses(name(words[0]), name(words[1]), &words);
        bystander.refuses(name(words[1]), name(words[0]), &[words[1], words[0]]);
    }
    bystander.stays_unharmed();
}

#[test]
fn a_prefix_that_could_leave_its_directory_is_refused() {
    let bystander = Bystander::new();
    let long = "x".repeat(200);
    let prefixes = ["", "a/b", "/", "..", ".", "../..", "a%b", "%", "a b", "-x", "\u{e9}", &long];
    for prefix in prefixes {
        let shown = prefix.get(..20).unwrap_or(prefix);
        let shown: String = shown.chars().flat_map(|c| c.escape_default()).collect();
        bystander.refuses("'--file-prefix'", &shown, &["--file-prefix", prefix]);
    }
    let entries = std::fs::read_dir(bystander.group.base().join("phalanx")).expect("a directory");
    assert_eq!(entries.count(), 1, "a refused prefix left a directory");
    bystander.stays_unharmed();
}

#[test]
fn an_unknown_option_is_refused_with_the_one_that_was_meant() {
    let bystander = Bystander::new();
    bystander.refuses("'--file-prefx'", "'--file-prefix'", &["--file-prefx", "a"]);
    bystander.refuses("'--create-uio-dev'", "not supported", &["--create-uio-dev"]);
    bystander.refuses("'stray'", "--", &["stray"]);
    bystander.stays_unharmed();
}

#[test]
fn a_limit_of_this_process_that_is_too_low_is_named() {
    let group = TestGroup::of(PEER);
    for (limit, named) in [("-f 100", "ulimit -f"), ("-v 4000000", "ulimit -v")] {
        let words = ["sh", "-c", &format!("ulimit {limit} && exec \"$@\""), "sh"];
        let mut command = group.command_behind(&words.map(str::to_owned));
        command.args(["join", "--no-huge", "-m", "1", "--file-prefix", group.prefix()]);
        let ended = Process::run(command);
        assert!(ended.assert_refused().contains(named), "{ended}");
        group.assert_nothing_left();
    }
}
