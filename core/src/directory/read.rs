//! Reading the directory: members under the lock, observers without it.
//!
//! A member takes the lock for each answer, so it sees no half-made object, and mends what a
//! dead process left before it looks. An observer cannot write, so it cannot lock: it reads an
//! entry between two looks at the lock's version, and reads it again if the version was odd or
//! has moved. [`search`] chooses by [`Group::me`].
//!
//! An observer's "not there" is as good as its "there". Its scan may miss a name that is
//! destroyed and created again in an earlier entry under its eyes; but then there was a
//! moment in the scan when no entry had the name. The same holds of entries that come into use
//! behind those that it looks at.
//!
//! Nobody looks at entries that were never used: 2,560 are 320 KB, and a group of ten objects has all
//! of them in ten lines.

use core::fmt;

use super::entry::Found;
use super::layout::Entry;
use crate::group::{Group, ProcessId};
use crate::lock::{LockError, Transaction};
use crate::name::Name;
use crate::sync::{Published64, relax};

/// How often an observer looks before it gives way.
const LOOKS: u32 = 100;

/// How long somebody without the lock looks at one entry before it says that the group is changing.
const PATIENCE_NS: u64 = 1_000_000_000;

/// Why the directory could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The lock was not had (members).
    Lock(LockError),
    /// The group changed whenever this observer looked, or stands half-changed.
    Changing {
        /// Who is changing it, if anybody was at the last look.
        by: Option<ProcessId>,
        /// That process's id; 0 if it left the table.
        pid: u32,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(error) => error.fmt(f),
            Self::Changing { by: Some(by), pid } => write!(
                f,
                "the directory was to be observed and slot {} (pid {pid}) is in the middle of a change; look again, \
                 or if that process is dead, let any member do anything: it finishes the repair first",
                by.slot()
            ),
            Self::Changing { by: None, .. } => f.write_str(
                "the directory was to be observed and changed at every look; look again when the group is calmer",
            ),
        }
    }
}

impl core::error::Error for ReadError {}

impl From<LockError> for ReadError {
    fn from(error: LockError) -> Self {
        Self::Lock(error)
    }
}

/// The object called `name`, of whatever kind. Takes the lock (members); linear in the table.
///
/// # Errors
/// [`ReadError`].
pub fn find(group: &Group, name: Name) -> Result<Option<Found>, ReadError> {
    let words = name.to_words();
    search(group, 0, |entry| entry.is_named(&words))
}

/// The object called `name`, without the lock: for what is never destroyed, and for groups whose last
/// process died in the middle of a change. What it says is checked by whoever uses it.
///
/// While somebody is in the middle of a change, or has died there and living ones have yet to undo it, it
/// waits, for a second at most, and then says `None`: what a change has entered may be taken back, and its
/// memory be another object's.
pub(crate) fn glance_settled(group: &Group, name: Name) -> Option<Found> {
    let mut deadline = None;
    loop {
        if let Some(seen) = look_steadily(group, name) {
            return seen;
        }
        // Of a group in which nobody lives nothing is taken back any more.
        if !group.processes().any(|facts| group.is_alive(facts.id)) {
            return glance(group, name);
        }
        let now = group.platform().now_ns();
        if now > *deadline.get_or_insert(now.saturating_add(PATIENCE_NS)) {
            return None;
        }
        group.platform().give_way();
    }
}

/// As [`glance_settled`], for who does not wait: `None` too if somebody is in the middle of a change.
pub(crate) fn glance_calm(group: &Group, name: Name) -> Option<Found> {
    look_steadily(group, name).flatten()
}

/// What there is of that name, if nothing changes during one of some looks.
fn look_steadily(group: &Group, name: Name) -> Option<Option<Found>> {
    for _ in 0..LOOKS {
        if let Some(seen) = steady(&group.region().lock.version, || glance(group, name)) {
            return Some(seen);
        }
        relax();
    }
    None
}

/// As [`glance_settled`], whatever goes on: for who only asks whether there is such an entry. One that
/// is being written may be missed, and one that is seen may be taken back.
pub(crate) fn glance(group: &Group, name: Name) -> Option<Found> {
    let words = name.to_words();
    scan(group, 0, |entry| entry.is_named(&words))
}

