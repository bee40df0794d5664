//! Taking the lock: spin a little, then ask whether the owner lives, then give way.

use core::fmt;

use super::{RobustLock, Transaction};
use crate::group::{Group, ProcessId};
use crate::log::Told;
use crate::recovery::Fenced;
use crate::sync::relax;

/// How often a waiter looks at the word before it asks about the owner.
const SPINS: u32 = 200;

/// How long a waiter waits for a living owner: it may be stopped, and nobody may wait for
/// ever (W-14).
const PATIENCE_NS: u64 = 5_000_000_000;

/// Why the group's lock was not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockError {
    /// Who asked only observes the group: its memory may be read-only, and it has no slot to
    /// sign the lock with.
    Observer,
    /// This process has lost its slot.
    Fenced(Fenced),
    /// A living process has held it longer than anyone should.
    Held {
        /// Who.
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
        }
    }
}

impl core::error::Error for LockError {}

impl RobustLock {
    /// Takes the lock and opens a transaction; a dead owner's half-done one is undone first.
    ///
    /// Waits for one turn of a living owner at most 5 s, however many turns come first. No system call unless it waits longer than a
    /// spin. Not recursive: a second call on one thread waits its time and is refused. An
    /// observer, and a process that has lost its slot, are refused at once.
    pub fn begin(&'static self, group: &Group) -> Result<Transaction, LockError> {
        let me = group.me();
        if me == ProcessId::OBSERVER {
            return Err(LockError::Observer);
        }
        group.check_member().map_err(LockError::Fenced)?;
        let mut turn = None;
        let mut deadline = None;
        let mut owner = self.owner.peek();
        loop {
            if owner == 0 {
                match self.owner.swap_if(0, me.pack()) {
                    Ok(_) => return Ok(Transaction::open(*group, self)),
                    Err(found) => owner = found,
                }
                continue;
            }
            for _ in 0..SPINS {
                owner = self.owner.peek();
                if owner == 0 {
                    break;
                }
                relax();
            }
            if owner == 0 {
                continue;
            }
            let Some(by) = ProcessId::unpack(owner) else {
                owner = self.take_over(group, owner)?;
                continue;
            };
            if !group.is_alive(by) {
                owner = self.take_over(group, owner)?;
                continue;
            }
            // The holder's time is counted, not the queue's.
            let seen = (owner, self.version.observe());
            if turn.replace(seen) != Some(seen) {
                deadline = None;
            }
            let now = group.platform().now_ns();
            if now > *deadline.get_or_insert(now.saturating_add(PATIENCE_NS)) {
                return Err(LockError::Held { by, pid: group.pid_of(by) });
            }
            group.platform().give_way();
            owner = self.owner.peek();
        }
    }

    /// Makes the lock free if `dead` holds it, its transaction undone. Says whether it did.
    pub(crate) fn settle(&'static self, group: &Group, dead: ProcessId) -> bool {
        self.owner.observe() == dead.pack() && matches!(self.take_over(group, dead.pack()), Ok(0))
    }

    /// Makes a dead owner's lock free, its transaction undone. Returns the word that now stands.
    fn take_over(&'static self, group: &Group, dead: u64) -> Result<u64, LockError> {
        match self.owner.swap_if(dead, group.me().pack()) {
            Ok(_) => {
                self.takeovers.count(1);
                self.repair(group);
                self.owner.publish(0);
                let slot = ProcessId::unpack(dead).map_or(u16::MAX, ProcessId::slot);
                group.platform().tell(Told::LockTakenOver { slot });
                Ok(0)
            }
            Err(found) => Ok(found),
        }
    }

    /// Undoes what the journal holds. The caller owns the lock.
    pub(super) fn repair(&'static self, group: &Group) {
        super::transaction::undo(group, self);
        super::transaction::make_even(self);
    }
}
