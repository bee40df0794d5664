//! Backing grains with memory, and giving memory back: where bitmaps and platform meet.
//!
//! The order is what makes it safe (see the crash points in [`super`]): *touched*, then the
//! platform, then *backed*; and back: *backed*, commit, the platform, *touched*.

use core::fmt;

use super::bitmap::{Bit, MarkError, masks, next_one};
use super::layout::BITMAP_WORDS;
use super::list::List;
use crate::group::Group;
use crate::lock::{JournalFull, LockError, Transaction};
use crate::log::Told;
use crate::platform::CommitError;
use crate::sync::Word64;

/// Whether grains may go back to the system when they are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// They stay until the group ends (ME-12).
    Pinned,
    /// They go back when nothing lies on them.
    WhileUsed,
}

/// Why grains were not backed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackError {
    /// The list's limit would be passed.
    Limit {
        /// The limit in bytes.
        limit: u64,
    },
    /// The platform has not the memory.
    Commit(CommitError),
    /// The grains are not the list's to change, or the transaction is full; drop it.
    Mark(MarkError),
}

impl fmt::Display for BackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit { limit } => {
                write!(f, "the memseg list may have {limit} bytes at most (--pagesz-mem)")
            }
            Self::Commit(error) => error.fmt(f),
            Self::Mark(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for BackError {}

impl From<MarkError> for BackError {
    fn from(error: MarkError) -> Self {
        Self::Mark(error)
    }
}

impl From<JournalFull> for BackError {
    fn from(full: JournalFull) -> Self {
        Self::Mark(MarkError::Journal(full))
    }
}

/// Backs grains `first..first + count` of `list`, none of which is backed.
///
/// [`BackError::Limit`] and [`BackError::Commit`] leave everything as it was, and the
/// transaction may go on. Cost: one call of the platform; a journal entry for 64 grains.
pub(crate) fn back(
    tx: &Transaction,
    list: &List,
    first: usize,
    count: usize,
    keep: Keep,
) -> Result<(), BackError> {
    let range = MarkError::Range { first, count, len: list.grains() };
    if list.backed().run_from(first, Bit::Free).map_or(0, |free| free) < count || count == 0 {
        return Err(range.into());
    }
    let bytes = list.grain_bytes() * count as u64;
    if list.backed_bytes().saturating_add(bytes) > list.most_bytes() {
        return Err(BackError::Limit { limit: list.most_bytes() });
    }
    commit(tx, list, first, count).map_err(BackError::Commit)?;
    list.backed().mark(tx, first, count, Bit::Used)?;
    if keep == Keep::Pinned {
        list.pinned().mark(tx, first, count, Bit::Used)?;
    }
    note_change(tx, list, list.raw().committed.get().saturating_add(count as u64))?;
    Ok(())
}

/// Takes grains out of the heap; they are loose until [`Group::give_back_memory`].
pub(crate) fn unback(
    tx: &Transaction,
    list: &List,
    first: usize,
    count: usize,
) -> Result<(), MarkError> {
    list.raw().unsettled.set(1);
    list.backed().mark(tx, first, count, Bit::Free)?;
    note_change(tx, list, list.raw().committed.get().saturating_sub(count as u64))?;
    Ok(())
}

fn note_change(tx: &Transaction, list: &List, committed: u64) -> Result<(), JournalFull> {
    tx.set(&list.raw().committed, committed)?;
    tx.set(&list.raw().changes, list.raw().changes.get().wrapping_add(1))?;
    if tx.group().iova_mode().is_some() {
        // Who maps memory for devices looks as soon as the lock is free.
        tx.group().region().count_change();
        tx.group().platform().wake(tx.group().region().change_word());
    }
    Ok(())
}

/// Asks the platform, having noted first what it may give; a refusal takes the note back.
fn commit(tx: &Transaction, list: &List, first: usize, count: usize) -> Result<(), CommitError> {
    let raw = list.raw();
    let was_unsettled = raw.unsettled.get();
    let mut before = [0; BITMAP_WORDS];
    raw.unsettled.set(1);
    for (i, mask) in masks(first, first + count) {
        if let (Some(word), Some(old)) = (raw.touched.get(i), before.get_mut(i)) {
            *old = word.get();
            word.set(*old | mask);
        }
    }
    let at = list.grain_bytes() * first as u64;
    let done = tx.group().platform().commit(list.index(), at, list.grain_bytes() * count as u64);
    if done.is_err() {
        for (i, _) in masks(first, first + count) {
            if let (Some(word), Some(old)) = (raw.touched.get(i), before.get(i)) {
                word.set(*old);
            }
        }
        raw.unsettled.set(was_unsettled);
    } else {
        let bytes = list.grain_bytes() * count as u64;
        tx.group().platform().tell(Told::Grown { list: list.index() as u32, bytes });
    }
    done
}

impl Group {
    /// Gives the memory that no heap holds any more back to the system; returns its bytes.
    ///
    /// Whoever commits a transaction that freed heap memory calls this afterwards
    /// ([`Group::free`] does); whatever was left over by a process that died is given back with
    /// it. Leaving the call out costs nothing but memory, until somebody makes it. Cost: a few
    /// reads if there is nothing to do; else the lock, and a call of the platform for each run.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn give_back_memory(&self) -> Result<u64, LockError> {
        let lists = self.memseg_lists();
        if lists.iter().all(|list| list.raw().unsettled.get() == 0) {
            return Ok(0);
        }
        let tx = self.begin()?;
        let given = lists.iter().map(|list| settle(&tx, &list)).sum();
        tx.commit();
        if given > 0 {
            self.platform().tell(Told::GivenBack { bytes: given });
        }
        Ok(given)
    }
}

/// Releases every loose grain of `list` that no device may reach; who lets devices reach the others takes
/// them away and calls again. What this process may not give back stays loose, for another. The transaction
/// has cleared no `backed` bit.
fn settle(tx: &Transaction, list: &List) -> u64 {
    let raw = list.raw();
    if raw.unsettled.get() == 0 {
        return 0;
    }
    let free = |i: usize| match (raw.touched.get(i), raw.backed.get(i)) {
        (Some(touched), Some(backed)) => touched.get() & !backed.get(),
        _ => 0,
    };
    let held = |i: usize| raw.held.get(i).map_or(0, Word64::get);
    let loose = |i: usize| free(i) & !held(i);
    let (mut given, mut from, mut may_give) = (0, 0, true);
    while let Some(first) = next_one(loose, from, list.grains()) {
        let end = next_one(|i| !loose(i), first, list.grains()).unwrap_or(list.grains());
        let (at, len) =
            (list.grain_bytes() * first as u64, list.grain_bytes() * (end - first) as u64);
        may_give = tx.group().platform().release(list.index(), at, len);
        if !may_give {
            break;
        }
        for (i, mask) in masks(first, end) {
            if let Some(word) = raw.touched.get(i) {
                word.set(word.get() & !mask);
            }
        }
        given += len;
        from = end;
    }
    let is_left = next_one(|i| free(i) & held(i), 0, list.grains()).is_some();
    raw.unsettled.set(u64::from(is_left || !may_give));
    given
}
