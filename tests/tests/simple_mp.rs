//! `simple_mp` as people know it: two terminals, words from one to the other.

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::first_allowed;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

/// A `simple_mp` of two lcores, `id` and the next, that has said that it is ready.
fn start(group: &TestGroup, role: &str, id: u16) -> Process {
    let lcores = format!("({},{})@({})", id, id + 1, first_allowed());
    let arguments = format!("--no-huge -m 16 --lcores {lcores}");
    let mut command = group.bare_command();
    command.args(["--file-prefix", group.prefix(), "--proc-type", role]);
    let mut app = Process::start({
        command.args(arguments.split(' '));
        command
    });
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
