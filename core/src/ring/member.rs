//! Who works on a ring, and how it waits for others: spin, ask whether they live, give way, and
//! at last give up.

use super::held::Held;
use crate::group::{Group, ProcessId};
use crate::sync::relax;

/// How often a waiter looks before it asks about the one it waits for.
#[cfg(not(any(loom, test)))]
const SPINS: u32 = 1000;
#[cfg(test)]
const SPINS: u32 = 50;
#[cfg(all(loom, not(test)))]
const SPINS: u32 = 1;

/// Nanoseconds that a call waits for living processes in the middle of others: for all of them
/// together, if they come one after the other.
pub const PATIENCE_NS: u64 = 80_000_000;

/// Turns that a hurried call waits, before it asks whether who is in its way lives: some 50 us.
const HURRIED_SPINS: u32 = if cfg!(loom) { 1 } else { 50 };

/// The tag of who is dead in a model.
#[cfg(loom)]
pub const DEAD_IN_MODEL: u16 = 0x7fff;

/// The member of the group that a handle works for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// `None` only in a model, which has no group.
    group: Option<Group>,
    tag: u16,
    /// Turns before it asks about who is in its way.
    spins: u32,
    /// Nanoseconds that it waits for who lives.
    patience_ns: u64,
}

impl Member {
    pub(super) fn of(group: &Group) -> Self {
        let (group, tag) = (Some(*group), group.me().tag());
        Self { group, tag, spins: SPINS, patience_ns: PATIENCE_NS }
    }

    /// The same, waiting for nobody who lives and does not finish at once.
    pub(super) fn hurried(self) -> Self {
        Self { spins: HURRIED_SPINS, patience_ns: 0, ..self }
    }

    /// A member of nothing, for a model checker.
    #[cfg(loom)]
    pub(super) fn model(tag: u16) -> Self {
        Self { group: None, tag, spins: SPINS, patience_ns: PATIENCE_NS }
    }

    /// What stands for it in a word: never 0.
    #[inline(always)]
    pub(super) fn tag(&self) -> u16 {
        self.tag
    }

    pub(super) fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// The process that has the slot in `tag` now, if there is such a slot.
    fn tenant(&self, tag: u16) -> Option<ProcessId> {
        let slot = (tag >> 9).wrapping_sub(1);
        let entry = self.group?.region().processes.get(usize::from(slot))?;
        Some(ProcessId::new(slot, (entry.word.observe() >> 32) as u32))
    }

    /// Whether the process that `tag` stands for is dead, or was never there. One system call
    /// if the table says that it is there.
    pub(super) fn is_gone(&self, tag: u16) -> bool {
        let Some(group) = &self.group else { return is_dead_in_model(tag) };
        group.is_tag_gone(tag)
    }

    /// That the process of `tag` holds an end up.
    #[cold]
    pub(super) fn held_by(&self, tag: u16) -> Held {
        let by = self.tenant(tag).unwrap_or(ProcessId::OBSERVER);
        Held { by, pid: self.group.map_or(0, |group| group.pid_of(by)) }
    }
}

#[cfg(loom)]
fn is_dead_in_model(tag: u16) -> bool {
    tag == DEAD_IN_MODEL || tag == super::rts::FROZEN
}

#[cfg(not(loom))]
fn is_dead_in_model(_: u16) -> bool {
    false
}

/// Turns of a wait loop that a loser steps aside for: some 0.5 us.
const ASIDE: u32 = if cfg!(loom) { 0 } else { 32 };

/// Steps aside after a lost race for a word.
///
/// Who loses has also taken the word's line from the winner, who wants it at once for its next
/// operation. Letting the winner run for a moment makes two processes at one end 3 to 10
/// times as fast as if each fought on.
#[cold]
#[inline(never)]
pub(super) fn step_aside() {
    for _ in 0..ASIDE {
        relax();
    }
}

/// What a turn of a wait came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Look again.
    Again,
    /// Who is in the way is dead.
    Gone,
    /// Whoever is in the way lives, and the waiter has waited [`PATIENCE_NS`], or is hurried.
    Enough,
}

/// One wait: bounded spins, then looks at who is in the way, and at the clock.
#[derive(Debug, Default)]
pub(super) struct Wait {
    spins: u32,
    /// When patience is over; 0 before the first look at the clock.
    until_ns: u64,
}

impl Wait {
    /// Lets a moment pass. `holder`: the tag of who is in the way, 0 for unknown.
    ///
    /// No system call in the first thousand turns; then three every thousand. Of who is hurried: none in
    /// the first fifty; then one.
    #[inline]
    pub(super) fn turn(&mut self, member: &Member, holder: u16) -> Turn {
        relax();
        self.spins += 1;
        if self.spins < member.spins { Turn::Again } else { self.ask(member, holder) }
    }

    #[cold]
    fn ask(&mut self, member: &Member, holder: u16) -> Turn {
        self.spins = 0;
        if holder != 0 && member.is_gone(holder) {
            return Turn::Gone;
        }
        let Some(group) = member.group() else { return Turn::Again };
        if member.patience_ns == 0 {
            return Turn::Enough;
        }
        group.platform().give_way();
        let now = group.platform().now_ns();
        if self.until_ns == 0 {
            self.until_ns = now.saturating_add(member.patience_ns);
        }
        if now < self.until_ns { Turn::Again } else { Turn::Enough }
    }
}
