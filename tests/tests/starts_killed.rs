//! A process is killed at each system call of its start and of its end; the others go on, somebody
//! new gets in, and at the end nothing is left.
//!
//! What a start and an end do to shared memory between system calls, `crash_points` tries
//! instruction by instruction (`member.attach`, `member.detach`).

use std::io::Write;
use std::process::{Child, Stdio};

use phalanx_tests::cpu;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use phalanx_tests::step::trace::Traced;

/// The system calls of a start and an end are fewer.
const MOST: usize = 20_000;

fn group() -> TestGroup {
    TestGroup::of(env!("CARGO_BIN_EXE_phalanx-peer"))
}

/// Starts a process that begins its start with the first system call that is traced, and leaves at
/// once when it is in.
fn about_to_start(group: &TestGroup, role: &str, lcore: u16) -> (Child, Traced) {
    let arguments = format!("--no-huge --proc-type={role} {}", cpu::lcore(lcore));
    let mut command = group.command("race", &arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => panic!("{command:?} did not start: {error}"),
    };
    let traced = Traced::seize(child.id());
    traced.interrupt();
    if let Some(mut input) = child.stdin.take() {
        let told = writeln!(input, "start");
        assert!(told.is_ok(), "{told:?}");
    }
    (child, traced)
}

/// Kills a process of `role` at every `step`th stop before or behind a system call; `survive` looks
/// what is left.
fn kill_at_every(step: usize, role: &str, lcore: u16, survive: impl Fn(&TestGroup, usize)) {
    for (points, stop) in (0..MOST).step_by(step).enumerate() {
        let group = group();
        let primary = (role == "secondary")
            .then(|| group.peer(&format!("--no-huge --proc-type=primary {}", cpu::lcore(0))));
        let (_child, traced) = about_to_start(&group, role, lcore);
        let is_there = (0..stop).all(|_| traced.go_to_system_call());
        if !is_there {
            println!("{role}: killed at {points} stops, every {step}th of fewer than {stop}");
            return;
        }
        traced.kill();
        survive(&group, stop);
        if let Some(primary) = primary {
            primary.end().assert_success();
        }
        group.assert_nothing_left();
    }
    panic!("the start never ends");
}

/// Somebody of `role` joins and leaves.
fn join(group: &TestGroup, role: &str, lcore: u16, stop: usize) {
    let arguments = format!("--no-huge --proc-type={role} {}", cpu::lcore(lcore));
    let ended = Process::run(group.command("join", &arguments));
    assert!(ended.status.success(), "after a kill at stop {stop}: {ended}");
}

fn secondaries(step: usize) {
    // The one who comes next wants the same lcore.
    kill_at_every(step, "secondary", 1, |group, stop| join(group, "secondary", 1, stop));
}

fn primaries(step: usize) {
    kill_at_every(step, "primary", 0, |group, stop| join(group, "primary", 0, stop));
}

#[test]
fn a_secondary_that_dies_in_its_start_or_end_is_in_nobodys_way() {
    secondaries(97);
}

#[test]
fn a_primary_that_dies_in_its_start_or_end_is_in_nobodys_way() {
    primaries(97);
}

#[test]
#[ignore = "some thousand starts"]
fn a_secondary_that_dies_at_any_system_call_is_in_nobodys_way() {
    secondaries(1);
}

#[test]
#[ignore = "some thousand starts"]
fn a_primary_that_dies_at_any_system_call_is_in_nobodys_way() {
    primaries(1);
}
