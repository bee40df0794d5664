//! One half of our own pair: sleeps until `go` changes, runs one slice, answers. The same as DPDK's
//! `tests/bench/dpdk/peer.c`, driven by the same page.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::fs;
use std::io;

use phalanx_linux::eal::{EalBuilder, Fallback};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::cells::{Form, Subject, Sync};
use crate::clock;
use crate::control::{self, ControlPage, STOP, Status};
use crate::ours::Ours;

/// One slice as a peer sees it: a copy of the command, so that no loop touches the shared one.
#[derive(Debug)]
pub(crate) struct Task {
    /// The page, for the start line and the conversation between the peers.
    pub(crate) page: &'static ControlPage,
    /// 0 or 1.
    pub(crate) me: usize,
    /// What to do.
    pub(crate) subject: Subject,
    /// The ring's mode.
    pub(crate) sync: Sync,
    /// The kind of call.
    pub(crate) form: Form,
    /// Elements an operation.
    pub(crate) batch: usize,
    /// Elements in the ring before the start.
    pub(crate) fill: usize,
    /// Objects in the pool's cache.
    pub(crate) cache: usize,
    /// Objects held before they are put back.
    pub(crate) keep: usize,
    /// How long.
    pub(crate) slice_cycles: u64,
    go: u32,
}

/// What a peer has to say of its part of a slice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// Elements it moved; 0 if the other peer counts.
    pub(crate) elements: u64,
    /// What its part took.
    pub(crate) cycles: u64,
    /// The sum of all it read.
    pub(crate) sum: u64,
    /// How it went.
    pub(crate) status: Status,
}

impl Outcome {
    /// A part whose work the other peer counts.
    pub(crate) const SILENT: Self = Self { elements: 0, cycles: 0, sum: 0, status: Status::Ok };
    /// This side does not have the subject.
    pub(crate) const UNKNOWN: Self = Self { status: Status::UnknownSubject, ..Self::SILENT };
}

impl Task {
    fn read(page: &'static ControlPage, me: usize, go: u32) -> Option<Self> {
        let command = &page.command;
        Some(Self {
            page,
            me,
            subject: Subject::from_number(command.subject.load(Ordering::Relaxed))?,
            sync: Sync::from_number(command.sync.load(Ordering::Relaxed))?,
            form: Form::from_number(command.form.load(Ordering::Relaxed))?,
            batch: command.batch.load(Ordering::Relaxed) as usize,
            fill: command.fill.load(Ordering::Relaxed) as usize,
            cache: command.cache.load(Ordering::Relaxed) as usize,
            keep: command.keep.load(Ordering::Relaxed) as usize,
            slice_cycles: command.slice_cycles.load(Ordering::Relaxed),
            go,
        })
    }

    /// Both peers leave this at the same moment, within a line's way.
    pub(crate) fn start_line(&self) {
        self.page.ready[self.me].0.store(self.go, Ordering::Release);
        while self.page.ready[1 - self.me].0.load(Ordering::Acquire) != self.go {}
    }
}

/// `--peer CONTROL_FILE 0|1 EAL-ARGUMENTS...`: joins the group and serves until told to quit.
pub(crate) fn main(arguments: &[String]) -> io::Result<()> {
    let [control, me, eal @ ..] = arguments else {
        return Err(io::Error::other(
            "--peer is for the driver: CONTROL_FILE 0|1 EAL-ARGUMENTS...",
        ));
    };
    let me = usize::from(me == "1");
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(control::os)?;
    let page = ControlPage::map(control.as_ref())?;
    let (eal, _) = EalBuilder::new()
        .fallback(Fallback::NoHuge)
        .init(eal.iter().cloned())
        .map_err(io::Error::other)?;
    if me == 0 {
        eal.notices().for_each(|notice| println!("ours: {notice}"));
    }
    let mut ours = Ours::open(&eal, me)?;
    page.alive[me].0.store(std::process::id(), Ordering::Release);
    control::wake(&page.alive[me].0);
    serve(page, me, &mut ours);
    Ok(())
}

fn serve(page: &'static ControlPage, me: usize, ours: &mut Ours<'_>) {
    let mut seen = 0;
    loop {
        let go = page.command.go.load(Ordering::Acquire);
        if go == seen {
            control::sleep_while(&page.command.go, seen, Duration::from_secs(1));
            continue;
        }
        seen = go;
        let task = Task::read(page, me, go);
        if task.as_ref().is_some_and(|task| task.subject == Subject::Quit) {
            return;
        }
        answer(page, me, task.as_ref(), ours);
    }
}

fn answer(page: &ControlPage, me: usize, task: Option<&Task>, ours: &mut Ours<'_>) {
    let before = times_preempted();
    let outcome = match task {
        None => Outcome::UNKNOWN,
        Some(task) if task.subject == Subject::Line => run_line(task, &page.line.0, &page.line.0),
        Some(task) if task.subject == Subject::TwoLines => {
            run_line(task, &page.line.0, &page.line_back.0)
        }
        Some(task) => ours.run(task),
    };
    let answer = &page.answer[me];
    answer.elements.store(outcome.elements, Ordering::Relaxed);
    answer.cycles.store(outcome.cycles, Ordering::Relaxed);
    answer.sum.store(outcome.sum, Ordering::Relaxed);
    answer.preempted.store(times_preempted() - before, Ordering::Relaxed);
    answer.status.store(outcome.status as u32, Ordering::Relaxed);
    page.done.0.fetch_add(1, Ordering::Release);
    control::wake(&page.done.0);
}

/// How often the kernel took the processor from this thread so far.
fn times_preempted() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let count = status.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// A bare cache line: one word to and fro, or one word there and another back.
fn run_line(task: &Task, there: &AtomicU64, back: &AtomicU64) -> Outcome {
    task.start_line();
    if task.me == 1 {
        let mut expected = 1;
        loop {
            let seen = there.load(Ordering::Acquire);
            if seen == STOP {
                return Outcome::SILENT;
            }
            if seen == expected {
                back.store(expected + 1, Ordering::Release);
                expected += 2;
            }
        }
    }
    let begin = clock::cycles();
    let mut trips = 0;
    while clock::cycles() - begin < task.slice_cycles {
        for _ in 0..32 {
            let ask = 2 * trips + 1;
            there.store(ask, Ordering::Release);
            while back.load(Ordering::Acquire) != ask + 1 {}
            trips += 1;
        }
    }
    let cycles = clock::cycles() - begin;
    there.store(STOP, Ordering::Release);
    Outcome { elements: trips, cycles, ..Outcome::SILENT }
}
