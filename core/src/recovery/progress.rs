//! How far a reap has come: numbers in shared memory, so that they outlive a reaper.

use super::event::Recovered;
use super::layout::Recovery;
use super::reap::Reaper;
use crate::group::ProcessId;
use crate::sync::Word32;

impl Reaper<'_> {
    fn sums(&self) -> &'static Recovery {
        &self.group.region().recovery
    }

    /// Names the one whose belongings are put in order; goes on counting if it is the same.
    pub(super) fn begin(&self, who: ProcessId) {
        let sums = self.sums();
        if sums.dead.observe() != who.pack() {
            for sum in [&sums.objects, &sums.lcores, &sums.ends, &sums.others] {
                sum.set(0);
            }
            // Pairs with the `observe` above, in the next reaper.
            sums.dead.publish(who.pack());
        }
    }

    pub(super) fn count(&self, which: impl Fn(&Recovery) -> &Word32, by: u32) {
        let sum = which(self.sums());
        sum.set(sum.get().saturating_add(by));
    }

    pub(super) fn so_far(&self) -> Recovered {
        let Recovery { objects, lcores, ends, others, .. } = self.sums();
        Recovered {
            objects: objects.get(),
            lcores: lcores.get(),
            ends: ends.get(),
            others: others.get(),
        }
    }
}
