//! The change word: it moves whenever the tables may say something new.
//!
//! Who wants to know reads it, looks at the tables, and sleeps until it moves (a platform can
//! sleep on it: Linux by a futex). So nobody asks in a loop, and nothing that happens between
//! the look and the sleep is missed.

use super::Group;
use super::layout::GroupRegion;
use crate::sync::Contested32;

impl GroupRegion {
    /// What the word says now. Look at the tables after it, and compare it before sleeping.
    pub fn changes(&self) -> u32 {
        self.header.changes.observe()
    }

    /// Moves the word; the platform wakes who sleeps on it. Whoever changes the tables calls this
    /// after the change. Killed before it, somebody's sleep lasts to its own end: nothing is lost.
    pub fn count_change(&self) {
        self.header.changes.add(1);
    }

    /// The word itself, for a platform that sleeps on it.
    pub fn change_word(&self) -> &Contested32 {
        &self.header.changes
    }
}

impl Group {
    /// As [`GroupRegion::changes`].
    pub fn changes(&self) -> u32 {
        self.region().changes()
    }
}
