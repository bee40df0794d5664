//! How a process ended, told by whoever knows.
//!
//! The kernel tells only some how a process ended: its parent, and who had hold of it in time. So
//! whoever knows writes it into the dead one's entry of the process table, before it is reaped or
//! after, and whoever tells of the death reads it there. It stays until the end of a later tenant of
//! the slot is known. It is for showing: nothing is decided by it.
//!
//! # Crash points
//!
//! One swap of one word, so there is none: it is known or not.

use super::layout::ProcessEntry;
use super::{Group, ProcessId};

/// The bit that tells an end from none.
const IS_KNOWN: u64 = 1 << 31;

impl Group {
    /// Notes that `who`, which is dead, ended so: 16 bits that the platform gives a meaning. What is
    /// known already, or is about an earlier tenant than one known, stays as it is. `false` then,
    /// and if nobody was told. An observer notes nothing.
    pub fn note_end(&self, who: ProcessId, end: u16) -> bool {
        let Some(entry) = self.entry_of(who).filter(|_| !self.is_observer()) else { return false };
        let new = u64::from(who.generation()) << 32 | IS_KNOWN | u64::from(end);
        let mut found = entry.ended.observe();
        loop {
            let age = ((found >> 32) as u32).wrapping_sub(who.generation()).cast_signed();
            if found != 0 && age >= 0 {
                return false;
            }
            match entry.ended.swap_if(found, new) {
                Ok(_) => return true,
                Err(now) => found = now,
            }
        }
    }

    /// How `who` ended, if somebody has noted it, and no later tenant of its slot has ended since.
    /// No system call.
    pub fn end_of(&self, who: ProcessId) -> Option<u16> {
        let word = self.entry_of(who)?.ended.observe();
        let is_its = (word >> 32) as u32 == who.generation() && word & IS_KNOWN != 0;
        is_its.then_some(word as u16)
    }

    fn entry_of(&self, who: ProcessId) -> Option<&'static ProcessEntry> {
        self.region().processes.get(usize::from(who.slot()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;

    #[test]
    fn an_end_is_known_to_all_and_stays_what_it_was_first_said_to_be() {
        let (group, platform) = fake::group();
        let who = fake::join(group.window(), 1, platform).me();
        assert_eq!(group.end_of(who), None);
        assert!(group.note_end(who, 0) && !group.note_end(who, 9));
        let observer = fake::observe(group.window(), platform);
        assert_eq!(observer.end_of(who), Some(0));
        assert!(!observer.note_end(ProcessId::new(2, 1), 9));
    }

    #[test]
    fn an_end_is_its_own_tenants_and_outlives_its_slot_until_the_next_end() {
        let (group, platform) = fake::group();
        let first = fake::join(group.window(), 1, platform).me();
        assert!(group.note_end(first, 9));
        let second = fake::join(group.window(), 1, platform).me();
        assert_eq!((group.end_of(first), group.end_of(second)), (Some(9), None));
        assert!(group.note_end(second, 256) && !group.note_end(first, 7));
        assert_eq!((group.end_of(first), group.end_of(second)), (None, Some(256)));
    }

    #[test]
    fn nobody_ends_in_a_slot_that_is_none() {
        let (group, _) = fake::group();
        assert!(!group.note_end(ProcessId::OBSERVER, 9));
        assert_eq!(group.end_of(ProcessId::OBSERVER), None);
    }
}
