//! What all processes have seen, those killed meanwhile too: in a zone, a row for each lcore.

use std::time::Instant;

use phalanx_core::group::Group;
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::sync::Word64;

const NAME: &str = "storm.sums";
const ROWS: usize = 8;
const COLUMNS: usize = 16;
/// The column of calls that ended because a living process stood in the middle.
const HELD: usize = 8;

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Get = 1,
    Put,
    Enqueue,
    Dequeue,
    Recover,
}

/// The zone's words.
pub(crate) struct Sums {
    words: &'static [Word64],
}

impl Sums {
    pub(crate) fn of(group: &Group) -> Result<Self, String> {
        let options = ZoneOptions::new((ROWS * COLUMNS * 8) as u64);
        let found = Zone::reserve_or_find(group, NAME, &options).map_err(|error| error.to_string());
        let words = found?.0.slice::<Word64>().ok_or("the zone of sums is too short")?;
        Ok(Self { words })
    }

    /// Runs `operation`, and notes in the row of `lcore` if none of this kind took longer.
    #[inline]
    pub(crate) fn time<R>(&self, lcore: u16, kind: Kind, operation: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let result = operation();
        let took = begun.elapsed().as_nanos() as u64;
        let row = usize::from(lcore) % ROWS * COLUMNS;
        if let (Some(count), Some(longest)) =
            (self.words.get(row), self.words.get(row + kind as usize))
        {
            // The row is written by one process at a time.
            count.set(count.get() + 1);
            longest.set(longest.get().max(took));
        }
        result
    }

    /// Notes that a call ended because a living process stood in the middle; nothing was moved.
    pub(crate) fn note_held(&self, lcore: u16) -> usize {
        if let Some(held) = self.words.get(usize::from(lcore) % ROWS * COLUMNS + HELD) {
            held.set(held.get() + 1);
        }
        0
    }

    pub(crate) fn told(&self) -> String {
        let column = |index| self.words.iter().skip(index).step_by(COLUMNS).map(Word64::get);
        let operations: u64 = column(0).sum();
        let longest: Vec<String> =
            (1..=5).map(|kind| column(kind).max().unwrap_or(0).to_string()).collect();
        let held: u64 = column(HELD).sum();
        format!("operations {operations} held {held} longest-ns {}", longest.join(" "))
    }
}
