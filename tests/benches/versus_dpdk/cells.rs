//! What is measured: one cell is one subject with all its settings, the same on both sides.

use core::fmt;

/// What the peers do. The numbers are the control page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Subject {
    /// Leave the loop and exit.
    Quit = 0,
    /// One word to and fro, nothing else.
    Line = 1,
    /// Peer 0 puts a batch in and takes it out again.
    RingAlone = 2,
    /// Peer 0 produces, peer 1 consumes.
    RingAcross = 3,
    /// Both peers put a batch in and take one out.
    RingBoth = 4,
    /// One element there through a ring and back through another.
    RingTrip = 5,
    /// Peer 0 gets objects and puts them back.
    PoolAlone = 6,
    /// Both peers do that on one pool.
    PoolBoth = 7,
    /// One word there and another back, nothing else.
    TwoLines = 8,
    /// As `PoolAlone`, with a pool that survives its users' deaths; DPDK has none such, and runs its
    /// only kind.
    RecoverableAlone = 9,
    /// As `PoolBoth`, the same.
    RecoverableBoth = 10,
}

/// Who may use a ring's ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Sync {
    /// One producer, one consumer.
    Single = 0,
    /// Any number of either.
    Multi = 1,
}

/// How many elements one operation moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Form {
    /// Exactly one, by the call for one.
    One = 0,
    /// All of the batch or nothing.
    Bulk = 1,
    /// As many of the batch as there are.
    Burst = 2,
}

impl Subject {
    /// The subject with that number on the control page.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        use Subject::{Line, PoolAlone, PoolBoth, Quit, RingAcross, RingAlone, RingBoth, RingTrip};
        let pools = [PoolAlone, PoolBoth, Self::RecoverableAlone, Self::RecoverableBoth];
        [Quit, Line, RingAlone, RingAcross, RingBoth, RingTrip, Self::TwoLines]
            .into_iter()
            .chain(pools)
            .find(|subject| *subject as u32 == number)
    }

    /// Whether it is one of a recoverable pool.
    pub(crate) fn is_recoverable(self) -> bool {
        matches!(self, Self::RecoverableAlone | Self::RecoverableBoth)
    }
}

impl Sync {
    /// The mode with that number on the control page.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        [Self::Single, Self::Multi].into_iter().find(|sync| *sync as u32 == number)
    }
}

impl Form {
    /// The kind of call with that number on the control page.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        [Self::One, Self::Bulk, Self::Burst].into_iter().find(|form| *form as u32 == number)
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// What the peers do.
    pub(crate) subject: Subject,
    /// The ring's mode.
    pub(crate) sync: Sync,
    /// The kind of call.
    pub(crate) form: Form,
    /// Elements an operation.
    pub(crate) batch: u32,
    /// Elements in the ring before the start.
    pub(crate) fill: u32,
    /// Objects in the pool's per-core cache; 0 = none.
    pub(crate) cache: u32,
    /// Objects held before they are put back.
    pub(crate) keep: u32,
}

impl Cell {
    /// The bare cache line: the meter of the machine's state.
    pub(crate) const LINE: Self = Self::new(Subject::Line, Sync::Single, Form::One, 1);
    /// The order to leave.
    pub(crate) const QUIT: Self = Self::new(Subject::Quit, Sync::Single, Form::One, 1);

    const fn new(subject: Subject, sync: Sync, form: Form, batch: u32) -> Self {
        Self { subject, sync, form, batch, fill: 0, cache: 0, keep: 0 }
    }

    const fn pool(subject: Subject, cache: u32, form: Form, batch: u32, keep: u32) -> Self {
        Self { subject, sync: Sync::Multi, form, batch, fill: 0, cache, keep }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sync = if self.sync == Sync::Single { "SP/SC" } else { "MP/MC" };
        match self.subject {
            Subject::Quit => return f.write_str("quit"),
            Subject::Line => return f.write_str("bare line round trip"),
            Subject::TwoLines => return f.write_str("bare round trip on two lines"),
            Subject::RingAlone => write!(f, "ring {sync} one core, ")?,
            Subject::RingAcross => write!(f, "ring {sync} two cores, ")?,
            Subject::RingBoth => write!(f, "ring {sync} both do both, ")?,
            Subject::RingTrip => return write!(f, "ring {sync} round trip"),
            Subject::PoolAlone => write!(f, "pool cache {} one core, ", self.cache)?,
            Subject::PoolBoth => write!(f, "pool cache {} two cores, ", self.cache)?,
            Subject::RecoverableAlone => {
                write!(f, "pool recoverable cache {} one core, ", self.cache)?;
            }
            Subject::RecoverableBoth => {
                write!(f, "pool recoverable cache {} two cores, ", self.cache)?;
            }
        }
        match self.form {
            Form::One => f.write_str("single")?,
            Form::Bulk => write!(f, "bulk {}", self.batch)?,
            Form::Burst => write!(f, "burst {}", self.batch)?,
        }
        if self.fill > 0 {
            write!(f, ", half full")?;
        }
        if self.keep > self.batch {
            write!(f, ", {} held", self.keep)?;
        }
        Ok(())
    }
}

/// The calls every subject is measured with.
const CALLS: [(Form, u32); 5] =
    [(Form::One, 1), (Form::Bulk, 8), (Form::Bulk, 32), (Form::Bulk, 128), (Form::Bulk, 256)];

/// Every cell whose name contains one of `only` (all, if that is empty).
pub(crate) fn all(only: &[String]) -> Vec<Cell> {
    let mut cells = ring_cells();
    cells.extend(pool_cells());
    cells.retain(|cell| only.is_empty() || only.iter().any(|text| cell.to_string().contains(text)));
    cells
}

fn ring_cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for sync in [Sync::Single, Sync::Multi] {
        cells.extend(CALLS.map(|(form, n)| Cell::new(Subject::RingAlone, sync, form, n)));
    }
    for sync in [Sync::Single, Sync::Multi] {
        cells.extend(CALLS.map(|(form, n)| Cell::new(Subject::RingAcross, sync, form, n)));
        cells.push(Cell::new(Subject::RingAcross, sync, Form::Burst, 32));
    }
    for fill in [0, 512] {
        let both = |n| Cell { fill, ..Cell::new(Subject::RingBoth, Sync::Multi, Form::Bulk, n) };
        cells.extend([8, 32].map(both));
    }
    cells.push(Cell::new(Subject::TwoLines, Sync::Single, Form::One, 1));
    cells.push(Cell::new(Subject::RingTrip, Sync::Single, Form::One, 1));
    cells.push(Cell::new(Subject::RingTrip, Sync::Multi, Form::One, 1));
    cells
}

fn pool_cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    let plain = [Subject::PoolAlone, Subject::PoolBoth];
    for subject in plain.into_iter().chain([Subject::RecoverableAlone, Subject::RecoverableBoth]) {
        for cache in [512, 256, 0] {
            cells.extend(CALLS.map(|(form, n)| Cell::pool(subject, cache, form, n, n)));
            cells.push(Cell::pool(subject, cache, Form::Bulk, 32, 512));
        }
    }
    cells
}
