//! One operation, its process killed everywhere.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::thread::{CpuSet, sched_setaffinity};

use super::actor::Actor;
use super::image::{Image, Snapshot};
use super::locks::KernelLocks;
use super::operation::{Operation, Outcome};
use super::report::Report;
use super::trace::{Step, Stop, Traced};
use crate::cpu;
use crate::group::TestGroup;

/// How much of an operation is tried.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Besides at each new state, judge after every instruction, up to about so many, evenly
    /// spread.
    pub points: u64,
    /// So many points are tried by a `SIGKILL` too.
    pub kills: u64,
    /// In so many states the recovery is killed in its turn, everywhere.
    pub repairs: u64,
    /// And that in every so many'th operation of a structure.
    pub repairs_in: usize,
    /// Chooses the points of the two above.
    pub seed: u64,
}

impl Plan {
    /// For every run of the tests.
    pub const QUICK: Self = Self { points: 0, kills: 1, repairs: 1, repairs_in: 12, seed: 1 };
    /// The whole.
    pub const EXHAUSTIVE: Self =
        Self { points: 2000, kills: 12, repairs: 2, repairs_in: 1, seed: 2 };
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
    /// Where all of them run, and this thread.
    cpu: usize,
}

/// Kills processes in `op` as `plan` says. `program` is `phalanx-step`.
///
/// # Panics
/// At the first point after which something is not as it should be.
pub fn walk(program: &Path, op: &dyn Operation, plan: &Plan) -> Report {
    let begun = Instant::now();
    let cpu = pin();
    let mut stage = Stage::set(program, op, cpu);
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
    fn set(program: &Path, op: &'a dyn Operation, cpu: usize) -> Self {
        let group = TestGroup::of(program);
        let mut first = member(&group, "primary", 0, cpu);
        let prepared = first.ask(&format!("prepare {}", op.name()));
        assert_eq!(prepared, Ok(()), "{} could not be prepared", op.name());
        let (second, third) =
            (member(&group, "secondary", 1, cpu), member(&group, "secondary", 2, cpu));
        let files = core::iter::once(group.group_file()).chain(group.memory_files());
        let mut image = Image::of(files.collect::<Vec<PathBuf>>());
        // The window lies at the same addresses in every process.
        image.locate(first.id());
        Self { op, group, image, first, second, third, cpu }
    }

    /// A process that stands at the beginning of the operation.
    fn victim(&self) -> (Actor, Traced) {
        let mut victim = member(&self.group, "secondary", 3, self.cpu);
        let traced = Traced::seize(victim.id());
        victim.say(&format!("operate {}", self.op.name()));
        traced.await_mark();
        (victim, traced)
    }

    /// One process goes all the way, and is dead for the others after each instruction. Returns
    /// how many states there were.
    fn kill_in_place(&mut self, plan: &Plan, report: &mut Report) -> u64 {
        let is_regular = plan.points > 0;
        if is_regular {
            report.every = self.length().div_ceil(plan.points).max(1);
        }
        let (victim, mut traced) = self.victim();
        let mut seen = Seen::first(&self.image, victim.id());
        loop {
            report.states += u64::from(seen.is_new);
            if seen.is_new || is_regular && report.points.is_multiple_of(report.every) {
                let verdict = self.judge_in_place(&mut seen);
                self.assert_fine(verdict, report.points, &traced);
                report.judged += 1;
            }
            let step = traced.step();
            if step.stop == Stop::Mark {
                break;
            }
            seen.look(&self.image, &step);
            report.points += 1;
            // What is judged may have made the way longer: pages that were given back are zeroed anew.
            if report.points > plan.points * report.every {
                report.every *= 2;
            }
        }
        traced.kill();
        report.states
    }

    /// How many instructions the operation has.
    fn length(&mut self) -> u64 {
        let base = self.image.take();
        let (_victim, mut traced) = self.victim();
        let length = (0..).find(|_| traced.step().stop == Stop::Mark).unwrap_or(0);
        traced.kill();
        // Nobody has looked for this process yet, so that it leaves no more than its bytes.
        self.image.put_back(&base);
        length
    }

    /// What survivors find if the process that `seen` is of is dead now; all is as before then.
    fn judge_in_place(&mut self, seen: &mut Seen) -> Outcome {
        assert!(!self.image.refresh(&mut seen.known), "{}: a store was overlooked", self.op.name());
        seen.locks.let_go();
        let verdict = self.judge();
        self.image.put_back(&seen.known);
        seen.locks.take_again();
        verdict
    }

    /// A process of its own is killed after `point` instructions.
    fn kill(&mut self, point: u64, report: &mut Report) {
        let (_victim, mut traced) = self.victim();
        for _ in 0..point {
            // The way to the point may be a little shorter than it was.
            if traced.step().stop == Stop::Mark {
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
        let (victim, mut traced) = self.victim();
        let mut seen = Seen::first(&self.image, victim.id());
        let mut state = 0;
        while state < wanted {
            let step = traced.step();
            if step.stop == Stop::Mark {
                break;
            }
            seen.look(&self.image, &step);
            state += u64::from(seen.is_new);
        }
        seen.locks.let_go();
        let died_at = traced.place();
        let mut repairing = Traced::seize(self.third.id());
        self.third.say("recover");
        repairing.await_mark();
        let mut seen = Seen::first(&self.image, self.third.id());
        loop {
            if seen.is_new {
                let verdict = self.judge_in_place(&mut seen);
                report.repairs_judged += 1;
                if let Err(why) = verdict {
                    panic!(
                        "{}: one died in state {wanted} (at {died_at:#x}), then its recoverer at \
                         {:#x}: {why}",
                        self.op.name(),
                        repairing.place()
                    );
                }
            }
            let step = repairing.step();
            if step.stop == Stop::Mark {
                break;
            }
            seen.look(&self.image, &step);
            report.repair_points += 1;
        }
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

/// What others can see of a process that stands still: memory and locks.
struct Seen {
    id: u32,
    known: Snapshot,
    locks: KernelLocks,
    /// Whether the last instruction changed any of it, or may have.
    is_new: bool,
}

impl Seen {
    fn first(image: &Image, id: u32) -> Self {
        Self { id, known: image.take(), locks: KernelLocks::of(id), is_new: true }
    }

    /// Looks again after `step`.
    fn look(&mut self, image: &Image, step: &Step) {
        self.is_new = if step.stop == Stop::SystemCall {
            image.refresh(&mut self.known);
            self.locks = KernelLocks::of(self.id);
            true
        } else {
            let known = &mut self.known;
            step.writes.iter().fold(false, |new, write| new | image.follow_write(known, write))
        };
    }
}

pub(super) fn member(group: &TestGroup, role: &str, lcore: u16, cpu: usize) -> Actor {
    let mut command = group.bare_command();
    command.args(["--file-prefix", group.prefix(), "--no-huge"]);
    command.args([format!("--proc-type={role}"), format!("--lcores={lcore}@({cpu})")]);
    Actor::start(command)
}

/// Keeps this thread on one CPU, each walk on the next one, and says which. A step is a switch
/// to the traced process and back, which costs several times as much between two CPUs.
pub(super) fn pin() -> usize {
    static WALKS: AtomicUsize = AtomicUsize::new(0);
    let allowed: Vec<usize> = (0..1024).filter(|cpu| cpu::is_allowed_at_all(*cpu)).collect();
    let walk = WALKS.fetch_add(1, Ordering::Relaxed);
    let cpu = allowed.get(walk % allowed.len().max(1)).copied().unwrap_or(0);
    let mut set = CpuSet::new();
    set.set(cpu);
    // Not being pinned costs time only.
    let _ = sched_setaffinity(None, &set);
    cpu
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
