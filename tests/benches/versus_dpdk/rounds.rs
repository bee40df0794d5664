//! The order of slices. One round of a cell is: the bare line, DPDK, ours, DPDK, ours, the bare line;
//! all cells have their first round, then all their second, so that a quiet or a loud minute falls on
//! every cell alike.

use core::fmt;
use std::io;
use std::time::Instant;

use serde::Serialize;

use crate::Sides;
use crate::cells::Cell;
use crate::options::Options;
use crate::pair::{Pair, Slice};

/// How long the bare line is measured, in milliseconds.
const LINE_MS: f64 = 1.0;
/// After each round the peers rest this part of the round's time. Without it programs that wait for a
/// processor starve, and the kernel takes 5 % back by force, in the middle of a slice.
const REST: f64 = 0.08;
/// Slices of each side in a round.
const TURNS: usize = 2;

/// How far the two processors are from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The bare line there and back in under 78 ns: two threads of one core, as it seems, for the ratios
    /// between subjects differ from those of every other state.
    Shared,
    /// In 78 to 200 ns.
    Near,
    /// In over 400 ns.
    Far,
    /// In between, or the machine changed meanwhile: the round is dropped.
    Between,
}

impl State {
    /// The states whose rounds count.
    pub(crate) const KEPT: [Self; 3] = [Self::Near, Self::Far, Self::Shared];

    fn of(line_ns: [f64; 2]) -> Self {
        let all = |within: fn(f64) -> bool| line_ns.iter().all(|&ns| within(ns));
        if all(|ns| ns < 78.0) {
            Self::Shared
        } else if all(|ns| (78.0..200.0).contains(&ns)) {
            Self::Near
        } else if all(|ns| ns > 400.0) {
            Self::Far
        } else {
            Self::Between
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared => "Two threads of one core",
            Self::Near => "Processors near each other",
            Self::Far => "Processors far from each other",
            Self::Between => "In between",
        })
    }
}

/// One round of one cell. Figures are cycles for each element moved (each trip, for a round trip).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    /// Which of the cells.
    #[serde(skip)]
    pub(crate) cell: usize,
    /// The bare line's round trip before and after.
    pub(crate) line_ns: [f64; 2],
    /// What that says of the machine.
    pub(crate) state: State,
    /// DPDK's figure, if it is there.
    pub(crate) dpdk_cycles: Option<f64>,
    /// Ours, if we have the subject.
    pub(crate) our_cycles: Option<f64>,
    /// Times a peer lost its processor during the round: then the round is dropped.
    pub(crate) preempted: u64,
}

/// All rounds of all cells.
pub(crate) fn run(
    sides: &mut Sides,
    cells: &[Cell],
    options: &Options,
    cycles_per_ns: f64,
) -> io::Result<Vec<Round>> {
    let slice_cycles = (options.slice.as_nanos() as f64 * cycles_per_ns) as u64;
    let mut rounds = Vec::with_capacity(cells.len() * options.rounds);
    for turn in 0..options.rounds {
        for (index, cell) in cells.iter().enumerate() {
            let begin = Instant::now();
            rounds.push(one_round(sides, index, cell, slice_cycles, cycles_per_ns)?);
            std::thread::sleep(begin.elapsed().mul_f64(REST));
        }
        let line = rounds.last().map_or(0.0, |round| round.line_ns[1]);
        eprintln!("round {} of {}: bare line {line:.0} ns", turn + 1, options.rounds);
    }
    Ok(rounds)
}

fn one_round(
    sides: &mut Sides,
    index: usize,
    cell: &Cell,
    slice_cycles: u64,
    cycles_per_ns: f64,
) -> io::Result<Round> {
    let (mut dpdk, mut ours) = (Total::default(), Total::default());
    let before = line_ns(&mut sides.ours, cycles_per_ns)?;
    for _ in 0..TURNS {
        if let Some(pair) = &mut sides.dpdk {
            dpdk.add(pair.run(cell, slice_cycles)?);
        }
        ours.add(sides.ours.run(cell, slice_cycles)?);
    }
    let line_ns = [before, line_ns(&mut sides.ours, cycles_per_ns)?];
    Ok(Round {
        cell: index,
        line_ns,
        state: State::of(line_ns),
        dpdk_cycles: dpdk.cycles_per_element(),
        our_cycles: ours.cycles_per_element(),
        preempted: dpdk.preempted + ours.preempted,
    })
}

fn line_ns(pair: &mut Pair, cycles_per_ns: f64) -> io::Result<f64> {
    let mut total = Total::default();
    total.add(pair.run(&Cell::LINE, (LINE_MS * 1e6 * cycles_per_ns) as u64)?);
    total
        .cycles_per_element()
        .map(|cycles| cycles / cycles_per_ns)
        .ok_or_else(|| io::Error::other("the bare line was not measured"))
}

/// The slices of one side in one round.
#[derive(Debug, Default)]
struct Total {
    elements: u64,
    cycles: u64,
    preempted: u64,
}

impl Total {
    fn add(&mut self, slice: Option<Slice>) {
        let Some(slice) = slice else { return };
        self.elements += slice.elements;
        self.cycles += slice.cycles;
        self.preempted += slice.preempted;
    }

    fn cycles_per_element(&self) -> Option<f64> {
        (self.elements > 0).then(|| self.cycles as f64 / self.elements as f64)
    }
}
