//! What is printed: for each state of the machine the medians, and the medians of ratios within a
//! round.

use core::fmt;

use crate::pair::Trip;
use crate::subject::Subject;

/// One slice of every subject.
#[derive(Debug)]
pub(crate) struct Round {
    /// The bare line before and after.
    pub(crate) line_ns: [f64; 2],
    /// What each pair said.
    pub(crate) trips: Vec<Trip>,
}

/// All rounds.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) rounds: &'a [Round],
}

impl Round {
    fn is_within(&self, low: f64, high: f64) -> bool {
        self.line_ns.iter().all(|ns| (low..high).contains(ns))
    }

    fn of(&self, subject: Subject) -> Option<Trip> {
        self.trips.iter().find(|trip| trip.subject == subject).copied()
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A request of 64 bytes and its answer; medians over rounds, microseconds.")?;
        let near: Vec<&Round> = self.rounds.iter().filter(|it| it.is_within(0.0, 200.0)).collect();
        let far: Vec<&Round> =
            self.rounds.iter().filter(|it| it.is_within(400.0, f64::MAX)).collect();
        state(f, "Processors near each other", &near)?;
        state(f, "Processors far from each other", &far)?;
        let dropped = self.rounds.len() - near.len() - far.len();
        writeln!(f, "\n{dropped} rounds in between were dropped.")
    }
}

fn state(f: &mut fmt::Formatter<'_>, name: &str, rounds: &[&Round]) -> fmt::Result {
    if rounds.is_empty() {
        return writeln!(f, "\n## {name}: no rounds");
    }
    let line = median(rounds.iter().flat_map(|round| round.line_ns));
    writeln!(f, "\n## {name} ({} rounds, bare line {line:.0} ns)\n", rounds.len())?;
    writeln!(f, "| subject | p50 | p99 | to datagrams asleep | to DPDK |")?;
    writeln!(f, "|---|---:|---:|---:|---:|")?;
    for subject in Subject::ALL {
        let of = |pick: fn(Trip) -> f64| {
            median(rounds.iter().filter_map(|round| round.of(subject).map(pick))) / 1000.0
        };
        let to = |other: Subject| {
            median(
                rounds
                    .iter()
                    .filter_map(|round| Some(round.of(subject)?.p50 / round.of(other)?.p50)),
            )
        };
        writeln!(
            f,
            "| {subject} | {:.2} | {:.2} | {:.3} | {:.3} |",
            of(|trip| trip.p50),
            of(|trip| trip.p99),
            to(Subject::DatagramsAsleep),
            to(Subject::Dpdk)
        )?;
    }
    Ok(())
}

/// The middle one; not a number if there is none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
