//! A transaction: writes that all stand or all do not.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use super::RobustLock;
use super::layout::JOURNAL_ENTRIES;
use crate::group::Group;
use crate::offset::Offset;
use crate::sync::Guarded;

/// One operation wanted to change more than [`JOURNAL_ENTRIES`] words.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalFull;

impl fmt::Display for JournalFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "one operation wanted to change more than {JOURNAL_ENTRIES} shared words; ask for less at a time"
        )
    }
}

impl core::error::Error for JournalFull {}

/// The lock, held, and what was changed under it. Dropped without [`commit`](Self::commit),
/// it undoes everything.
#[derive(Debug)]
pub struct Transaction {
    group: Group,
    lock: &'static RobustLock,
    done: bool,
    // Makes it not `Sync`: two threads that record at a time would lose an entry.
    _one_thread: PhantomData<Cell<()>>,
}

static_assertions::assert_not_impl_any!(Transaction: Sync, Clone);

impl Transaction {
    pub(super) fn open(group: Group, lock: &'static RobustLock) -> Self {
        let version = lock.version.own();
        lock.version.publish(version | 1);
        Self { group, lock, done: false, _one_thread: PhantomData }
    }

    /// The group that the transaction changes.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Writes `value` to `word`, so that it can be undone. Writing what stands there is free.
    ///
    /// A `word` outside the group's window is not shared, and is written without a record.
    pub fn set(&self, word: &Guarded, value: u64) -> Result<(), JournalFull> {
        if word.get() == value {
            return Ok(());
        }
        self.set_always(word, value)
    }

    /// As [`set`](Self::set), and undone even if `value` stands there already: for a word that
    /// somebody may write over before the commit without knowing that it is one.
    pub fn set_always(&self, word: &Guarded, value: u64) -> Result<(), JournalFull> {
        if let Some(at) = self.group.window().offset_of(word) {
            self.record(at, word.get())?;
        }
        word.write(value);
        Ok(())
    }

    fn record(&self, at: Offset<Guarded>, old: u64) -> Result<(), JournalFull> {
        let len = self.lock.len.own();
        let entry =
            usize::try_from(len).ok().and_then(|i| self.lock.entries.get(i)).ok_or(JournalFull)?;
        entry.at.set(at.get());
        entry.old.set(old);
        // Pairs with the `observe` in `undo`: whoever counts the entry sees what it says.
        self.lock.len.publish(len + 1);
        Ok(())
    }

    /// Lets every change so far stand, and goes on with the lock in hand: what comes after is undone
    /// alone.
    pub(crate) fn keep(&self) {
        self.lock.len.publish(0);
    }

    /// Lets every change stand and releases the lock.
    pub fn commit(mut self) {
        self.done = true;
        self.lock.len.publish(0);
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.done {
            undo(&self.group, self.lock);
        }
        make_even(self.lock);
        // Pairs with the `swap_if` in `begin`: the next owner sees all of this one's writes.
        self.lock.owner.publish(0);
    }
}

/// Replays the journal backwards. May be killed anywhere and started again: the entries
/// stand until the last is undone, and undoing one twice is undoing it once.
pub(super) fn undo(group: &Group, lock: &'static RobustLock) {
    // Pairs with the `publish` in `record`.
    let len = usize::try_from(lock.len.observe()).unwrap_or(usize::MAX).min(JOURNAL_ENTRIES);
    for entry in lock.entries.iter().take(len).rev() {
        if let Some(word) = group.window().resolve(Offset::<Guarded>::new(entry.at.get())) {
            word.write(entry.old.get());
        }
    }
    lock.len.publish(0);
}

/// Tells readers without the lock that nothing changes now.
pub(super) fn make_even(lock: &RobustLock) {
    let version = lock.version.own();
    lock.version.publish(version.wrapping_add(version & 1));
}
