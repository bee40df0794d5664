//! The one who reaps: its claim, and all steps in their order.

use super::event::{EventKind, Recovered};
use super::note::{miss, note, note_or_miss};
use super::port_news::note_orphan;
use super::progress::{Sum, Sums};
use super::report::{ReapError, Report};
use super::{belongings, objects, rings};
use crate::group::{Group, ProcessFacts, ProcessId};
use crate::sync::relax;

/// How long who must have a process reaped waits for one that reaps another.
const PATIENCE_NS: u64 = 1_000_000_000;

/// The one who reaps; gives the word back when it is dropped.
pub(super) struct Reaper<'g> {
    pub(super) group: &'g Group,
}

impl<'g> Reaper<'g> {
    /// Becomes the reaper, after a dead one too.
    #[inline(never)]
    pub(super) fn claim(group: &'g Group) -> Result<Self, ReapError> {
        let word = &group.region().recovery.reaper;
        let mut held = word.observe();
        loop {
            if let Some(by) = ProcessId::unpack(held)
                && group.is_alive(by)
            {
                return Err(ReapError::Busy { by, pid: group.pid_of(by) });
            }
            match word.swap_if(held, group.me().pack()) {
                Ok(_) => return Ok(Self { group }),
                Err(found) => held = found,
            }
        }
    }

    /// As [`claim`](Self::claim), after a living one too, if it is done in time.
    #[inline(never)]
    pub(super) fn await_claim(group: &'g Group) -> Result<Self, ReapError> {
        let mut deadline = None;
        loop {
            let busy = match Self::claim(group) {
                Err(busy @ ReapError::Busy { .. }) => busy,
                done => return done,
            };
            let now = group.platform().now_ns();
            if now > *deadline.get_or_insert(now.saturating_add(PATIENCE_NS)) {
                return Err(busy);
            }
            relax();
            group.platform().give_way();
        }
    }

    pub(super) fn reap(&self, dead: &ProcessFacts) -> Result<Report, ReapError> {
        crash_point!("reap: the reaper is named");
        // If the log is kept by somebody now, it is told at the end.
        let _ = self.announce(dead);
        let sums = Sums::of_dead(self.group, dead.id);
        let recovered = self.put_in_order(dead, &sums, EventKind::Reaped)?;
        let ProcessFacts { id: who, pid, role, name, .. } = *dead;
        Ok(Report { who, pid, role, name, recovered })
    }

    /// Says once that it died, whoever finishes.
    fn announce(&self, dead: &ProcessFacts) -> Result<(), ReapError> {
        let region = self.group.region();
        if !region.is_told(dead.id) {
            self.note(EventKind::Died, dead, Recovered::default())?;
            crash_point!("reap: the death is noted");
            region.set_told(dead.id);
        }
        Ok(())
    }

    fn note(
        &self,
        kind: EventKind,
        of: &ProcessFacts,
        recovered: Recovered,
    ) -> Result<(), ReapError> {
        note(self.group, kind, of, recovered)
            .map_err(|by| ReapError::Untold { by, pid: self.group.pid_of(by) })
    }

    /// Notes how it ended: of one that leaves if that can be, of one that died in any case, or it
    /// stays in the table until it is noted.
    fn note_end(
        &self,
        end: EventKind,
        of: &ProcessFacts,
        recovered: Recovered,
    ) -> Result<(), ReapError> {
        if end == EventKind::Left {
            note_or_miss(self.group, end, of, recovered, None);
            return Ok(());
        }
        self.announce(of)?;
        self.note(end, of, recovered)
    }

    /// Notes each port that it owned: of one that leaves if that can be, of one that died in any case.
    fn note_orphans(&self, of: &ProcessFacts, end: EventKind) -> Result<(), ReapError> {
        for port in belongings::orphans(self.group, of.id)? {
            match note_orphan(self.group, of, &port) {
                Err(by) if end != EventKind::Left => {
                    return Err(ReapError::Untold { by, pid: self.group.pid_of(by) });
                }
                Err(_) => miss(self.group),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// All steps, in their order, counted in `sums`; `end` is the event that closes them.
    pub(super) fn put_in_order(
        &self,
        of: &ProcessFacts,
        sums: &Sums,
        end: EventKind,
    ) -> Result<Recovered, ReapError> {
        let (group, who) = (self.group, of.id);
        crash_point!("reap: all is to be done");
        group.region().lock.settle(group, who);
        crash_point!("reap: the lock is settled");
        sums.count(Sum::Ends, rings::mend(group, who)?);
        crash_point!("reap: the rings are mended");
        objects::recover(group, who, |objects| sums.count(Sum::Objects, objects))?;
        crash_point!("reap: the objects are back");
        sums.count(Sum::Others, belongings::drop_all(group, who)?);
        crash_point!("reap: the belongings are dropped");
        sums.count(Sum::Lcores, group.release_lcores_of(who));
        crash_point!("reap: the lcores are released");
        self.note_orphans(of, end)?;
        crash_point!("reap: the orphaned ports are noted");
        let recovered = sums.so_far();
        self.note_end(end, of, recovered)?;
        crash_point!("reap: the end is noted");
        group.region().clear(who);
        crash_point!("reap: the slot is free");
        Ok(recovered)
    }
}

impl Drop for Reaper<'_> {
    fn drop(&mut self) {
        // A failed swap means that this process was taken for dead, and its claim for free.
        let _ = self.group.region().recovery.reaper.swap_if(self.group.me().pack(), 0);
    }
}
