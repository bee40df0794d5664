//! Taking the lock: spin a little, then ask whether the owner lives, then give way.

use core::fmt;

use super::{RobustLock, Transaction};
use crate::group::{Group, ProcessId};
use crate::log::Told;
use crate::recovery::Fenced;
use crate::sync::relax;

/// How often a waiter looks at the word before it asks about the owner.
const SPINS: u32 = 200;

/// How long a waiter waits, counted from its first look: an owner that lives may be stopped, or
/// others may be faster time after time, and nobody may wait for ever (W-14).
const PATIENCE_NS: u64 = 5_000_000_000;

/// How many races for a free lock may be lost before a waiter looks at the clock.
const RACES: u32 = 16;

/// Who had the lock at a look, and the odd version that its change has, or is about to: one turn of one
/// owner.
type Turn = (ProcessId, u64);

/// Why the group's lock was not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockError {
    /// Who asked only observes the group: its memory may be read-only, and it has no slot to
    /// sign the lock with.
    Observer,
    /// This process has lost its slot.
    Fenced(Fenced),
    /// A living process has held it longer than anyone should: for all the time of the wait.
    Held {
        /// Who.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
    /// It went from hand to hand for all the time of the wait.
    Busy {
        /// Who had it in the end.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "the group's lock was asked for by an observer, which may only look; join the group as a secondary",
            ),
            Self::Fenced(error) => error.fmt(f),
            Self::Held { by, pid } => write!(
                f,
                "the group's lock was asked for and is held by slot {} (pid {pid}), which lives but has not let go \
                 for {} s; if that process is stopped, let it go on (kill -CONT {pid})",
                by.slot(),
                PATIENCE_NS / 1_000_000_000
            ),
            Self::Busy { by, pid } => write!(
                f,
                "the group's lock was asked for and was not had in {} s, in which others took it in turn, slot {} \
                 (pid {pid}) last; try again, and if that process is stopped, let it go on (kill -CONT {pid})",
                PATIENCE_NS / 1_000_000_000,
                by.slot()
            ),
        }
    }
}

impl core::error::Error for LockError {}

impl RobustLock {
    /// Takes the lock and opens a transaction; a dead owner's half-done one is undone first.
    ///
    /// Waits at most 5 s in all, be it for one owner or for many, and then names who has it. No
    /// system call unless it waits longer than a spin. Not recursive: a second call on one thread
    /// waits its time and is refused. An observer, and a process that has lost its slot, are refused
    /// at once.
    pub fn begin(&'static self, group: &Group) -> Result<Transaction, LockError> {
        let me = group.me();
        if me == ProcessId::OBSERVER {
            return Err(LockError::Observer);
        }
        group.check_member().map_err(LockError::Fenced)?;
        let (mut wait, mut lost) = (None, 0u32);
        loop {
            let mut owner = self.look();
            if owner == 0 {
                match self.owner.swap_if(0, me.pack()) {
                    Ok(_) => return Ok(Transaction::open(*group, self)),
                    Err(found) => owner = found,
                }
                lost += 1;
                if !lost.is_multiple_of(RACES) {
                    continue;
                }
            }
            match ProcessId::unpack(owner).filter(|by| group.is_alive(*by)) {
                Some(by) => self.wait_for(group, by, &mut wait)?,
                // A failed swap means that somebody else has seen to it.
                None => _ = self.take_over(group, owner),
            }
        }
    }

    /// Who has the lock, after a moment; 0 if nobody has.
    fn look(&self) -> u64 {
        for _ in 0..SPINS {
            if self.owner.peek() == 0 {
                return 0;
            }
            relax();
        }
        self.owner.peek()
    }

    /// Lets `by`, which lives and has the lock, run; or ends the wait. `wait` is the turn of the
    /// first look, and when the wait is over.
    fn wait_for(
        &self,
        group: &Group,
        by: ProcessId,
        wait: &mut Option<(Turn, u64)>,
    ) -> Result<(), LockError> {
        let turn = (by, self.version.observe() | 1);
        let now = group.platform().now_ns();
        let (first, end) = *wait.get_or_insert((turn, now.saturating_add(PATIENCE_NS)));
        if now <= end {
            group.platform().give_way();
            return Ok(());
        }
        let pid = group.pid_of(by);
        Err(if turn == first { LockError::Held { by, pid } } else { LockError::Busy { by, pid } })
    }

    /// Makes the lock free if `dead` holds it, its transaction undone. Says whether it did.
    pub(crate) fn settle(&'static self, group: &Group, dead: ProcessId) -> bool {
        self.owner.observe() == dead.pack() && self.take_over(group, dead.pack())
    }

    /// Makes a dead owner's lock free, its transaction undone. Says whether it did.
    fn take_over(&'static self, group: &Group, dead: u64) -> bool {
        let is_mine = self.owner.swap_if(dead, group.me().pack()).is_ok();
        if is_mine {
            self.takeovers.count(1);
            self.repair(group);
            self.owner.publish(0);
            let slot = ProcessId::unpack(dead).map_or(u16::MAX, ProcessId::slot);
            group.platform().tell(Told::LockTakenOver { slot });
        }
        is_mine
    }

    /// Undoes what the journal holds. The caller owns the lock.
    pub(super) fn repair(&'static self, group: &Group) {
        super::transaction::undo(group, self);
        super::transaction::make_even(self);
    }
}
