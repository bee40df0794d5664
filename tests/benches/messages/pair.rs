//! Two processes of one subject, kept for the whole run; between slices both sleep.
//!
//! They are told on standard input, `slice MS`: first who answers, then who asks. Who asks is
//! pinned to CPU 0, who answers to CPU 1.

use core::time::Duration;
use std::io::{self, BufRead};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use phalanx_core::group::CpuSet;
use phalanx_linux::affinity::pin_thread;
use phalanx_tests::dpdk;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;

use crate::subject::Subject;
use crate::{datagrams, polling, service};

/// What one slice said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trip {
    pub(crate) subject: Subject,
    /// The middle one, nanoseconds.
    pub(crate) p50: f64,
    /// One of a hundred took longer.
    pub(crate) p99: f64,
}

/// The two processes.
#[derive(Debug)]
pub(crate) struct Pair {
    subject: Subject,
    asks: Process,
    answers: Process,
    _group: TestGroup,
}

/// DPDK's name for this group. Fixed, so that a run that was cut short is cleaned by the next.
const DPDK_PREFIX: &str = "phalanx_bench_messages";

/// What stands before a command: all run with `SCHED_FIFO`, so other programs do not take a
/// processor in the middle of a slice.
const PRIORITY: [&str; 3] = ["chrt", "-f", "1"];

impl Pair {
    /// Starts who answers, then who asks.
    pub(crate) fn start(subject: Subject) -> io::Result<Self> {
        let group = TestGroup::of(std::env::current_exe()?);
        let start = |role: &str| -> io::Result<Process> {
            let mut process = Process::start(command(subject, &group, role)?);
            process
                .line_or_end("ready")
                .map(|_| process)
                .ok_or_else(|| io::Error::other(format!("the process that {role}s did not start")))
        };
        let answers = start("answer")?;
        Ok(Self { subject, asks: start("ask")?, answers, _group: group })
    }

    /// Asks for `ms` milliseconds.
    pub(crate) fn slice(&mut self, ms: u32) -> io::Result<Trip> {
        let subject = self.subject;
        let failed = |why: String| io::Error::other(format!("{subject}: {why}"));
        let order = format!("slice {ms}");
        self.answers.ask(&order).map_err(failed)?;
        let said = self.asks.ask(&order).map_err(failed)?;
        let numbers: Vec<f64> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [_, p50, p99] => Ok(Trip { subject, p50, p99 }),
            _ => Err(failed(format!("it said '{said}'"))),
        }
    }
}

fn command(subject: Subject, group: &TestGroup, role: &str) -> io::Result<Command> {
    let (me, kind) = if role == "answer" { (0, "primary") } else { (1, "secondary") };
    if subject == Subject::Dpdk {
        // Its service thread runs beside its lcore: who asks has CPU 0, who answers is served on 1.
        let program = dpdk::programs(Path::new(env!("CARGO_TARGET_TMPDIR")))?.join("message");
        let mut words = PRIORITY.iter().copied().map(Path::new).chain([program.as_path()]);
        let mut command = Command::new(words.next().unwrap_or(&program));
        command.args(words.map(Path::as_os_str));
        let lcores = format!("{me}@0");
        command.args([role, "--proc-type", kind, "--lcores", &lcores]);
        command.args(["--file-prefix", DPDK_PREFIX, "--no-pci", "--no-telemetry"]);
        command.args(["--log-level", "error", "-m", "16"]);
        return Ok(command);
    }
    let mut command = group.command_behind(&PRIORITY.map(str::to_owned));
    command.args(["--peer", subject.word(), role]).arg(group.base());
    if me == 0 {
        command.args(["--no-huge", "-m", "8"]);
    }
    // Ours as DPDK's; who polls does so in the thread of its lcore.
    let cpu = if subject == Subject::Polling && role == "answer" { 1 } else { 0 };
    command.args(["--proc-type", kind, "--lcores", &format!("{me}@{cpu}")]);
    command.args(["--file-prefix", group.prefix()]);
    Ok(command)
}

impl Drop for Pair {
    fn drop(&mut self) {
        if self.subject == Subject::Dpdk {
            dpdk::remove_leftovers(DPDK_PREFIX);
        }
    }
}

/// A peer: `WORD ask|answer DIRECTORY EAL-ARGUMENTS`.
pub(crate) fn peer(arguments: &[String]) -> io::Result<()> {
    let [word, role, directory, eal @ ..] = arguments else {
        return Err(io::Error::other("a peer is started by the bench only"));
    };
    let subject = Subject::of(word).ok_or_else(|| io::Error::other("no such subject"))?;
    let (asks, directory) = (role == "ask", Path::new(directory));
    match subject {
        Subject::DatagramsAsleep | Subject::DatagramsSpinning => {
            pin(if asks { 0 } else { 1 })?;
            datagrams::run(directory, asks, subject == Subject::DatagramsSpinning)
        }
        Subject::Polling => polling::run(eal, asks),
        _ => service::run(eal, asks, subject == Subject::Asleep),
    }
}

fn pin(cpu: u16) -> io::Result<()> {
    let cpus: CpuSet = [cpu].into_iter().collect();
    pin_thread(&cpus).map_err(|error| io::Error::other(error.to_string()))
}

/// Says `ready`, and then asks in slices of so many milliseconds, one a line.
pub(crate) fn ask_in_slices(
    mut slice: impl FnMut(Duration) -> io::Result<String>,
) -> io::Result<()> {
    println!("ready");
    for line in io::stdin().lock().lines() {
        let line = line?;
        let ms = line.strip_prefix("slice ").and_then(|ms| ms.parse().ok()).unwrap_or(1);
        match slice(Duration::from_millis(ms)) {
            Ok(said) => println!("ok {said}"),
            Err(error) => println!("error {error}"),
        }
    }
    Ok(())
}

/// Says `ready`, and at each line `ok` before it serves: until who asks has told it to stop.
pub(crate) fn serve_in_slices(mut serve: impl FnMut()) -> io::Result<()> {
    println!("ready");
    for line in io::stdin().lock().lines() {
        line?;
        println!("ok");
        serve();
    }
    Ok(())
}

/// Makes round trips for `limit`; `COUNT P50 P99`.
pub(crate) fn timed(
    limit: Duration,
    mut trip: impl FnMut() -> io::Result<()>,
) -> io::Result<String> {
    let mut times = Vec::with_capacity(1 << 18);
    let begin = Instant::now();
    let mut last = begin;
    while last - begin < limit {
        trip()?;
        let now = Instant::now();
        times.push((now - last).as_nanos());
        last = now;
    }
    times.sort_unstable();
    let count = times.len();
    Ok(format!("{count} {} {}", times[count / 2], times[count - 1 - count / 100]))
}
