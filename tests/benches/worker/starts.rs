//! From exec to "attached and polling": 200 static workers, beside as many DPDK secondaries, in turn.

use core::time::Duration;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use phalanx_tests::dpdk;
use rustix::time::{ClockId, clock_gettime};

use crate::Options;
use crate::driver::Driven;
use crate::spread::Spread;

/// DPDK's name for this group. Fixed, so that a run that was cut short is cleaned by the next.
const PREFIX: &str = "phalanx_worker_bench";

/// After each start, so that what it leaves behind is done with.
const REST: Duration = Duration::from_millis(2);

/// Prints the table.
pub(crate) fn report(options: Options) -> io::Result<()> {
    let group = Driven::start()?;
    let rival = Rival::start();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..options.starts {
        let probe = group.worker("start-probe", &["--"]);
        ours.push(from_exec_ns(probe, true)?);
        std::thread::sleep(REST);
        if let Ok(rival) = &rival {
            theirs.push(rival.join_once()?);
            std::thread::sleep(REST);
        }
    }
    let (ours, theirs) = (Spread::of(ours), Spread::of(theirs));
    println!("## From exec to attached and polling, milliseconds\n");
    println!("| who | p50 | p99 | max | n |\n|---|--:|--:|--:|--:|");
    row("static worker, sandboxed", &ours);
    match &rival {
        Ok(_) => {
            row("DPDK 22.11 secondary", &theirs);
            let times = theirs.median() as f64 / ours.median().max(1) as f64;
            println!("\nA static worker is there {times:.0} times faster (p50).\n");
        }
        Err(why) => println!("\nNo DPDK beside it: {why}.\n"),
    }
    Ok(())
}

fn row(who: &str, times: &Spread) {
    let [p50, p99, max] = [5_000, 9_900, 10_000].map(|part| times.at(part) as f64 / 1e6);
    println!("| {who} | {p50:.3} | {p99:.3} | {max:.3} | {} |", times.len());
}

fn now_ns() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Runs a program that prints first how long after the moment it is told it was there.
fn from_exec_ns(mut command: Command, moment_is_last: bool) -> io::Result<u64> {
    if moment_is_last {
        command.arg(now_ns().to_string());
    }
    let output = command.output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let first = printed.split_whitespace().next().and_then(|text| text.parse().ok());
    let why = || io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned());
    first.ok_or_else(why)
}

/// A DPDK primary that stays until this is dropped.
struct Rival {
    primary: Child,
    attach: std::path::PathBuf,
}

impl Rival {
    fn start() -> io::Result<Self> {
        let programs = dpdk::programs(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
        let mut command = Command::new(programs.join("message"));
        command.arg("answer").args(eal("primary", 0)).args(["-m", "64"]);
        let mut primary = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        if let Some(output) = primary.stdout.as_mut() {
            BufReader::new(output).read_line(&mut said)?;
        }
        let rival = Self { primary, attach: programs.join("attach") };
        if said.trim() == "ready" { Ok(rival) } else { Err(io::Error::other("it did not start")) }
    }

    fn join_once(&self) -> io::Result<u64> {
        let mut command = Command::new(&self.attach);
        command.arg(now_ns().to_string()).args(eal("secondary", 1));
        from_exec_ns(command, false)
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        drop(self.primary.stdin.take());
        // Fails only if it is gone already, which is what is wanted.
        let _ = self.primary.wait();
        dpdk::remove_leftovers(PREFIX);
    }
}

fn eal(role: &str, core: usize) -> Vec<String> {
    let core = core.to_string();
    ["--proc-type", role, "-l", &core, "--file-prefix", PREFIX]
        .into_iter()
        .chain(["--no-pci", "--no-telemetry", "--log-level", "error"])
        .map(str::to_owned)
        .collect()
}
