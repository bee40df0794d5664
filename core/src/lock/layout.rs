//! The bytes of a robust lock and its journal.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested64, Published64, Word64};

/// How many words one transaction may change.
pub const JOURNAL_ENTRIES: usize = 1022;

/// One write that can be undone.
#[repr(C)]
#[derive(Debug, Default)]
pub struct JournalEntry {
    /// Where the word lies: bytes from the window's start. Writer: the lock's owner. Readers:
    /// whoever repairs.
    pub(crate) at: Word64,
    /// What it held before. Any value. Writer and readers as above.
    pub(crate) old: Word64,
}

layout!(JournalEntry, size 16, align 8 { 0 => at: Word64, 8 => old: Word64 });

/// The one kind of lock that shared memory has.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct RobustLock {
    /// Who holds it: a packed [`ProcessId`](crate::group::ProcessId), 0 for nobody. Writers:
    /// whoever takes, takes over, or (the owner) releases. Readers: whoever waits.
    pub(crate) owner: Contested64,
    /// How often a dead owner's lock was taken over. Writer: the new owner. Readers: audits.
    pub(crate) takeovers: Word64,
    /// Names the lock in errors: one of `lock::LockName`. Writer: formatting. Readers: all.
    pub(crate) which: Word64,
    /// Keeps waiters' reads of `owner` off the line that the owner writes.
    pub(crate) pad: Pad<104>,
    /// How many entries of the journal stand, 0..=1022. Writer: the owner. Readers: repair.
    pub(crate) len: Published64,
    /// Odd while a transaction is open; readers without the lock compare it before and after.
    /// Writer: the owner. Readers: observers.
    pub(crate) version: Published64,
    /// The entries, oldest first. Writer: the owner. Readers: repair.
    pub(crate) entries: [JournalEntry; JOURNAL_ENTRIES],
    /// Fills the line.
    pub(crate) pad_end: Pad<16>,
}

layout!(RobustLock, size 16512, align 128 {
    0 => owner: Contested64, 8 => takeovers: Word64, 16 => which: Word64, 24 => pad: Pad<104>,
    128 => len: Published64, 136 => version: Published64,
    144 => entries: [JournalEntry; JOURNAL_ENTRIES], 16496 => pad_end: Pad<16>,
});

shared_layout! {
    JournalEntry { Word64 },
    RobustLock { Contested64, Word64, Pad<104>, Published64, [JournalEntry; JOURNAL_ENTRIES], Pad<16> },
}
