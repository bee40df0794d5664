//! Who is primary: at most one, decided by the kernel's locks, whoever comes first and whoever
//! dies.

use core::time::Duration;
use std::thread;

use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::header::GroupFile;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Arguments of a process in a small group without hugepages.
fn as_role(role: &str, id: u16) -> String {
    format!("--proc-type={role} --no-huge -m 1 --wait 0 {}", lcore(id))
}

fn refusal(group: &TestGroup, arguments: &str) -> String {
    Process::run(group.command("join", arguments)).assert_refused().to_owned()
}

/// Two processes start at one moment, each to become primary, and one does; `rounds` times.
fn race(rounds: u32) {
    for round in 0..rounds {
        let group = TestGroup::of(PEER);
        let mut racers =
            [0, 1].map(|id| Process::start(group.command("race", &as_role("primary", id))));
        racers.iter_mut().for_each(|racer| drop(racer.await_line("waiting")));
        racers.iter_mut().for_each(|racer| racer.say("go"));
        let joined = racers.each_mut().map(|racer| racer.line_or_end("joined ").is_some());
        assert_ne!(joined[0], joined[1], "round {round}: two primaries, or none");

        let [first, second] = racers;
        let (winner, loser) = if joined[0] { (first, second) } else { (second, first) };
        let named = format!("(pid {}, ", winner.id());
        let ended = loser.end();
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!((ended.status.code(), lines.len()), (Some(1), 1), "{ended}");
        assert!(ended.stderr.contains(&named), "the winner is {named}: {ended}");
        winner.end().assert_success();
        group.assert_nothing_left();
    }
}

#[test]
fn of_two_primaries_that_start_together_one_wins_and_the_other_names_it() {
    race(100);
}

#[test]
#[ignore = "long proof: 1,000 races"]
fn of_two_primaries_one_wins_a_thousand_times() {
    race(1_000);
}

#[test]
fn a_second_primary_is_refused_with_the_first_ones_pid_and_command() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&as_role("primary", 0));
    let why = refusal(&group, &as_role("primary", 1));
    assert!(why.contains(&format!("pid {}", primary.id())), "{why}");
    assert!(why.contains("phalanx-peer") && why.contains("serve"), "{why}");
    primary.end().assert_success();
}

#[test]
fn auto_becomes_primary_where_there_is_none_and_secondary_where_there_is() {
    let group = TestGroup::of(PEER);
    let mut first = Process::start(group.command("serve", &as_role("auto", 0)));
    assert!(first.await_line("joined ").contains("joined primary"));
    let mut second = Process::start(group.command("serve", &as_role("auto", 1)));
    assert!(second.await_line("joined ").contains("joined secondary"));
    second.end().assert_success();
    first.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn of_two_that_start_together_as_auto_one_is_primary_and_both_join() {
    for _ in 0..20 {
        let group = TestGroup::of(PEER);
        let arguments = |id| format!("--proc-type=auto --no-huge -m 1 {}", lcore(id));
        let mut racers = [0, 1].map(|id| Process::start(group.command("race", &arguments(id))));
        racers.iter_mut().for_each(|racer| drop(racer.await_line("waiting")));
        racers.iter_mut().for_each(|racer| racer.say("go"));
        let mut lines = racers.each_mut().map(|racer| racer.await_line("joined "));
        lines.sort();
        assert!(lines[0].starts_with("joined primary"), "{lines:?}");
        assert!(lines[1].starts_with("joined secondary"), "{lines:?}");
    }
}

#[test]
fn a_secondary_that_is_early_waits_for_its_primary() {
    let group = TestGroup::of(PEER);
    let arguments = format!("--proc-type=secondary --wait 60 {}", lcore(1));
    let mut early = Process::start(group.command("serve", &arguments));
    // Long enough for it to have looked and found nothing; the test holds if it has not.
    thread::sleep(Duration::from_millis(100));
    let primary = group.peer(&as_role("primary", 0));
    assert!(early.await_line("joined ").contains("joined secondary"));
    early.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn a_secondary_without_a_group_says_so_and_leaves_nothing() {
    let group = TestGroup::of(PEER);
    let why = refusal(&group, &as_role("secondary", 1));
    assert!(why.contains(group.prefix()) && why.contains("--proc-type=primary"), "{why}");
    assert!(!group.dir().exists());
}

#[test]
fn a_secondary_of_a_group_that_is_not_ready_says_which_phase_it_saw() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&as_role("primary", 0));
    let file = GroupFile::at(group.group_file());
    for (phase, named) in [(1, "Formatting"), (2, "Memory"), (4, "Closing")] {
        let _changed = file.put("phase", phase);
        let why = refusal(&group, &as_role("secondary", 1));
        assert!(why.contains(named), "{why}");
        assert!(why.contains(&format!("pid {}", primary.id())), "{why}");
    }
    Process::run(group.command("join", &as_role("secondary", 1))).assert_success();
    primary.end().assert_success();
}

