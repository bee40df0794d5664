//! New records of all slots, and what became of those that are not there.

use core::mem;
use core::time::Duration;
use std::collections::BTreeMap;
use std::time::Instant;

use phalanx_core::group::{Group, PROCESSES_MAX};
use phalanx_core::log::{DATA_WORDS, FRAME_MAX, Heard, LogReader, Program, Record};

use super::found::{Found, Frame};
use super::line::{Line, Said};

/// Bytes that one look reads of one log: as many as it holds. A process that writes faster than it is
/// read, or that moves the log's head as it likes, keeps no look from ending.
const LOOK_BYTES: usize = DATA_WORDS * 8;

/// What anything but a frame counts as, and what a record counts as beside its frame, in bytes.
const ITEM_BYTES: usize = 24;

/// A search for a log that takes longer waits for a change of the group's tables, and so would the next.
const LONG: Duration = Duration::from_millis(500);

/// The logs of a group, each read so far.
pub(super) struct Logs {
    group: Group,
    wanted: Option<u16>,
    slots: BTreeMap<u16, Slot<LogReader>>,
}

/// Where records come from.
trait Source {
    fn slot(&self) -> u16;
    fn next<'b>(&mut self, buffer: &'b mut [u8; FRAME_MAX]) -> Option<Heard<'b>>;
    fn program(&self, generation: u32) -> Option<Program>;
    /// Each tenant that is known.
    fn programs(&self) -> Vec<Program>;
}

impl Source for LogReader {
    fn slot(&self) -> u16 {
        self.slot()
    }

    fn next<'b>(&mut self, buffer: &'b mut [u8; FRAME_MAX]) -> Option<Heard<'b>> {
        self.next(buffer)
    }

    fn program(&self, generation: u32) -> Option<Program> {
        self.program(generation)
    }

    fn programs(&self) -> Vec<Program> {
        self.programs().collect()
    }
}

/// One slot's log.
struct Slot<S> {
    source: S,
    /// Drops that have been told of, by tenant: of those that the log knows.
    told: BTreeMap<u32, u32>,
    /// When its last record was written.
    last_ns: u64,
    /// What is to be said before the next record.
    notes: Vec<Said>,
    /// Since its last record it was said that the log is damaged.
    is_damaged: bool,
}

impl Logs {
    /// All logs, or that of one slot, from the oldest record on.
    pub(super) fn new(group: Group, wanted: Option<u16>) -> Self {
        Self { group, wanted, slots: BTreeMap::new() }
    }

    /// What is new since the last look, slot by slot; of each slot as much as its log holds at most.
    pub(super) fn look(&mut self) -> Vec<Found> {
        self.find();
        let mut found = Vec::new();
        for slot in self.slots.values_mut() {
            slot.read(&mut found);
        }
        found
    }

    /// Opens logs that were not there before. One whose entry is damaged has nothing to show.
    fn find(&mut self) {
        let all = 0..PROCESSES_MAX as u16;
        for slot in all.filter(|slot| self.wanted.is_none_or(|wanted| wanted == *slot)) {
            if self.slots.contains_key(&slot) {
                continue;
            }
            let begun = Instant::now();
            if let Ok(Some(reader)) = LogReader::of(&self.group, slot) {
                self.slots.insert(slot, Slot::new(reader));
            } else if begun.elapsed() > LONG {
                return;
            }
        }
    }
}

impl<S: Source> Slot<S> {
    fn new(source: S) -> Self {
        Self { source, told: BTreeMap::new(), last_ns: 0, notes: Vec::new(), is_damaged: false }
    }

    fn read(&mut self, found: &mut Vec<Found>) {
        let mut buffer = [0; FRAME_MAX];
        let mut read = 0;
        while read < LOOK_BYTES
            && let Some(heard) = self.source.next(&mut buffer)
        {
            read += ITEM_BYTES;
            match heard {
                Heard::Record(record) => {
                    read += record.frame.len();
                    self.take(&record, found);
                }
                Heard::Missed(records) => self.miss(records),
                Heard::Damaged => self.damage(),
            }
        }
        self.say_notes(found);
        self.say_drops(found);
    }

    fn miss(&mut self, more: u32) {
        if let Some(Said::Missed { records }) = self.notes.last_mut() {
            *records = records.saturating_add(more);
        } else {
            self.notes.push(Said::Missed { records: more });
        }
    }

    /// Once, however often there is no record where the next should be.
    fn damage(&mut self) {
        if !mem::replace(&mut self.is_damaged, true) {
            self.notes.push(Said::Damaged);
        }
    }

