//! The reaper: puts in order what a dead process held, and frees its slot.
//!
//! One process reaps at a time: its name stands in a word, and a dead reaper's is taken over.
//! Every step can be repeated from its start, and the slot is freed last: so whoever finds the
//! dead one in the table begins anew, and what was done already is found done. It is freed only when
//! the log tells of the death, so that no death is unheard; a stopped process may keep the log
//! for a while. One that cannot be reaped now keeps no other from being reaped.

use super::event::{EventKind, Recovered};
use super::note::note_or_miss;
use super::progress::Sums;
use super::reaper::Reaper;
use super::report::{ReapError, Report};
use crate::group::{Group, PROCESSES_MAX, ProcessFacts, ProcessId};

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
