//! The reaper: puts in order what a dead process held, and frees its slot.
//!
//! One process reaps at a time: its name stands in a word, and a dead reaper's is taken over.
//! Every step can be repeated from its start, and the slot is freed last: so whoever finds the
//! dead one in the table begins anew, and what was done already is found done. It is freed only when
//! the log tells of the death, so that no death is unheard; a stopped process may keep the log
//! for a while. One that cannot be reaped now keeps no other from being reaped.

use core::fmt;

use super::event::{EventKind, Recovered};
use super::fence::Fenced;
use super::note::{miss, note, note_or_miss};
use super::port_news::note_orphan;
use super::progress::{Sum, Sums};
use super::{belongings, objects, rings};
use crate::group::{Group, PROCESSES_MAX, ProcessFacts, ProcessId, Role};
use crate::lock::LockError;
use crate::name::Name;
use crate::ring::Held;
use crate::sync::relax;

/// How long who must have a process reaped waits for one that reaps another.
const PATIENCE_NS: u64 = 1_000_000_000;

/// A dead process, and what of it was put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who died.
    pub who: ProcessId,
    /// Its process id.
    pub pid: u32,
    /// Its role.
    pub role: Role,
    /// Its program's name.
    pub name: Name,
    /// What was put in order.
    pub recovered: Recovered,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recovered { objects, lcores, ends, others } = self.recovered;
        write!(
            f,
            "{} {} (pid {}, slot {}) died: {objects} objects, {lcores} lcores, {ends} ring ends and {others} other \
             belongings were recovered",
            self.role,
            self.name,
            self.pid,
            self.who.slot()
        )
    }
}

/// Why a dead process was not reaped, or not wholly. Whoever tries again goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReapError {
    /// Who asked only observes the group.
    Observer,
    /// This process has lost its slot itself.
    Fenced(Fenced),
    /// A living process reaps now.
    Busy {
        /// Which.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
    /// The group's lock was not had.
    Lock(LockError),
    /// A living process (it may be stopped) is in the middle of an end that had to be mended.
    Held {
        /// Where the ring lies: bytes from the window's start.
        at: u64,
        /// Who.
        held: Held,
    },
    /// A pool's ring took nothing back: it is full of what nobody got.
    Full {
        /// Where the pool lies: bytes from the window's start.
        at: u64,
    },
    /// So much went through a ring that not all of it was seen.
    Restless {
        /// Where the ring lies: bytes from the window's start.
        at: u64,
    },
    /// All is in order but that nobody is told: a living process (it may be stopped) is in the middle
    /// of an event. The slot stays the dead one's until then.
    Untold {
        /// Which.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
}

impl fmt::Display for ReapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "a dead process was to be reaped by an observer, which may only look; join the group as a secondary",
            ),
            Self::Fenced(error) => error.fmt(f),
            Self::Busy { by, pid } => write!(
                f,
                "a dead process was to be reaped and slot {} (pid {pid}) reaps already; let it finish, or if it is \
                 stopped, let it go on (kill -CONT {pid})",
                by.slot()
            ),
            Self::Lock(error) => write!(f, "a dead process was to be reaped: {error}"),
            Self::Held { at, held } => {
                write!(f, "a dead process was to be reaped, by way of the ring at +{at:#x}: {held}")
            }
            Self::Full { at } => write!(
                f,
                "a dead process was to be reaped and the ring of the pool at +{at:#x} has no room for its objects; \
                 audit the pool: something was put there twice"
            ),
            Self::Restless { at } => write!(
                f,
                "a dead process was to be reaped and the ring at +{at:#x} moved too fast to be looked through; reap \
                 again"
            ),
            Self::Untold { by, pid } => write!(
                f,
                "a dead process was to be reaped, and only its slot is not free, for slot {} (pid {pid}) is in the \
                 middle of an event; reap again, and if that one is stopped, let it go on (kill -CONT {pid})",
                by.slot()
            ),
        }
    }
}

