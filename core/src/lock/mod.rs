//! The one robust lock of shared memory, and the transactions under it.
//!
//! Directory, memzones, heaps and memseg lists change under this lock and no other, and only
//! through its journal: before a word is written, where it lies and what it held are written
//! down. So there is one repair to prove, not ten: whoever finds the owner dead takes the
//! lock over, replays the journal backwards, and goes on. The hot paths (rings, pools,
//! caches) never come here.
//!
//! A transaction that is dropped without [`Transaction::commit`] is undone in the same way:
//! an error half-way through an operation leaves shared memory as it was.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | the owner word names the caller | lock held by the dead, journal empty | next to lock | nothing |
//! | the version is odd | as above, observers retry | next to lock makes it even | nothing |
//! | an entry is written, not counted | as above; the entry is not looked at | – | nothing |
//! | the entry is counted | undoing it writes the value that stands there | next to lock | nothing |
//! | the guarded word is written | the word is new, the entry old | next to lock restores it | the uncommitted change |
//! | the journal is emptied (commit) | the change stands; lock held by the dead | next to lock | nothing |
//! | the version is even again | as above | next to lock | nothing |
//! | any step of a repair | entries stand until all are undone; undoing twice is undoing once | next to lock | nothing |
//!
//! Answers W-9, W-14, W-42, W-67: the owner is recorded, nothing waits for a message while
//! it is held, and there is no second kind of shared lock to take in another order.

mod layout;
mod robust;
#[cfg(test)]
mod tests;
mod transaction;

pub use layout::{JOURNAL_ENTRIES, JournalEntry, RobustLock};
pub use robust::LockError;
pub use transaction::{JournalFull, Transaction};
