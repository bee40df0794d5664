//! `phalanx clock`: the clocks of this machine, held against each other.

use core::fmt;
use core::time::Duration;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use phalanx_linux::clock::{Timer, Tsc, tsc_here, tsc_of};
use phalanx_linux::console::{complain, say};
use phalanx_linux::sys::clock::monotonic_ns;
use serde::Serialize;

use crate::cli::ClockOptions;
use crate::table::show;
use crate::{Failure, member};

/// How many readings the cost of one is taken from.
const READINGS: u32 = 1000;

/// What was found of one clock.
#[derive(Serialize)]
struct Found {
    clock: &'static str,
    /// Ticks a second.
    hz: u64,
    /// What passed by it, in seconds.
    seconds: f64,
    /// How far that is from the kernel's monotonic clock, in millionths.
    off_ppm: f64,
    /// What a reading costs, in nanoseconds.
    reading_ns: f64,
}

#[derive(Serialize)]
struct Report {
    seconds: f64,
    tsc_is_invariant: bool,
    clocks: Vec<Found>,
    /// Why the HPET is not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_hpet: Option<String>,
}

/// Runs the command.
pub(crate) fn run(options: &ClockOptions) -> Result<ExitCode, Failure> {
    let tsc = match &options.file_prefix {
        Some(prefix) => tsc_of(member::join(prefix)?.group()),
        None => tsc_here(),
    };
    let mut timers = vec![("TSC", Timer::Tsc(tsc))];
    let mut no_hpet = None;
    if !options.no_hpet {
        match Timer::hpet_or(tsc) {
            (_, Some(why)) => no_hpet = Some(why.to_string()),
            (hpet, None) => timers.push(("HPET", hpet)),
        }
    }
    if !options.json {
        complain(format_args!("phalanx: comparing clocks for {} s", options.seconds));
    }
    let (seconds, clocks) = compare(&timers, Duration::from_secs(options.seconds.into()));
    let report = Report { seconds, tsc_is_invariant: Tsc::is_invariant(), clocks, no_hpet };
    if options.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        say(Table(&report))?;
    }
    Ok(if report.tsc_is_invariant { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets `time` pass, and says what passed by each clock.
fn compare(timers: &[(&'static str, Timer)], time: Duration) -> (f64, Vec<Found>) {
    let before: Vec<_> = timers.iter().map(|(_, timer)| beside(timer)).collect();
    thread::sleep(time);
    let after = timers.iter().map(|(_, timer)| beside(timer));
    let mut seconds = 0.0;
    let found = timers.iter().zip(before).zip(after).map(|(((clock, timer), before), after)| {
        let by_kernel = after.1.saturating_sub(before.1) as f64 / 1e9;
        let passed = timer.ns_of(after.0.saturating_sub(before.0)) as f64 / 1e9;
        seconds = by_kernel;
        Found {
            clock,
            hz: timer.hz(),
            seconds: passed,
            off_ppm: (passed / by_kernel - 1.0) * 1e6,
            reading_ns: cost(timer),
        }
    });
    let found = found.collect();
    (seconds, found)
}

/// A reading and the kernel's time: of several the pair that took least.
fn beside(timer: &Timer) -> (u64, u64) {
    let read = || {
        let begun = monotonic_ns();
        let ticks = timer.now();
        let took = monotonic_ns().saturating_sub(begun);
        (took, (ticks, begun + took / 2))
    };
    (0..16).map(|_| read()).min_by_key(|(took, _)| *took).map_or((0, 0), |(_, pair)| pair)
}

fn cost(timer: &Timer) -> f64 {
    let begun = Instant::now();
    for _ in 0..READINGS {
        core::hint::black_box(timer.now());
    }
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(READINGS)
}

/// As people read it.
struct Table<'a>(&'a Report);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { seconds, tsc_is_invariant, clocks, no_hpet } = self.0;
        let row = |found: &Found| {
            vec![
                found.clock.to_owned(),
                format!("{:.3}", found.hz as f64 / 1e6),
                format!("{:.6}", found.seconds),
                format!("{:+.1}", found.off_ppm),
                format!("{:.0}", found.reading_ns),
            ]
        };
        writeln!(f, "{seconds:.6} s by the kernel's monotonic clock")?;
        let head = ["clock", "MHz", "seconds", "off by ppm", "a reading, ns"];
        show(f, &head, &[1, 2, 3, 4], clocks.iter().map(row).collect())?;
        if let Some(why) = no_hpet {
            writeln!(f, "{why}")?;
        }
        if !tsc_is_invariant {
            writeln!(
                f,
                "the TSC changes its rate when this processor saves power: it is no clock; use the HPET, or the kernel's"
            )?;
        }
        Ok(())
    }
}