/// The object called `name`, seen by whoever holds the lock.
pub fn find_in(tx: &Transaction, name: Name) -> Option<Found> {
    let words = name.to_words();
    scan(tx.group(), 0, |entry| entry.is_named(&words))
}

/// The first object from entry `from` on, seen by whoever holds the lock.
pub(crate) fn next_in(tx: &Transaction, from: usize) -> Option<Found> {
    scan(tx.group(), from, |_| true)
}

/// The first object from entry `from` on, as the table stands just now, with nothing held: it may be
/// half made, or half gone. For who must not wait, and checks what it finds.
pub(crate) fn glance_next(group: &Group, from: usize) -> Option<Found> {
    scan(group, from, |_| true)
}

/// Whether `found` is still there: the same object, not another of the same name.
///
/// # Errors
/// [`ReadError`].
pub fn is_current(group: &Group, found: &Found) -> Result<bool, ReadError> {
    let now = search(group, found.index, |_| true)?;
    Ok(now.is_some_and(|now| (now.index, now.generation) == (found.index, found.generation)))
}

/// Shows `visit` every object, in the order of the table.
///
/// What is there from beginning to end is shown once. Nothing is locked while `visit` runs,
/// so it may create and destroy objects; the lock is taken once an object.
///
/// # Errors
/// [`ReadError`].
#[doc(alias = "rte_memzone_walk")]
#[doc(alias = "rte_dump_tailq")]
pub fn walk(group: &Group, mut visit: impl FnMut(&Found)) -> Result<(), ReadError> {
    let mut from = 0;
    while let Some(found) = search(group, from, |_| true)? {
        visit(&found);
        from = found.index + 1;
    }
    Ok(())
}

/// The first object from entry `from` on for which `wanted` holds: under the lock for a
/// member, by the lock's version for an observer.
fn search(
    group: &Group,
    from: usize,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Option<Found>, ReadError> {
    if group.me() == ProcessId::OBSERVER {
        return observe(group, from, wanted);
    }
    let tx = group.begin()?;
    let found = scan(tx.group(), from, wanted);
    tx.commit();
    Ok(found)
}

fn scan(group: &Group, from: usize, wanted: impl Fn(&Entry) -> bool) -> Option<Found> {
    let entries = group.region().directory.used().iter().enumerate().skip(from);
    entries.filter(|(_, entry)| wanted(entry)).find_map(|(index, entry)| entry.read(index))
}

fn observe(
    group: &Group,
    from: usize,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Option<Found>, ReadError> {
    let directory = &group.region().directory;
    let entries = settled(group, || directory.used())?;
    for (index, entry) in entries.iter().enumerate().skip(from) {
        let read = || if wanted(entry) { entry.read(index) } else { None };
        if let Some(found) = settled(group, read)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What `read` sees while nothing changes. Looks for a second at most.
fn settled<R>(group: &Group, read: impl Fn() -> R) -> Result<R, ReadError> {
    let lock = &group.region().lock;
    let mut deadline = None;
    loop {
        for _ in 0..LOOKS {
            if let Some(seen) = steady(&lock.version, &read) {
                return Ok(seen);
            }
            relax();
        }
        let now = group.platform().now_ns();
        if now > *deadline.get_or_insert(now.saturating_add(PATIENCE_NS)) {
            let by = ProcessId::unpack(lock.owner.observe());
            return Err(ReadError::Changing { by, pid: by.map_or(0, |by| group.pid_of(by)) });
        }
        group.platform().give_way();
    }
}

/// What `read` sees, if nothing changed meanwhile. `read` loads guarded words and no others.
pub(super) fn steady<R>(version: &Published64, read: impl FnOnce() -> R) -> Option<R> {
    // Pairs with the `publish` of the version: if it is even, all before it is seen.
    let before = version.observe();
    if !before.is_multiple_of(2) {
        return None;
    }
    let seen = read();
    // Guarded words are loaded with Acquire, so this load stays behind them; and who saw one of
    // a change's words sees that the version was odd before it.
    (version.observe() == before).then_some(seen)
}
