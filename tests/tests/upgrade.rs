//! A primary is replaced by another binary while its group works: nobody stops, nothing is lost.
//! `ARCHITECTURE.md` has the procedure.

use std::path::PathBuf;
use std::process::Command;

use phalanx_core::group::MANIFEST;
use phalanx_tests::binaries::{app, copy_program};
use phalanx_tests::cpu::lcore;
use phalanx_tests::group::TestGroup;
use phalanx_tests::header::GroupFile;
use phalanx_tests::process::Process;

const PEER: &str = env!("CARGO_BIN_EXE_phalanx-peer");

/// Elements that go round, numbered from 0.
const ELEMENTS: u64 = 100;

/// A primary with two rings, full of elements that two secondaries move from one to the other.
struct Plant {
    group: TestGroup,
    primary: Process,
    movers: [Process; 2],
}

impl Plant {
    fn new() -> Self {
        let group = TestGroup::of(PEER);
        let mut primary = group.peer(&format!("--no-huge -m 4 {}", lcore(0)));
        primary.ask("ring there 256 multi").expect("a ring");
        primary.ask("ring back 256 multi").expect("a ring");
        primary.ask("zone settings 4096").expect("a zone");
        primary.ask(&format!("produce there 0 {ELEMENTS}")).expect("there is room");
        let secondary = |id| group.peer(&format!("--proc-type=secondary {}", lcore(id)));
        let mut movers = [secondary(1), secondary(2)];
        movers[0].ask("move there back").expect("rings");
        movers[1].ask("move back there").expect("rings");
        let mut plant = Self { group, primary, movers };
        plant.assert_moving();
        plant
    }

    /// Both movers get on.
    #[track_caller]
    fn assert_moving(&mut self) {
        for mover in &mut self.movers {
            let moved = |mover: &mut Process| -> u64 {
                mover.ask("moved").expect("it moves").parse().expect("a number")
            };
            let before = moved(mover);
            while moved(mover) == before {}
        }
    }

    /// The arguments of the next primary, as its binary gets them.
    fn next(&self, role: &str) -> Command {
        let mut command = self.group.other_command(&self.next_binary());
        command.args(["serve", "--file-prefix", self.group.prefix(), "--proc-type", role]);
        command.args(lcore(3).split(' '));
        command
    }

    /// Another file with another name: what an upgrade installs.
    fn next_binary(&self) -> PathBuf {
        let path = self.group.base().join("next-primary");
        if !path.exists() {
            copy_program(PEER, &path);
        }
        path
    }

    /// Stops the movers and counts: every element is there, once.
    #[track_caller]
    fn assert_nothing_lost(mut self, counter: &mut Process) {
        self.assert_moving();
        for mover in &mut self.movers {
            mover.ask("stop-moving").expect("it moves");
        }
        let (mut count, mut sum) = (0, 0);
        for ring in ["there", "back"] {
            let answer = counter.ask(&format!("drain {ring}")).expect("a ring");
            let (many, total) = answer.split_once(' ').expect("two numbers");
            count += many.parse::<u64>().expect("a number");
            sum += total.parse::<u64>().expect("a number");
        }
        assert_eq!((count, sum), (ELEMENTS, ELEMENTS * (ELEMENTS - 1) / 2));
        counter.ask("find-zone settings").expect("the old primary's zone");
    }
}

#[test]
fn a_new_binary_joins_takes_the_role_over_and_the_old_one_leaves() {
    let mut plant = Plant::new();
    let mut next = Process::start(plant.next("secondary"));
    next.await_line("joined secondary");
    plant.assert_moving();
    let slot = next.ask("slot").expect("a slot");
    let slot = slot.split(' ').next().expect("a number");
    let mut promote = plant.group.other_command(&app("phalanx"));
    promote.args(["promote", "--file-prefix", plant.group.prefix(), "--slot", slot]);
    promote.arg("--from-living");
    Process::run(promote).assert_success();
    plant.assert_moving();
    assert_eq!(next.ask("role"), Ok("primary".to_owned()));
    assert_eq!(plant.primary.ask("role"), Ok("secondary".to_owned()));
    let old = core::mem::replace(&mut plant.primary, next);
    old.end().assert_success();
    plant.assert_moving();
    let mut counter = plant.group.peer(&format!("--proc-type=secondary {}", lcore(4)));
    plant.assert_nothing_lost(&mut counter);
}

#[test]
fn a_new_binary_adopts_the_group_of_one_that_was_killed() {
    let mut plant = Plant::new();
    let refused = Process::run(plant.next("primary"));
    assert!(refused.assert_refused().contains(&plant.primary.id().to_string()), "{refused}");
    // Killed, so that the next one can start.
    let next = plant.next("primary");
    let unborn = Process::start(Command::new("true"));
    core::mem::replace(&mut plant.primary, unborn).kill().assert_killed();
    plant.assert_moving();
    let mut next = Process::start(next);
    let line = next.await_line("joined ");
    assert!(line.contains("primary") && line.contains("attached"), "{line}");
    next.ask("zone more 8000000").expect("memory grows");
    plant.assert_nothing_lost(&mut next);
}

#[test]
fn a_new_binary_of_another_layout_is_refused_and_nobody_notices() {
    let mut plant = Plant::new();
    let file = GroupFile::at(plant.group.group_file());
    let ring =
        MANIFEST.iter().position(|layout| layout.name == "RingHeader").expect("it is shared");
    let spoilt = file.spoil_fingerprint(ring);
    for role in ["secondary", "primary"] {
        let ended = Process::run(plant.next(role));
        let why = ended.assert_refused();
        // A living primary is named first: who asks for its role must not even look further.
        assert!(role == "primary" || why.contains("structure RingHeader"), "{why}");
        plant.assert_moving();
    }
    drop(spoilt);
    let mut counter = plant.group.peer(&format!("--proc-type=secondary {}", lcore(4)));
    plant.assert_nothing_lost(&mut counter);
}
