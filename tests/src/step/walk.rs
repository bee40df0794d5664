//! One operation, its process killed everywhere.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::actor::Actor;
use super::image::{Image, Snapshot};
use super::locks::KernelLocks;
use super::operation::{Operation, Outcome};
use super::report::Report;
use super::trace::{Stop, Traced};
use crate::cpu;
use crate::group::TestGroup;

/// How much of an operation is tried.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Judge after every instruction, not only where what others can see has changed.
    pub everywhere: bool,
    /// So many points are tried by a `SIGKILL` too.
    pub kills: u64,
    /// In so many states the recovery is killed in its turn, everywhere.
    pub repairs: u64,
    /// Chooses the points of the two above.
    pub seed: u64,
}

impl Plan {
    /// For every run of the tests.
    pub const QUICK: Self = Self { everywhere: false, kills: 1, repairs: 1, seed: 1 };
    /// The whole.
    pub const EXHAUSTIVE: Self = Self { everywhere: true, kills: 12, repairs: 4, seed: 2 };
}

/// A group with three members that survive.
struct Stage<'a> {
    op: &'a dyn Operation,
    group: TestGroup,
    image: Image,
    first: Actor,
    second: Actor,
    /// Dies in its recovery.
    third: Actor,
}

/// Kills processes in `op` as `plan` says. `program` is `phalanx-step`.
///
/// # Panics
/// At the first point after which something is not as it should be.
pub fn walk(program: &Path, op: &dyn Operation, plan: &Plan) -> Report {
    let begun = Instant::now();
    let mut stage = Stage::set(program, op);
    let base = stage.image.take();
    let mut report = Report { name: op.name().to_owned(), ..Report::default() };
    let states = stage.kill_in_place(plan, &mut report);
    stage.image.put_back(&base);
    let mut random = Random(plan.seed);
    for _ in 0..plan.kills {
        let point = random.below(report.points + 1);
        stage.kill(point, &mut report);
        stage.image.put_back(&base);
    }
    for _ in 0..plan.repairs.min(states) {
        // Which state, counted as they come up.
        let state = random.below(states);
        stage.kill_the_repair(state, &mut report);
        stage.image.put_back(&base);
    }
    report.took = begun.elapsed();
    report
}

impl<'a> Stage<'a> {
    fn set(program: &Path, op: &'a dyn Operation) -> Self {
        let group = TestGroup::of(program);
        let mut first = member(&group, "primary", 0);
        let prepared = first.ask(&format!("prepare {}", op.name()));
        assert_eq!(prepared, Ok(()), "{} could not be prepared", op.name());
        let (second, third) = (member(&group, "secondary", 1), member(&group, "secondary", 2));
        let files = std::iter::once(group.group_file()).chain(group.memory_files());
        let image = Image::of(files.collect::<Vec<PathBuf>>());
        Self { op, group, image, first, second, third }
    }

    /// A process that stands at the beginning of the operation.
    fn victim(&self) -> (Actor, Traced) {
        let mut victim = member(&self.group, "secondary", 3);
        let traced = Traced::seize(victim.id());
        victim.say(&format!("operate {}", self.op.name()));
        traced.await_mark();
        (victim, traced)
    }

    /// One process goes all the way, and is dead for the others after each instruction. Returns
    /// how many states there were.
    fn kill_in_place(&mut self, plan: &Plan, report: &mut Report) -> u64 {
        let (victim, traced) = self.victim();
        let mut known = self.image.take();
        let mut locks = KernelLocks::of(victim.id());
        let mut stop = Stop::SystemCall;
        loop {
            let is_new = self.look(&victim, stop, &mut known, &mut locks, report.points == 0);
            report.states += u64::from(is_new);
            if is_new || plan.everywhere {
                locks.let_go();
                let verdict = self.judge();
                self.image.put_back(&known);
                locks.take_again();
                self.assert_fine(verdict, report.points, &traced);
                report.judged += 1;
            }
            stop = traced.step();
            if stop == Stop::Mark {
                break;
            }
            report.points += 1;
        }
        traced.kill();
        report.states
    }

