//! How far a reap has come: of one dead, in its entry of the process table, so that the numbers outlive a
//! reaper, and another dead one's; of one who leaves, in the process's own memory, for if it fails or
//! dies it is reaped like any other.

use core::cell::Cell;

use super::event::Recovered;
use crate::group::{Group, ProcessId};
use crate::sync::Word32;

/// What is counted: which of an entry's sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    Objects,
    Lcores,
    Ends,
    Others,
}

/// The sums of one process.
#[derive(Debug)]
pub(super) enum Sums {
    /// Of one dead, in its entry: whoever reaps it next goes on counting.
    Shared(&'static [Word32; 4]),
    /// Of one who leaves.
    Own(Cell<Recovered>),
}

impl Sums {
    /// Those of `who`, which is dead. The caller is the one reaper.
    pub(super) fn of_dead(group: &Group, who: ProcessId) -> Self {
        group.region().recovered(who).map_or_else(Self::own, Self::Shared)
    }

    /// Those of this process, which leaves.
    pub(super) fn own() -> Self {
        Self::Own(Cell::default())
    }

    pub(super) fn count(&self, which: Sum, by: u32) {
        match self {
            Self::Shared(sums) => {
                if let Some(sum) = sums.get(which as usize) {
                    sum.set(sum.get().saturating_add(by));
                }
            }
            Self::Own(sums) => {
                let mut all = sums.get();
                let sum = match which {
                    Sum::Objects => &mut all.objects,
                    Sum::Lcores => &mut all.lcores,
                    Sum::Ends => &mut all.ends,
                    Sum::Others => &mut all.others,
                };
                *sum = sum.saturating_add(by);
                sums.set(all);
            }
        }
    }

    pub(super) fn so_far(&self) -> Recovered {
        match self {
            Self::Shared(sums) => {
                let [objects, lcores, ends, others] = sums.each_ref().map(Word32::get);
                Recovered { objects, lcores, ends, others }
            }
            Self::Own(sums) => sums.get(),
        }
    }
}
