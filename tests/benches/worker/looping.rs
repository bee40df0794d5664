//! A worker's loop under load: what it asks the kernel for, what the kernel does to it, and how long
//! a ring round trip takes beside a bare line on the same two processors.

use core::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use phalanx_tests::require;
use phalanx_tests::scratch::Scratch;
use rustix::process::{Pid, Signal, kill_process};

use crate::driver::Driven;
use crate::{Options, other};

/// Prints the tables.
pub(crate) fn report(options: Options) -> io::Result<()> {
    let mut driver = Driven::start()?;
    let ms = options.seconds * 1000;
    let before = driver.ask(&format!("line {}", ms / 5))?;
    let floor = driver.ask(&format!("lines {}", ms / 5))?;
    let worker = Running::start(driver.worker("echo", &[]))?;
    driver.ask("trips 100")?;
    let (echo, load) = left_alone(&worker, || driver.ask(&format!("trips {ms}")))?;
    worker.stop()?;
    let after = driver.ask(&format!("line {}", ms / 5))?;

    let mut lane = Driven::start_lane()?;
    let worker = Running::spawn(lane.worker("worker", &["--", "0"]))?;
    lane.ask("serves")?;
    lane.ask("carry 100")?;
    let (worker_itself, carried) = left_alone(&worker, || lane.ask(&format!("carry {ms}")))?;
    worker.stop()?;

    println!("## In the loop, {} s under load\n", options.seconds);
    println!("| program | system calls | page faults | voluntary switches | involuntary |");
    println!("|---|--:|--:|--:|--:|");
    println!("| `echo` | {echo} |");
    println!("| `worker`, {} packets | {worker_itself} |\n", carried.first().copied().unwrap_or(0));
    println!("## A round trip, nanoseconds\n");
    println!("| what | p50 | p99 | p99.99 | max | n |\n|---|--:|--:|--:|--:|--:|");
    for (what, numbers) in [
        ("bare line, before", &before),
        ("two bare lines, a way each", &floor),
        ("two rings, spinning", &load),
        ("bare line, after", &after),
    ] {
        let cells: Vec<String> = numbers.iter().map(u64::to_string).collect();
        println!("| {what} | {} |", cells.join(" | "));
    }
    let first = |numbers: &[u64]| numbers.first().copied().unwrap_or(0) as f64;
    let bare = (first(&before) + first(&after)) / 2.0;
    let (rings, floor) = (first(&load), first(&floor));
    println!(
        "\nThe rings' p50 is {:.2} times that of the bare line; that of two bare lines {:.2} times.\n",
        rings / bare,
        floor / bare
    );
    Ok(())
}

/// What a worker asks the kernel for while it is under load, and what the kernel does to it.
struct LeftAlone {
    calls: Option<Vec<String>>,
    counted: Counters,
}

/// Puts a worker under load twice: watched by nobody, and traced. Returns what the first time has measured.
fn left_alone(
    worker: &Running,
    mut load: impl FnMut() -> io::Result<Vec<u64>>,
) -> io::Result<(LeftAlone, Vec<u64>)> {
    let (counted, measured) = counting(worker.id(), &mut load)?;
    let calls = traced(worker.id(), &mut load)?;
    Ok((LeftAlone { calls, counted }, measured))
}

impl fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters { faults, voluntary, involuntary } = self.counted;
        match &self.calls {
            Some(calls) => write!(f, "{}", calls.len())?,
            None => f.write_str("no strace")?,
        }
        write!(f, " | {faults} | {voluntary} | {involuntary}")
    }
}

/// A static worker.
pub(crate) struct Running(Child);

impl Running {
    /// One that says nothing.
    fn spawn(mut command: Command) -> io::Result<Self> {
        command.spawn().map(Self)
    }

    /// One that says a line once it works.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        if let Some(output) = child.stdout.as_mut() {
            BufReader::new(output).read_line(&mut said)?;
        }
        if said.is_empty() {
            return Err(io::Error::other(format!("a worker did not start: {}", child.wait()?)));
        }
        Ok(Self(child))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn stop(mut self) -> io::Result<()> {
        signal(self.id(), Signal::TERM)?;
        self.0.wait().map(|_| ())
    }
}

fn signal(process: u32, signal: Signal) -> io::Result<()> {
    let pid = Pid::from_raw(process as i32).ok_or_else(|| io::Error::other("no such process"))?;
    kill_process(pid, signal).map_err(other)
}

/// What the kernel counts of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    /// Page faults, minor and major.
    pub(crate) faults: u64,
    /// Switches because it waited.
    pub(crate) voluntary: u64,
    /// Switches because somebody else was let run.
    pub(crate) involuntary: u64,
}

impl Counters {
    fn of(process: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // Behind the name, which may hold blanks: state, and the seventh and ninth after it.
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |at: usize| fields.get(at).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = |name: &str| {
            let mut lines = status.lines().filter_map(|line| line.strip_prefix(name));
            lines.next().and_then(|it| it.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        Ok(Self {
            faults: field(7) + field(9),
            voluntary: line("voluntary_ctxt_switches:"),
            involuntary: line("nonvoluntary_ctxt_switches:"),
        })
    }
}

/// What the kernel counts of a process while `work` is done.
pub(crate) fn counting<R>(
    process: u32,
    work: impl FnOnce() -> io::Result<R>,
) -> io::Result<(Counters, R)> {
    let before = Counters::of(process)?;
    let done = work()?;
    let after = Counters::of(process)?;
    let counted = Counters {
        faults: after.faults - before.faults,
        voluntary: after.voluntary - before.voluntary,
        involuntary: after.involuntary - before.involuntary,
    };
    Ok((counted, done))
}

/// The system calls that a process makes while `work` is done, as strace writes them; `None` without strace.
pub(crate) fn traced<R>(
    process: u32,
    work: impl FnOnce() -> io::Result<R>,
) -> io::Result<Option<Vec<String>>> {
    if require::strace().is_none() {
        return Ok(None);
    }
    let scratch = Scratch::new();
    let log = scratch.path().join("calls");
    let mut watch = Command::new("strace");
    watch.arg("-o").arg(&log).args(["-e", "signal=none", "-p", &process.to_string()]);
    let mut watch = watch.stderr(Stdio::null()).spawn()?;
    while !is_traced(process) {
        std::thread::yield_now();
    }
    let done = work();
    signal(watch.id(), Signal::INT)?;
    watch.wait()?;
    done?;
    let written = fs::read_to_string(&log)?;
    Ok(Some(written.lines().filter(|line| line.contains('(')).map(str::to_owned).collect()))
}

fn is_traced(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
}
