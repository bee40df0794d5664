//! Who works on a ring, and how it waits for others: spin, ask whether they live, give way.

use crate::group::Group;
use crate::sync::relax;

/// How often a waiter looks before it asks about the one it waits for.
const SPINS: u32 = 1000;

/// The member of the group that a handle works for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// `None` only in a model, which has no group.
    group: Option<Group>,
    tag: u16,
}

impl Member {
    pub(super) fn of(group: &Group) -> Self {
        Self { group: Some(*group), tag: group.me().tag() }
    }

    /// A member of nothing, for a model checker.
    #[cfg(loom)]
    pub(super) fn model(tag: u16) -> Self {
        Self { group: None, tag }
    }

    /// What stands for it in a word: never 0.
    #[inline(always)]
    pub(super) fn tag(&self) -> u16 {
        self.tag
    }

    pub(super) fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// Whether the process that `tag` stands for is dead, or was never there. One system call
    /// if the table says that it is there.
    fn is_gone(&self, tag: u16) -> bool {
        self.group.is_some_and(|group| group.is_tag_gone(tag))
    }
}

/// Turns of a wait loop that a loser steps aside for: some 0.5 us.
const ASIDE: u32 = if cfg!(loom) { 1 } else { 32 };

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

/// One wait: bounded spins, then looks at who is in the way.
#[derive(Debug, Default)]
pub(super) struct Wait {
    spins: u32,
}

impl Wait {
    /// Lets a moment pass. `true` if `holder` (a tag; 0 for unknown) turns out to be dead.
    ///
    /// No system call in the first thousand turns; then two every thousand.
    #[inline]
    pub(super) fn turn(&mut self, member: &Member, holder: u16) -> bool {
        relax();
        self.spins += 1;
        self.spins >= SPINS && self.ask(member, holder)
    }

    #[cold]
    fn ask(&mut self, member: &Member, holder: u16) -> bool {
        self.spins = 0;
        if holder != 0 && member.is_gone(holder) {
            return true;
        }
        if let Some(group) = member.group() {
            group.platform().give_way();
        }
        false
    }
}
