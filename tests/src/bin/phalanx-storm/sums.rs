//! What all processes have seen, those killed meanwhile too: in a zone, a row for each lcore.
//!
//! Of each kind of operation the longest is kept: how long it took by the clock, how much of that
//! this thread ran, and how much it was runnable and had no CPU, which is the machine's doing. And the
//! longest without that, and without what the host took of a processor meanwhile: how long the group's
//! other members made somebody wait.

use std::time::Instant;

use phalanx_core::group::Group;
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::sync::Word64;

use crate::turns::{Stolen, Turns};

const NAME: &str = "storm.sums";
const ROWS: usize = 8;
const COLUMNS: usize = 32;
/// The columns of the count of operations, and of calls that ended because a living process stood in
/// the middle.
const OPERATIONS: usize = 0;
const HELD: usize = 1;
/// Where the columns of the kinds begin, and how many each has.
const KINDS: usize = 2;
const EACH: usize = 6;

/// What takes less is not looked at more closely.
const LONG_NS: u64 = 1_000_000;

/// What is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Get,
    Put,
    Enqueue,
    Dequeue,
    Recover,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Enqueue, Self::Dequeue, Self::Recover];
}

/// How an operation ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It did something.
    Done,
    /// There was nothing to do.
    Nothing,
    /// A living process stood in the middle.
    Held,
}

/// The longest operation of a kind.
struct Longest<'a> {
    took: &'a Word64,
    ran: &'a Word64,
    without_cpu: &'a Word64,
    end: &'a Word64,
    /// Of the one that was kept waiting longest.
    kept: &'a Word64,
    /// The same, without what the host took.
    by_others: &'a Word64,
}

/// The zone's words, and this thread's turns on a CPU.
pub(crate) struct Sums {
    words: &'static [Word64],
    turns: Turns,
    stolen: Stolen,
}

impl Sums {
    pub(crate) fn of(group: &Group) -> Result<Self, String> {
        let options = ZoneOptions::new((ROWS * COLUMNS * 8) as u64);
        let found = Zone::reserve_or_find(group, NAME, &options).map_err(|error| error.to_string());
        let words = found?.0.slice::<Word64>().ok_or("the zone of sums is too short")?;
        Ok(Self { words, turns: Turns::of_this_thread(), stolen: Stolen::from_now() })
    }

    /// Runs `operation`, whose end `end` tells, and notes in the row of `lcore` if none of this kind
    /// took longer.
    #[inline]
    pub(crate) fn time<R>(
        &self,
        lcore: u16,
        kind: Kind,
        operation: impl FnOnce() -> R,
        end: impl FnOnce(&R) -> End,
    ) -> R {
        let begun = Instant::now();
        let result = operation();
        let took = begun.elapsed().as_nanos() as u64;
        if let Some(longest) = self.longest(lcore, kind) {
            // The row is written by one process at a time.
            self.add(lcore, OPERATIONS);
            if took < LONG_NS {
                longest.took.set(longest.took.get().max(took));
                longest.kept.set(longest.kept.get().max(took));
                longest.by_others.set(longest.by_others.get().max(took));
            } else {
                self.note_long(&longest, took, end(&result));
            }
        }
        result
    }

    /// Begins to look at this thread's turns anew. To be called now and then: what is said of a long
    /// operation's turns is true of all since then.
    pub(crate) fn look_at_turns(&self) {
        self.turns.look();
    }

    /// The same of what the host takes, which costs more to ask.
    pub(crate) fn look_at_stolen(&self) {
        self.stolen.look();
    }

    #[cold]
    fn note_long(&self, longest: &Longest<'_>, took: u64, end: End) {
        let (ran, without_cpu) = self.turns.look();
        let without_cpu = without_cpu.min(took);
        if took > longest.took.get() {
            longest.took.set(took);
            longest.ran.set(ran.min(took));
            longest.without_cpu.set(without_cpu);
            longest.end.set(end as u64);
        }
        let kept = took - without_cpu;
        longest.kept.set(longest.kept.get().max(kept));
        let by_others = kept.saturating_sub(self.stolen.look());
        longest.by_others.set(longest.by_others.get().max(by_others));
    }

    /// Notes that a call ended because a living process stood in the middle; nothing was moved.
    pub(crate) fn note_held(&self, lcore: u16) -> usize {
        self.add(lcore, HELD);
        0
    }

    fn add(&self, lcore: u16, column: usize) {
        if let Some(word) = self.words.get(usize::from(lcore) % ROWS * COLUMNS + column) {
            word.set(word.get() + 1);
        }
    }

    fn longest(&self, lcore: u16, kind: Kind) -> Option<Longest<'_>> {
        let first = usize::from(lcore) % ROWS * COLUMNS + KINDS + kind as usize * EACH;
        let [took, ran, without_cpu, end, kept, by_others] = self.words.get(first..first + EACH)?
        else {
            return None;
        };
        Some(Longest { took, ran, without_cpu, end, kept, by_others })
    }

    /// `operations N held N`, and for each kind
    /// `KIND longest MS (on a CPU MS, runnable without one MS, END), longest but for that MS, and but for
    /// what the host took MS`.
    pub(crate) fn told(&self) -> String {
        let sum = |column| -> u64 {
            self.words.iter().skip(column).step_by(COLUMNS).map(Word64::get).sum()
        };
        let kinds = Kind::ALL.map(|kind| self.told_of(kind));
        format!("operations {} held {}; {}", sum(OPERATIONS), sum(HELD), kinds.join("; "))
    }

    fn told_of(&self, kind: Kind) -> String {
        let rows = || (0..ROWS as u16).filter_map(|row| self.longest(row, kind));
        let ms = |ns: u64| format!("{:.1} ms", ns as f64 / 1e6);
        let kept = ms(rows().map(|row| row.kept.get()).max().unwrap_or(0));
        let by_others = ms(rows().map(|row| row.by_others.get()).max().unwrap_or(0));
        let Some(longest) = rows().max_by_key(|row| row.took.get()) else { return String::new() };
        let ends = [End::Done, End::Nothing, End::Held];
        let end = ends.get(longest.end.get() as usize).copied().unwrap_or(End::Done);
        format!(
            "{kind:?} longest {} (on a CPU {}, runnable without one {}, {end:?}), longest but for that {kept}, \
             and but for what the host took {by_others}",
            ms(longest.took.get()),
            ms(longest.ran.get()),
            ms(longest.without_cpu.get())
        )
    }
}