#[test]
fn the_last_process_leaves_nothing_behind_whatever_the_order() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&as_role("primary", 0));
    let secondary = group.peer(&as_role("secondary", 1));
    primary.end().assert_success();
    assert!(group.group_file().exists(), "the secondary lives, so the group does");
    secondary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_new_primary_adopts_a_group_whose_primary_was_killed() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&as_role("primary", 0));
    let mut secondary = group.peer(&as_role("secondary", 1));
    primary.kill().assert_killed();

    let third = group.peer(&as_role("secondary", 2));
    let mut adopter = Process::start(group.command("serve", &as_role("primary", 0)));
    let line = adopter.await_line("joined ");
    assert!(line.contains("joined primary") && line.contains("attached"), "{line}");
    assert_eq!(secondary.ask("members"), Ok("3".to_owned()));
    let ended = adopter.end();
    assert!(ended.assert_success().stderr.contains("without a primary"), "{ended}");
    third.end().assert_success();
    secondary.end().assert_success();
    group.assert_nothing_left();
}

#[test]
fn a_dead_group_is_refused_to_a_secondary_and_cleaned_by_the_next_primary() {
    let group = TestGroup::of(PEER);
    group.peer(&as_role("primary", 0)).kill().assert_killed();
    let why = refusal(&group, &as_role("secondary", 1));
    assert!(why.contains("dead") && why.contains("phalanx clean"), "{why}");

    let mut next = Process::start(group.command("serve", &as_role("primary", 0)));
    assert!(next.await_line("joined ").contains("created"));
    let ended = next.end();
    assert!(ended.assert_success().stderr.contains("dead group"), "{ended}");
    group.assert_nothing_left();
}

#[test]
fn cleaning_a_dead_group_leaves_its_neighbour_alone() {
    let group = TestGroup::of(PEER);
    let beside = |mode| {
        let mut command = group.bare_command();
        // A name that begins as the dead group's does.
        let prefix = format!("{}-beside", group.prefix());
        command.args([mode, "--file-prefix", &prefix, "--no-huge", "-m", "1"]);
        command
    };
    let mut first = beside("serve");
    first.args(lcore(0).split(' '));
    let mut neighbour = Process::start(first);
    neighbour.await_line("joined ");
    let file = GroupFile::at(group.dir_of(&format!("{}-beside", group.prefix())).join("group"));
    // Stopped, so that it writes nothing itself meanwhile.
    neighbour.freeze();
    let before = file.bytes();

    group.peer(&as_role("primary", 0)).kill().assert_killed();
    Process::run(group.command("join", &as_role("primary", 0))).assert_success();
    assert!(file.bytes() == before, "the neighbour's group file has changed");
    neighbour.thaw();
    let mut secondary = beside("join");
    secondary.arg("--proc-type=secondary").args(lcore(1).split(' '));
    Process::run(secondary).assert_success();
    neighbour.end().assert_success();
}

#[test]
fn a_primary_killed_while_it_starts_keeps_nobody_from_starting() {
    let group = TestGroup::of(PEER);
    for tenths_of_milliseconds in 0..60 {
        let doomed = Process::start(group.command("serve", &as_role("primary", 0)));
        thread::sleep(Duration::from_micros(100 * tenths_of_milliseconds));
        doomed.kill();
        if tenths_of_milliseconds % 10 == 9 {
            Process::run(group.command("join", &as_role("primary", 0))).assert_success();
            group.assert_nothing_left();
        }
    }
}

#[test]
fn a_secondary_killed_while_it_starts_leaves_its_slot_and_lcore_to_others() {
    let group = TestGroup::of(PEER);
    let mut primary = group.peer(&as_role("primary", 0));
    for tenths_of_milliseconds in 0..60 {
        let doomed = Process::start(group.command("serve", &as_role("secondary", 1)));
        thread::sleep(Duration::from_micros(100 * tenths_of_milliseconds));
        doomed.kill();
    }
    let mut secondary = group.peer(&as_role("secondary", 1));
    let slot = secondary.ask("slot").expect("a slot");
    // 1, or the next one if the last of them was not reaped yet: never one for each.
    assert!(slot.starts_with("1 ") || slot.starts_with("2 "), "slots are not given back: {slot}");
    assert_eq!(primary.ask("members"), Ok("2".to_owned()));
    secondary.end().assert_success();
    primary.end().assert_success();
}

#[test]
fn a_stopped_primary_keeps_nobody_from_joining() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&as_role("primary", 0));
    primary.freeze();
    Process::run(group.command("join", &as_role("secondary", 1))).assert_success();
    primary.thaw();
    primary.end().assert_success();
}

#[test]
fn the_sixty_fifth_process_is_refused_and_a_place_that_is_left_is_taken() {
    let group = TestGroup::of(PEER);
    let primary = group.peer(&as_role("primary", 0));
    let mut others: Vec<Process> =
        (1..64).map(|id| group.peer(&as_role("secondary", id))).collect();
    let why = refusal(&group, &as_role("secondary", 64));
    assert!(why.contains("64 processes"), "{why}");
    others.pop().map(Process::end);
    Process::run(group.command("join", &as_role("secondary", 64))).assert_success();
    drop(others);
    primary.end().assert_success();
}