    fn take(&mut self, record: &Record<'_>, found: &mut Vec<Found>) {
        let program = self.source.program(record.generation);
        let hz = program.as_ref().map_or(1_000_000_000, |program| program.ticks_hz);
        let ns = u128::from(record.tick) * 1_000_000_000 / u128::from(hz);
        self.last_ns = u64::try_from(ns).unwrap_or(u64::MAX);
        self.say_notes(found);
        self.is_damaged = false;
        let frame = Frame { program, bytes: record.frame.to_vec() };
        let mut line = Line::of_slot(self.source.slot(), self.last_ns, frame.undecoded(""));
        line.generation = Some(record.generation);
        if let Some(program) = &frame.program {
            line = line.by(program);
        }
        found.extend(self.drops(record.generation, record.dropped, &line));
        found.push(Found { line, frame: Some(frame) });
    }

    fn say_notes(&mut self, found: &mut Vec<Found>) {
        let (slot, ns) = (self.source.slot(), self.last_ns);
        let lines = self.notes.drain(..).map(|said| Line::of_slot(slot, ns, said));
        found.extend(lines.map(Found::from));
    }

    /// Drops behind the last record.
    fn say_drops(&mut self, found: &mut Vec<Found>) {
        let programs = self.source.programs();
        for program in &programs {
            let line = Line::of_slot(self.source.slot(), self.last_ns, Said::Damaged).by(program);
            found.extend(self.drops(program.generation, program.dropped, &line));
        }
        self.told.retain(|told, _| programs.iter().any(|program| program.generation == *told));
    }

    /// A line about drops that nobody has been told of, beside `line`.
    fn drops(&mut self, generation: u32, dropped: u32, line: &Line) -> Option<Found> {
        let told = self.told.entry(generation).or_insert(0);
        let new = dropped.wrapping_sub(*told);
        // A count that was read before the last record's is behind it.
        if new == 0 || new > u32::MAX / 2 {
            return None;
        }
        *told = dropped;
        Some(Found::from(Line { said: Said::Dropped { lines: new }, ..line.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log whose writer does as he likes: what is heard, by how often was asked.
    struct Writer<F> {
        asked: u32,
        heard: F,
    }

    impl<F: FnMut(u32) -> Heard<'static>> Source for Writer<F> {
        fn slot(&self) -> u16 {
            7
        }

        fn next<'b>(&mut self, _: &'b mut [u8; FRAME_MAX]) -> Option<Heard<'b>> {
            self.asked += 1;
            Some((self.heard)(self.asked))
        }

        fn program(&self, _: u32) -> Option<Program> {
            None
        }

        fn programs(&self) -> Vec<Program> {
            Vec::new()
        }
    }

    fn look<F: FnMut(u32) -> Heard<'static>>(slot: &mut Slot<Writer<F>>) -> Vec<Said> {
        let mut found = Vec::new();
        slot.read(&mut found);
        found.into_iter().map(|found| found.line.said).collect()
    }

    fn record(number: u32, frame: &'static [u8]) -> Heard<'static> {
        Heard::Record(Record { generation: number, number, tick: 5, dropped: 1, frame })
    }

    fn log<F: FnMut(u32) -> Heard<'static>>(heard: F) -> Slot<Writer<F>> {
        Slot::new(Writer { asked: 0, heard })
    }

    #[test]
    fn a_log_that_is_damaged_anew_at_each_look_is_told_of_once_and_ends_the_look() {
        let mut slot = log(|_| Heard::Damaged);
        let said = look(&mut slot);
        assert!(matches!(said[..], [Said::Damaged]), "{said:?}");
        assert!(look(&mut slot).is_empty(), "it is still the same");
    }

    #[test]
    fn a_log_that_is_damaged_again_behind_a_record_is_told_of_again() {
        let mut slot = log(|asked| if asked == 2 { record(0, b"x") } else { Heard::Damaged });
        let said = look(&mut slot);
        let damaged = said.iter().filter(|said| matches!(said, Said::Damaged)).count();
        assert_eq!(damaged, 2, "{said:?}");
    }

    #[test]
    fn what_was_missed_several_times_before_a_record_is_one_line() {
        let mut slot =
            log(|asked| if asked < 3 { Heard::Missed(u32::MAX) } else { record(asked, b"x") });
        let said = look(&mut slot);
        let missed = said.iter().filter(|said| matches!(said, Said::Missed { .. })).count();
        assert_eq!(missed, 1, "{said:?}");
        assert!(matches!(said[0], Said::Missed { records: u32::MAX }), "{said:?}");
    }

    #[test]
    fn a_writer_that_never_stops_gives_a_look_no_more_than_its_log_holds() {
        const LONG: &[u8] = &[1; FRAME_MAX];
        for frame in [b"x", LONG] {
            let mut slot = log(|asked| record(asked, frame));
            let said = look(&mut slot);
            let bytes = |said: &Said| match said {
                Said::Undecoded { frame, .. } => frame.len() / 2 + ITEM_BYTES,
                _ => 0,
            };
            let read: usize = said.iter().map(bytes).sum();
            assert!((LOOK_BYTES..LOOK_BYTES + 2 * FRAME_MAX).contains(&read), "{read} bytes");
            assert!(slot.told.is_empty(), "nobody keeps what no tenant says");
        }
    }
}
