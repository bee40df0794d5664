//! The owner of a port is killed at each system call of attaching and of detaching it, and processes at any
//! moment of many of both: the others see a whole port or none, all the same, and go on.
//!
//! What happens to shared memory between system calls, `crash_points` tries instruction by instruction
//! (`port.begin`, `port.admit`, `port.give-up`, `port.going`, `port.stay`, `port.unplug`).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use phalanx_tests::binaries::app;
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::peers::{secondary, tell};
use phalanx_tests::process::Process;
use phalanx_tests::step::trace::Traced;

/// The system calls of what is done and of leaving are fewer.
const MOST: usize = 20_000;

fn group() -> TestGroup {
    TestGroup::of(env!("CARGO_BIN_EXE_phalanx-peer"))
}

/// A primary that has obeyed `before`, and begins with `command` and its end at the first system call that is
/// traced; and two secondaries.
fn about_to(group: &TestGroup, before: &[&str], command: &str) -> (Child, Traced, [Process; 2]) {
    let arguments = format!("--no-huge -m 8 --proc-type=primary {}", lcore(0));
    let mut primary = group.command("serve", &arguments);
    primary.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = primary.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it is piped");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut await_line = |beginning: &str| {
        let mut lines = lines.by_ref().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with(beginning)), "'{beginning}' was awaited");
    };
    await_line("joined");
    let others = [1, 2].map(|id| secondary(group, id));
    for line in before {
        writeln!(input, "{line}").expect("it reads");
        await_line("ok");
    }
    let traced = Traced::seize(child.id());
    traced.interrupt();
    writeln!(input, "{command}").expect("it reads");
    drop(input);
    (child, traced, others)
}

/// Kills the owner at every `step`th stop before or behind a system call of `command`.
fn kill_at_every(step: usize, before: &[&str], command: &str) {
    for (points, stop) in (0..MOST).step_by(step).enumerate() {
        let group = group();
        let (_child, traced, mut others) = about_to(&group, before, command);
        if !(0..stop).all(|_| traced.go_to_system_call()) {
            println!("{command}: killed at {points} stops, every {step}th of fewer than {stop}");
            return;
        }
        traced.kill();
        survive(&mut others, stop);
        for other in others {
            other.end().assert_success();
        }
        group.assert_nothing_left();
    }
    panic!("it never ends");
}

/// All see the same: a port that can be used and detached, or none, and then one can be attached.
fn survive(others: &mut [Process; 2], stop: usize) {
    let seen = others.each_mut().map(|other| tell(other, "ports"));
    assert_eq!(seen[0], seen[1], "after a kill at stop {stop}");
    let [one, two] = others;
    match seen[0].as_str() {
        "" => {}
        "0:net_ring0" => drop(tell(two, "detach net_ring0")),
        other => panic!("after a kill at stop {stop}: {other}"),
    }
    assert_eq!(tell(one, "ports"), "");
    assert_eq!(tell(one, "attach net_ring0"), "0 mine");
    tell(one, "port-up net_ring0 1 1");
    tell(two, "open-rx net_ring0 0");
    tell(two, "drop-queues");
    tell(two, "detach net_ring0");
}

const ATTACHED: &[&str] = &["attach net_ring0"];

#[test]
fn an_owner_that_dies_attaching_leaves_a_whole_port_or_none() {
    kill_at_every(29, &[], "attach net_ring0");
}

#[test]
fn an_owner_that_dies_detaching_leaves_a_whole_port_or_none() {
    kill_at_every(29, ATTACHED, "detach net_ring0");
}

#[test]
#[ignore = "some hundred groups"]
fn an_owner_that_dies_at_any_system_call_leaves_a_whole_port_or_none() {
    kill_at_every(1, &[], "attach net_ring0");
    kill_at_every(1, ATTACHED, "detach net_ring0");
    kill_at_every(1, ATTACHED, "detach net_ring0 0 force");
}

/// Numbers that look like chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

const DEVICES: [&str; 6] = [
    "net_null0",
    "net_null1",
    "net_ring0,size=64",
    "net_ring1",
    "net_ring2,peer=net_ring1",
    "net_null5",
];

/// Attaches and detaches at random, and kills a process now and then, in the middle of that.
fn at_random(deeds: usize) {
    let group = group();
    let auto = |id: u16| {
        let arguments = format!("--no-huge -m 8 --proc-type=auto --wait 5 {}", lcore(id));
        group.peer(&arguments)
    };
    let mut all: Vec<Process> = (0..4).map(auto).collect();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let (mut done, mut refused, mut killed) = (0, 0, 0);
    let mut lcores = [0, 1, 2, 3];
    for deed in 0..deeds {
        let (who, device) = (chance.below(4), DEVICES[chance.below(DEVICES.len())]);
        let name = device.split(',').next().unwrap_or(device);
        let command = match chance.below(2) {
            0 => format!("attach {device}"),
            _ => format!("detach {name}"),
        };
        if chance.below(5) == 0 {
            // The one that does it, or another one, dies meanwhile.
            let victim = chance.below(4);
            all[who].say(&command);
            (0..chance.below(2000)).for_each(|_| core::hint::spin_loop());
            // The one that it had is the dead one's until he is reaped.
            lcores[victim] = (lcores[victim] + 4) % 8;
            let old = core::mem::replace(&mut all[victim], auto(lcores[victim]));
            old.kill().assert_killed();
            if victim != who {
                // It failed, if the dead one owned it.
                let _ = all[who].answer();
            }
            killed += 1;
        } else if all[who].ask(&command).is_ok() {
            done += 1;
        } else {
            refused += 1;
        }
        // What a dead one had asked for may be under way still.
        let mut seen: Vec<String>;
        let mut looks = 0;
        loop {
            seen = all.iter_mut().map(|peer| tell(peer, "ports")).collect();
            if seen.iter().all(|ports| *ports == seen[0]) {
                break;
            }
            looks += 1;
            assert!(looks < 1000, "deed {deed}, {command}: {seen:?}");
        }
    }
    println!("{deeds} deeds: {done} done, {refused} refused, {killed} with a death");
    for device in DEVICES {
        let _ = all[0].ask(&format!("detach {}", device.split(',').next().unwrap_or(device)));
    }
    assert_eq!(tell(&mut all[3], "ports"), "");
    let mut audit = group.other_command(&app("phalanx"));
    audit.args(["audit", "--file-prefix", group.prefix()]);
    Process::run(audit).assert_success();
    for peer in all {
        peer.end().assert_success();
    }
    group.assert_nothing_left();
}

#[test]
fn devices_that_come_and_go_while_processes_die_are_the_same_to_all() {
    at_random(40);
}

#[test]
#[ignore = "a thousand devices, and some two hundred deaths"]
fn a_thousand_devices_that_come_and_go_while_processes_die_are_the_same_to_all() {
    at_random(1000);
}
