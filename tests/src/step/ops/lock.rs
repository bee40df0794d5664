//! The group's lock: taken and let go. What is changed under it, the heap's and the directory's
//! operations try.

use phalanx_core::lock::LockError;

use super::membership::Guest;
use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

/// What is done between the marks.
#[derive(Clone, Copy, Debug)]
enum Act {
    Commit,
    Undo,
    /// The lock is another's, who is dead.
    TakeOver,
}

/// The slot of the one who died with the lock.
const DEAD: u16 = 51;

#[derive(Debug)]
struct LockOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    vec![
        Box::new(LockOp { name: "lock.lock-and-commit", act: Act::Commit }),
        Box::new(LockOp { name: "lock.lock-and-undo", act: Act::Undo }),
        Box::new(LockOp { name: "lock.take-over-from-the-dead", act: Act::TakeOver }),
    ]
}

impl Operation for LockOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, _: &Member<'_>) -> Outcome {
        Ok(())
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        if let Act::TakeOver = self.act {
            let guest = Guest::enter(member, DEAD)?;
            core::mem::forget(guest.group.begin().map_err(sentence)?);
            guest.die();
        }
        match self.act {
            Act::Commit | Act::TakeOver => {
                marks.around(|| member.group.begin().map(|held| held.commit()))
            }
            Act::Undo => marks.around(|| member.group.begin().map(drop)),
        }
        .map_err(sentence)
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        member.group.begin().map(|held| held.commit()).map_err(sentence)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        member.group.begin().map(drop).map_err(sentence)
    }
}

/// Whether the group's lock is held by process `pid`, and is said to be, within a bounded time.
pub fn is_held(member: &Member<'_>, pid: u32) -> Outcome {
    match member.group.begin() {
        Err(error @ LockError::Held { pid: held, .. }) => {
            same("who is said to have the lock", held, pid)?;
            same("the error names it", error.to_string().contains(&pid.to_string()), true)
        }
        other => Err(format!("the lock of a stopped process: {other:?}")),
    }
}
