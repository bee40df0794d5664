//! How far a reap has come: of one dead, in shared memory, so that the numbers outlive a reaper; of
//! one who leaves, in its own, for if it fails or dies it is reaped like any other.
//!
//! So a name in `Recovery::dead` is always a dead one's, and who leaves meanwhile neither takes it
//! away (its death would be noted twice) nor loses what was counted under it.

use core::cell::Cell;

use super::event::Recovered;
use super::layout::Recovery;
use crate::group::{Group, ProcessId};

/// What is counted.
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
    /// Of one dead: whoever reaps it next goes on counting.
    Shared(&'static Recovery),
    /// Of one who leaves.
    Own(Cell<Recovered>),
}

impl Sums {
    /// Those of `who`, which is dead; names it. The caller is the one reaper.
    pub(super) fn of_dead(group: &Group, who: ProcessId) -> Self {
        let sums = &group.region().recovery;
        if sums.dead.observe() != who.pack() {
            for sum in [&sums.objects, &sums.lcores, &sums.ends, &sums.others] {
                sum.set(0);
            }
            // Pairs with the `observe` above, in the next reaper.
            sums.dead.publish(who.pack());
        }
        Self::Shared(sums)
    }

    /// Those of this process, which leaves.
    pub(super) fn own() -> Self {
        Self::Own(Cell::default())
    }

    pub(super) fn count(&self, which: Sum, by: u32) {
        match self {
            Self::Shared(sums) => {
                let sum = match which {
                    Sum::Objects => &sums.objects,
                    Sum::Lcores => &sums.lcores,
                    Sum::Ends => &sums.ends,
                    Sum::Others => &sums.others,
                };
                sum.set(sum.get().saturating_add(by));
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
            Self::Shared(sums) => Recovered {
                objects: sums.objects.get(),
                lcores: sums.lcores.get(),
                ends: sums.ends.get(),
                others: sums.others.get(),
            },
            Self::Own(sums) => sums.get(),
        }
    }
}