    /// Looks what others would find now. Says whether it differs from the last look.
    fn look(
        &self,
        victim: &Actor,
        stop: Stop,
        known: &mut Snapshot,
        locks: &mut KernelLocks,
        is_first: bool,
    ) -> bool {
        if stop == Stop::SystemCall {
            *known = self.image.take();
            *locks = KernelLocks::of(victim.id());
            return true;
        }
        self.image.follow(known) || is_first
    }

    /// A process of its own is killed after `point` instructions.
    fn kill(&mut self, point: u64, report: &mut Report) {
        let (_victim, traced) = self.victim();
        for _ in 0..point {
            // The way to the point may be a little shorter than it was.
            if traced.step() == Stop::Mark {
                break;
            }
        }
        traced.kill();
        if let Err(why) = self.judge() {
            panic!("{}: SIGKILL after instruction {point}: {why}", self.op.name());
        }
        report.killed += 1;
    }

    /// A process dies in the operation, in state `wanted`; another recovers, and is dead for the
    /// others after each instruction of that.
    fn kill_the_repair(&mut self, wanted: u64, report: &mut Report) {
        let (victim, traced) = self.victim();
        let mut known = self.image.take();
        let mut locks = KernelLocks::of(victim.id());
        let (mut stop, mut state) = (Stop::SystemCall, 0);
        loop {
            state += u64::from(self.look(&victim, stop, &mut known, &mut locks, state == 0));
            if state > wanted || stop == Stop::Mark {
                break;
            }
            stop = traced.step();
        }
        locks.let_go();
        let died_at = traced.place();
        let repairing = Traced::seize(self.third.id());
        self.third.say("recover");
        repairing.await_mark();
        let mut known = self.image.take();
        let mut locks = KernelLocks::of(self.third.id());
        let (mut stop, mut point) = (Stop::SystemCall, 0u64);
        while stop != Stop::Mark {
            let third = &self.third;
            if self.look(third, stop, &mut known, &mut locks, point == 0) {
                locks.let_go();
                let verdict = self.judge();
                self.image.put_back(&known);
                locks.take_again();
                report.repairs_judged += 1;
                if let Err(why) = verdict {
                    let name = self.op.name();
                    panic!(
                        "{name}: one died in state {wanted} (at {died_at:#x}), then its recoverer \
                         after instruction {point} (at {:#x}): {why}",
                        repairing.place()
                    );
                }
            }
            stop = repairing.step();
            point += 1;
        }
        report.repair_points += point - 1;
        repairing.release();
        let recovered = self.third.answer();
        assert_eq!(recovered, Ok(()), "{}: the recovery in state {wanted}", self.op.name());
        traced.kill();
    }

    /// One survivor recovers, audits, and uses the structure; then another uses it and audits.
    fn judge(&mut self) -> Outcome {
        let name = self.op.name();
        self.first.ask(&format!("judge {name}"))?;
        self.second.ask(&format!("use {name}"))
    }

    fn assert_fine(&self, verdict: Outcome, point: u64, traced: &Traced) {
        if let Err(why) = verdict {
            let name = self.op.name();
            panic!("{name}: dead after instruction {point} (next is {:#x}): {why}", traced.place());
        }
    }
}

fn member(group: &TestGroup, role: &str, lcore: u16) -> Actor {
    let arguments = format!("--no-huge --proc-type={role} {}", cpu::lcore(lcore));
    let mut command = group.bare_command();
    command.args(["--file-prefix", group.prefix()]).args(arguments.split_whitespace());
    Actor::start(command)
}

/// Numbers that look random and are the same for the same seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        for shift in [13, 7, 17] {
            self.0 ^= if shift == 7 { self.0 >> shift } else { self.0 << shift };
        }
        (self.0 >> 16) % end.max(1)
    }
}
