//! `simple_mp` as people know it: two terminals, words from one to the other.

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::first_allowed;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use serde_json::{Value, json};

/// A `simple_mp` of two lcores, `id` and the next.
fn spawn(group: &TestGroup, role: &str, id: u16) -> Process {
    let lcores = format!("({},{})@({})", id, id + 1, first_allowed());
    let mut command = group.bare_command();
    command.args(["--file-prefix", group.prefix(), "--proc-type", role]);
    command.args(["--no-huge", "-m", "16", "--lcores", &lcores]);
    Process::start(command)
}

/// The same, once it has said that it is ready.
fn start(group: &TestGroup, role: &str, id: u16) -> Process {
    let mut app = spawn(group, role, id);
    app.await_line(&format!("Starting core {}", id + 1));
    app
}

#[test]
fn words_go_both_ways() {
    let group = TestGroup::of(app("simple_mp"));
    let mut primary = start(&group, "primary", 0);
    let mut secondary = start(&group, "secondary", 2);
    primary.say("send hello");
    assert!(secondary.await_line("Received").contains("core 3: Received 'hello'"));
    secondary.say("send a line of any words");
    assert!(primary.await_line("Received").contains("core 1: Received 'a line of any words'"));
    secondary.say("quit");
    secondary.end().assert_success();
    primary.say("quit");
    let ended = primary.end();
    assert!(ended.assert_success().stderr.contains("APP: Finished Process Init."), "{ended}");
    assert!(!group.dir().exists());
}

#[test]
fn two_that_start_together_find_each_other_whoever_is_first() {
    for _ in 0..10 {
        let group = TestGroup::of(app("simple_mp"));
        let mut pair = [0, 2].map(|id| spawn(&group, "auto", id));
        for (app, id) in pair.iter_mut().zip([0, 2]) {
            app.await_line(&format!("Starting core {}", id + 1));
        }
        pair[0].say("send hello");
        pair[1].await_line("core 3: Received 'hello'");
        pair[1].say("send back");
        pair[0].await_line("core 1: Received 'back'");
    }
}

#[test]
fn a_message_is_cut_to_127_bytes() {
    let group = TestGroup::of(app("simple_mp"));
    let mut primary = start(&group, "primary", 0);
    let mut secondary = start(&group, "auto", 2);
    primary.say(&format!("send {}", "x".repeat(500)));
    let line = secondary.await_line("Received");
    assert!(line.contains(&format!("'{}'", "x".repeat(127))), "{line}");
}

#[test]
fn a_ring_that_nobody_empties_fills_and_says_so() {
    let group = TestGroup::of(app("simple_mp"));
    let mut primary = start(&group, "primary", 0);
    (0..64).for_each(|_| primary.say("send word"));
    primary.await_line("Failed to send message - message discarded");
    // The 63 that went in wait for whoever comes.
    let mut late = start(&group, "secondary", 2);
    (0..63).for_each(|_| drop(late.await_line("Received 'word'")));
}

#[test]
fn a_secondary_takes_over_from_one_that_was_killed() {
    let group = TestGroup::of(app("simple_mp"));
    let mut primary = start(&group, "primary", 0);
    start(&group, "secondary", 2).kill().assert_killed();
    let mut next = start(&group, "secondary", 2);
    primary.say("send again");
    next.await_line("Received 'again'");
}

#[test]
fn what_the_sample_shares_is_what_the_tool_shows() {
    let group = TestGroup::of(app("simple_mp"));
    let mut primary = start(&group, "primary", 0);
    (0..5).for_each(|_| primary.say("send word"));
    primary.say("help");
    primary.await_line("- quit");
    let mut info = group.other_command(&app("phalanx"));
    info.args(["info", "--json", "--file-prefix", group.prefix()]);
    let ended = Process::run(info);
    let facts: Value = serde_json::from_str(&ended.assert_success().stdout).expect("it is JSON");
    let pool = &facts["mempools"][0];
    assert_eq!((&pool["name"], &pool["size"]), (&json!("MSG_POOL"), &json!(1024)), "{facts}");
    assert_eq!(pool["in_use"], 5, "{facts}");
    assert_eq!(facts["rings"][0]["name"], "PRI_2_SEC", "{facts}");
    assert_eq!(facts["rings"][0]["used"], 5, "{facts}");
    assert_eq!(facts["lcores"].as_array().map(Vec::len), Some(2), "{facts}");
}

#[test]
fn help_and_bad_commands_are_answered_as_the_sample_does() {
    let group = TestGroup::of(app("simple_mp"));
    let mut primary = start(&group, "primary", 0);
    primary.say("help");
    primary.await_line("Simple demo example of multi-process in RTE");
    primary.await_line("- quit");
    primary.say("send");
    primary.await_line("Bad arguments");
    primary.say("shout");
    primary.await_line("Command not found");
}

#[test]
fn one_lcore_is_too_few_and_bad_options_are_one_line() {
    let group = TestGroup::of(app("simple_mp"));
    let lcores = format!("0@({})", first_allowed());
    for arguments in [vec!["--lcores", &lcores, "--no-huge"], vec!["-l", "1-"]] {
        let mut command = group.bare_command();
        command.args(["--file-prefix", group.prefix(), "--log-level", "error"]).args(arguments);
        let ended = Process::run(command);
        assert_eq!(ended.status.code(), Some(1), "{ended}");
        assert!(ended.stderr.contains("lcore"), "{ended}");
    }
    assert!(!group.dir().exists());
}
