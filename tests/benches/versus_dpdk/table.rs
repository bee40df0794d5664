//! What is said at the end: a table for each state of the machine, and every round as JSON.

use core::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::attach::{Attach, Attaches};
use crate::cells::{Cell, Subject};
use crate::options::Options;
use crate::ours;
use crate::rounds::{Round, State};

/// Everything measured in one run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    cycles_per_ns: f64,
    slice_ms: u128,
    cells: Vec<CellReport>,
    attaches: Vec<AttachReport>,
}

/// All rounds of one cell.
#[derive(Debug, Serialize)]
struct CellReport {
    name: String,
    is_trip: bool,
    rounds: Vec<Round>,
}

/// Attach times of one kind of secondary, in nanoseconds.
#[derive(Debug, Serialize)]
struct AttachReport {
    who: String,
    starts: usize,
    attached_p50_ns: Option<f64>,
    attached_p99_ns: Option<f64>,
    init_p50_ns: f64,
    init_p99_ns: f64,
    from_exec_p50_ns: f64,
    from_exec_p99_ns: f64,
}

impl Report {
    /// Sorts the rounds by cell.
    pub(crate) fn new(
        cells: &[Cell],
        rounds: &[Round],
        cycles_per_ns: f64,
        options: &Options,
        attaches: &[Attaches],
    ) -> Self {
        let of_cell = |(index, cell): (usize, &Cell)| CellReport {
            name: cell.to_string(),
            is_trip: matches!(cell.subject, Subject::RingTrip | Subject::TwoLines),
            rounds: rounds.iter().filter(|round| round.cell == index).cloned().collect(),
        };
        Self {
            cycles_per_ns,
            slice_ms: options.slice.as_millis(),
            cells: cells.iter().enumerate().map(of_cell).collect(),
            attaches: attaches.iter().filter_map(AttachReport::new).collect(),
        }
    }

    /// Writes everything, every round included.
    pub(crate) fn write_json(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        std::fs::write(path, text + "\n")
    }

    fn rounds(&self) -> impl Iterator<Item = &Round> {
        self.cells.iter().flat_map(|cell| &cell.rounds)
    }

    fn write_state(&self, f: &mut fmt::Formatter<'_>, state: State) -> fmt::Result {
        let lines = self.rounds().filter(|round| round.is_kept_in(state));
        let Some(line) = median(lines.flat_map(|round| round.line_ns)) else { return Ok(()) };
        writeln!(f, "\n{state}: the bare line takes {line:.0} ns there and back.\n")?;
        let us = ours::NAME;
        writeln!(f, "| subject | DPDK cycles | M/s | {us} cycles | M/s | DPDK ÷ {us} | n |")?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|")?;
        for cell in &self.cells {
            cell.write_row(f, state, self.cycles_per_ns)?;
        }
        self.write_trips(f, state)
    }

    fn write_trips(&self, f: &mut fmt::Formatter<'_>, state: State) -> fmt::Result {
        for cell in self.cells.iter().filter(|cell| cell.is_trip) {
            let kept = || cell.kept(state);
            let lines = |round: &Round| (round.line_ns[0] + round.line_ns[1]) / 2.0;
            let in_lines = |cycles: f64, round: &Round| cycles / self.cycles_per_ns / lines(round);
            let dpdk = median(kept().filter_map(|r| Some(in_lines(r.dpdk_cycles?, r))));
            let ours = median(kept().filter_map(|r| Some(in_lines(r.our_cycles?, r))));
            if dpdk.or(ours).is_some() {
                let (dpdk, ours, us) = (number(dpdk), number(ours), ours::NAME);
                writeln!(f, "\n{}, in bare lines: DPDK {dpdk}, {us} {ours}.", cell.name)?;
            }
        }
        Ok(())
    }
}

impl CellReport {
    fn kept(&self, state: State) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(move |round| round.is_kept_in(state))
    }

    fn write_row(
        &self,
        f: &mut fmt::Formatter<'_>,
        state: State,
        cycles_per_ns: f64,
    ) -> fmt::Result {
        let count = self.kept(state).count();
        if count == 0 {
            return Ok(());
        }
        let dpdk = median(self.kept(state).filter_map(|round| round.dpdk_cycles));
        let ours = median(self.kept(state).filter_map(|round| round.our_cycles));
        let ratio = median(
            self.kept(state).filter_map(|round| Some(round.dpdk_cycles? / round.our_cycles?)),
        );
        let rate =
            |cycles: Option<f64>| number(cycles.map(|cycles| 1000.0 * cycles_per_ns / cycles));
        write!(f, "| {} | {} | {} ", self.name, number(dpdk), rate(dpdk))?;
        writeln!(f, "| {} | {} | {} | {count} |", number(ours), rate(ours), number(ratio))
    }
}

impl Round {
    /// Whether the round counts, and counts there.
    fn is_kept_in(&self, state: State) -> bool {
        self.state == state && self.preempted == 0
    }
}

impl AttachReport {
    fn new(attaches: &Attaches) -> Option<Self> {
        let of = |part: f64, figure: fn(&Attach) -> Option<u64>| {
            let mut values: Vec<u64> = attaches.starts.iter().filter_map(figure).collect();
            values.sort_unstable();
            let place = (part * values.len() as f64).ceil() as usize;
            values.get(place.saturating_sub(1)).map(|&value| value as f64)
        };
        Some(Self {
            who: attaches.who.clone(),
            starts: attaches.starts.len(),
            attached_p50_ns: of(0.5, |start| start.attached_ns),
            attached_p99_ns: of(0.99, |start| start.attached_ns),
            init_p50_ns: of(0.5, |start| Some(start.init_ns))?,
            init_p99_ns: of(0.99, |start| Some(start.init_ns))?,
            from_exec_p50_ns: of(0.5, |start| Some(start.from_exec_ns))?,
            from_exec_p99_ns: of(0.99, |start| Some(start.from_exec_ns))?,
        })
    }

    fn write_row(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |ns: f64| number(Some(ns / 1e6));
        let (init, init_99) = (ms(self.init_p50_ns), ms(self.init_p99_ns));
        let (exec, exec_99) = (ms(self.from_exec_p50_ns), ms(self.from_exec_p99_ns));
        let attached = number(self.attached_p50_ns.map(|ns| ns / 1e6));
        let attached_99 = number(self.attached_p99_ns.map(|ns| ns / 1e6));
        write!(f, "| {} | {attached} | {attached_99} | {init} | {init_99} | ", self.who)?;
        writeln!(f, "{exec} | {exec_99} | {} |", self.starts)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for state in State::KEPT {
            self.write_state(f, state)?;
        }
        let all = self.rounds().count();
        let between = self.rounds().filter(|round| round.state == State::Between).count();
        let preempted = self.rounds().filter(|round| round.preempted > 0).count();
        writeln!(
            f,
            "\n{all} rounds; dropped: {between} between the states, {preempted} with a processor \
             taken away."
        )?;
        if self.attaches.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nA secondary joins, in milliseconds:\n")?;
        writeln!(
            f,
            "| whose | attached p50 | p99 | inside p50 | p99 | exec to ready p50 | p99 | n |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|")?;
        self.attaches.iter().try_for_each(|attach| attach.write_row(f))
    }
}

/// The middle of `values`; `None` if there are none.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// Three figures that matter, or a dash.
fn number(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) if value >= 10.0 => format!("{value:.1}"),
        Some(value) if value >= 1.0 => format!("{value:.2}"),
        Some(value) => format!("{value:.3}"),
    }
}
