//! A process's entry in the table: entering it, reading it while it changes, clearing it.

#![expect(unsafe_code, reason = "who enters promises that the slot is his")]

use super::layout::{GroupRegion, PROCESSES_MAX, ProcessEntry};
use super::process::{Command, ProcessFacts, ProcessId, ProcessInfo, ProcessState, Role};
use crate::name::Name;
use crate::recovery::is_tenant;
use crate::sync::{Published64, Word32};

/// The state of an entry whose fields are being written: for readers nobody is there yet.
const ENTERING: u64 = 3;

impl ProcessEntry {
    pub(super) fn generation(word: u64) -> u32 {
        (word >> 32) as u32
    }

    /// What the entry says, or `None` if it is free or changed while it was read.
    ///
    /// Every field is published: who sees a later tenant's field sees, in the second look at
    /// `word`, that this tenant has entered.
    fn read(&self, slot: u16) -> Option<ProcessFacts> {
        let word = self.word.observe();
        let state = ProcessState::from_word(word);
        if state == ProcessState::Free {
            return None;
        }
        let facts = ProcessFacts {
            id: ProcessId::new(slot, Self::generation(word)),
            state,
            pid: u32::try_from(self.pid.observe()).unwrap_or(0),
            role: if self.role.observe() == 0 { Role::Primary } else { Role::Secondary },
            joined_ns: self.joined_ns.observe(),
            name: Name::from_words(self.name.each_ref().map(Published64::observe)),
            command: Command(self.command.each_ref().map(Published64::observe)),
        };
        (self.word.observe() == word).then_some(facts)
    }
}

impl GroupRegion {
    /// Takes `slot` for a process that holds the slot's liveness lock; the entry says `Joining`.
    ///
    /// The lock is the claim, so the entry's last tenant is gone, whatever the entry says.
    /// Returns who the process now is. `None` if there is no such slot, or if its last tenant has
    /// not been reaped yet: then let the lock go and take another slot, for what the dead one held
    /// is found by its entry. Its generation is one more than the last tenant's, and never 0.
    ///
    /// # Safety
    ///
    /// This process holds the liveness lock of `slot`, and nothing in it acts as the slot's last
    /// tenant any more.
    pub unsafe fn enter(
        &self,
        slot: u16,
        info: &ProcessInfo<'_>,
        now_ns: u64,
    ) -> Option<ProcessId> {
        let entry = self.processes.get(usize::from(slot))?;
        let last = entry.word.observe();
        if ProcessState::from_word(last) != ProcessState::Free {
            return None;
        }
        let generation = ProcessEntry::generation(last).wrapping_add(1).max(1);
        // Pairs with the second `observe` in `read`: who sees a field below sees this.
        entry.word.publish(u64::from(generation) << 32 | ENTERING);
        entry.pid.publish(u64::from(info.pid));
        entry.role.publish(info.role as u32);
        entry.is_told.publish(0);
        entry.devices.publish(0);
        for sum in &entry.recovered {
            sum.set(0);
        }
        entry.joined_ns.publish(now_ns);
        publish_words(&entry.name, info.name.to_words());
        let mut command = [0u8; 128];
        for (to, from) in command.iter_mut().zip(info.command.bytes()).take(127) {
            *to = from;
        }
        let words = command.chunks_exact(8).map(|it| it.try_into().unwrap_or_default());
        publish_words(&entry.command, words.map(u64::from_le_bytes));
        // Pairs with the first `observe` in `read`: who sees this sees the fields.
        entry.word.publish(ProcessState::Joining.word(generation));
        Some(ProcessId::new(slot, generation))
    }

    /// The process in `slot`, if there is one.
    pub fn process(&self, slot: u16) -> Option<ProcessFacts> {
        self.processes.get(usize::from(slot))?.read(slot)
    }

    /// Every process in the table, living or not, by slot.
    pub fn processes(&self) -> impl Iterator<Item = ProcessFacts> + '_ {
        (0..PROCESSES_MAX as u16).filter_map(|slot| self.process(slot))
    }

    /// Whether the log of events says that `who` has died.
    pub(crate) fn is_told(&self, who: ProcessId) -> bool {
        let entry = self.processes.get(usize::from(who.slot()));
        entry.is_some_and(|entry| entry.is_told.observe() != 0)
    }

    /// Notes that the log of events says that `who` has died. The caller reaps it, so that its slot
    /// has no other tenant.
    pub(crate) fn set_told(&self, who: ProcessId) {
        if let Some(entry) = self.processes.get(usize::from(who.slot())) {
            entry.is_told.publish(1);
        }
    }

    /// What of `who`, which is dead, was put in order so far. Only its reaper writes there.
    pub(crate) fn recovered(&self, who: ProcessId) -> Option<&[Word32; 4]> {
        self.processes.get(usize::from(who.slot())).map(|entry| &entry.recovered)
    }

    /// Frees `slot` whoever is in it, without reaping.
    #[cfg(test)]
    pub(crate) fn forget_tenant(&self, slot: u16) {
        if let Some(facts) = self.process(slot) {
            self.clear(facts.id);
        }
    }

    /// Whether `who` has its slot.
    pub(crate) fn has_tenant(&self, who: ProcessId) -> bool {
        let entry = self.processes.get(usize::from(who.slot()));
        entry.is_some_and(|entry| is_tenant(entry.word.observe(), who))
    }

    /// Makes the entry of `who` free, if it is still the one that stands there.
    pub(crate) fn clear(&self, who: ProcessId) {
        if let Some(entry) = self.processes.get(usize::from(who.slot())) {
            let word = entry.word.observe();
            if ProcessEntry::generation(word) == who.generation() {
                // A failed swap means that the slot has a new tenant: nothing to clear.
                let _ = entry.word.swap_if(word, ProcessState::Free.word(who.generation()));
            }
        }
    }
}

fn publish_words(to: &[Published64], from: impl IntoIterator<Item = u64>) {
    for (to, from) in to.iter().zip(from) {
        to.publish(from);
    }
}
