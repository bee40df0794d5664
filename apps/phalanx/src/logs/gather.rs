//! New records of all slots, and what became of those that are not there.

use std::collections::BTreeMap;

use phalanx_core::group::{Group, PROCESSES_MAX};
use phalanx_core::log::{FRAME_MAX, Heard, LogReader, Program, Record};

use super::line::{Line, Said};
use super::programs::Programs;

/// The logs of a group, each read so far.
pub(super) struct Logs {
    group: Group,
    wanted: Option<u16>,
    slots: BTreeMap<u16, Slot>,
}

/// One slot's log.
struct Slot {
    reader: LogReader,
    /// Drops that have been told of, by tenant.
    told: BTreeMap<u32, u32>,
    /// When its last record was written.
    last_ns: u64,
}

impl Logs {
    /// All logs, or that of one slot, from the oldest record on.
    pub(super) fn new(group: Group, wanted: Option<u16>) -> Self {
        Self { group, wanted, slots: BTreeMap::new() }
    }

    /// What is new since the last look, by time.
    pub(super) fn look(&mut self, programs: &mut Programs) -> Vec<Line> {
        self.find();
        let mut lines = Vec::new();
        for slot in self.slots.values_mut() {
            slot.read(programs, &mut lines);
        }
        // Lines of one slot and one moment stay in their order.
        lines.sort_by_key(|line| line.ns);
        lines
    }

    /// Opens logs that were not there before. One whose entry is damaged has nothing to show.
    fn find(&mut self) {
        let all = 0..PROCESSES_MAX as u16;
        for slot in all.filter(|slot| self.wanted.is_none_or(|wanted| wanted == *slot)) {
            if !self.slots.contains_key(&slot)
                && let Ok(Some(reader)) = LogReader::of(&self.group, slot)
            {
                self.slots.insert(slot, Slot { reader, told: BTreeMap::new(), last_ns: 0 });
            }
        }
    }
}

impl Slot {
    fn read(&mut self, programs: &mut Programs, lines: &mut Vec<Line>) {
        let mut buffer = [0; FRAME_MAX];
        let slot = self.reader.slot();
        while let Some(heard) = self.reader.next(&mut buffer) {
            match heard {
                Heard::Record(record) => {
                    let program = self.reader.program(record.generation);
                    self.take(&record, program, programs, lines);
                }
                Heard::Missed(records) => {
                    lines.push(Line::of_slot(slot, self.last_ns, Said::Missed { records }));
                }
                Heard::Damaged => lines.push(Line::of_slot(slot, self.last_ns, Said::Damaged)),
            }
        }
        // Drops behind the last record.
        let programs: Vec<Program> = self.reader.programs().collect();
        for program in programs {
            let line = Line::of_slot(slot, self.last_ns, Said::Damaged).by(&program);
            lines.extend(self.drops(program.generation, program.dropped, &line));
        }
    }

    fn take(
        &mut self,
        record: &Record<'_>,
        program: Option<Program>,
        programs: &mut Programs,
        lines: &mut Vec<Line>,
    ) {
        let hz = program.as_ref().map_or(1_000_000_000, |program| program.ticks_hz);
        let ns = u128::from(record.tick) * 1_000_000_000 / u128::from(hz);
        self.last_ns = u64::try_from(ns).unwrap_or(u64::MAX);
        let said = programs.decode(program.as_ref(), record.frame);
        let mut line = Line::of_slot(self.reader.slot(), self.last_ns, said);
        line.generation = Some(record.generation);
        if let Some(program) = &program {
            line = line.by(program);
        }
        lines.extend(self.drops(record.generation, record.dropped, &line));
        lines.push(line);
    }

    /// A line about drops that nobody has been told of, beside `line`.
    fn drops(&mut self, generation: u32, dropped: u32, line: &Line) -> Option<Line> {
        let told = self.told.entry(generation).or_insert(0);
        let new = dropped.wrapping_sub(*told);
        // A count that was read before the last record's is behind it.
        if new == 0 || new > u32::MAX / 2 {
            return None;
        }
        *told = dropped;
        Some(Line { said: Said::Dropped { lines: new }, ..line.clone() })
    }
}