impl ReapError {
    /// Whether it is about one dead process, and the next may be reaped.
    const fn is_about_one(&self) -> bool {
        match self {
            Self::Held { .. } | Self::Full { .. } | Self::Restless { .. } | Self::Untold { .. } => {
                true
            }
            Self::Observer | Self::Fenced(_) | Self::Busy { .. } | Self::Lock(_) => false,
        }
    }
}

impl core::error::Error for ReapError {}

impl From<LockError> for ReapError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

/// Puts in order what a dead process held: one process, the lowest slot first that can be reaped now.
/// `None` if all that are in the table live.
///
/// Any member may call it, at any time; all others go on meanwhile. Dead is who the platform says
/// is dead, never who is stopped. Cost: a system call for each process in the table; if one is
/// dead, the group's lock for each ring and pool, a look at every element of rings of objects, and
/// four bytes read for each object of a pool. Answers W-9 to W-12, W-17.
///
/// Errors: [`ReapError`], of the first that could not be reaped, when there is no other; what was begun
/// stands, and the next call, by anyone, goes on.
///
/// ```no_run
/// # fn f(group: &phalanx_core::group::Group) -> Result<(), phalanx_core::recovery::ReapError> {
/// while let Some(report) = phalanx_core::recovery::reap(group)? {
///     let _objects = report.recovered.objects;
/// }
/// # Ok(()) }
/// ```
pub fn reap(group: &Group) -> Result<Option<Report>, ReapError> {
    check(group)?;
    if dead(group).next().is_none() {
        return Ok(None);
    }
    let reaper = Reaper::claim(group)?;
    let mut first_error = None;
    // Somebody else may have reaped all of them just before.
    for one in dead(group) {
        match reaper.reap(&one) {
            Err(error) if error.is_about_one() => first_error = first_error.or(Some(error)),
            done => return done.map(Some),
        }
    }
    first_error.map_or(Ok(None), Err)
}

/// Reaps `who`, if it is dead and in the table: then it holds nothing any more. Waits for a living
/// reaper 1 s at most.
pub(crate) fn reap_this(group: &Group, who: ProcessId) -> Result<(), ReapError> {
    check(group)?;
    let reaper = Reaper::await_claim(group)?;
    match facts_of(group, who).filter(|facts| !group.is_alive(facts.id)) {
        Some(facts) => match reaper.reap(&facts) {
            Ok(_) | Err(ReapError::Untold { .. }) => Ok(()),
            Err(error) => Err(error),
        },
        None => Ok(()),
    }
}

/// Puts in order what this process holds, and frees its slot: as if it had died just now.
pub(crate) fn leave(group: &Group) {
    if check(group).is_err() {
        return;
    }
    if let Some(me) = facts_of(group, group.me())
        && let Ok(reaper) = Reaper::await_claim(group)
    {
        // What fails stays under this process's name, for who finds it dead.
        let _ = reaper.put_in_order(&me, &Sums::own(), EventKind::Left);
    }
}

impl Group {
    /// Whether `who` reaps now.
    pub(crate) fn is_reaping(&self, who: ProcessId) -> bool {
        self.region().recovery.reaper.observe() == who.pack()
    }
}

/// Notes what this process did itself.
pub(crate) fn note_own(group: &Group, kind: EventKind) {
    if let Some(me) = facts_of(group, group.me()) {
        note_or_miss(group, kind, &me, Recovered::default(), None);
    }
}

fn check(group: &Group) -> Result<(), ReapError> {
    if group.is_observer() {
        return Err(ReapError::Observer);
    }
    group.check_member().map_err(ReapError::Fenced)
}

fn dead(group: &Group) -> impl Iterator<Item = ProcessFacts> + '_ {
    (0..PROCESSES_MAX as u16)
        .filter_map(|slot| group.region().process(slot))
        .filter(|facts| !group.is_alive(facts.id))
}

pub(super) fn facts_of(group: &Group, who: ProcessId) -> Option<ProcessFacts> {
    group.region().process(who.slot()).filter(|facts| facts.id == who)
}

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
    fn await_claim(group: &'g Group) -> Result<Self, ReapError> {
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

    fn reap(&self, dead: &ProcessFacts) -> Result<Report, ReapError> {
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
    fn put_in_order(
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
