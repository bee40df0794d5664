//! A process as a member of its group: its own standing, and what it knows of the others'.

#![expect(unsafe_code, reason = "who leaves promises that nothing acts for it any more")]

use super::layout::{PROCESSES_MAX, ProcessEntry};
use super::process::{ProcessId, ProcessState, Role};
use super::{Group, Phase};
use crate::recovery::{self, EventKind, is_tenant};

impl Group {
    /// Whether this is a view from outside: no slot, no claim, and memory that may be read-only.
    pub fn is_observer(&self) -> bool {
        self.me() == ProcessId::OBSERVER
    }

    /// Ticks of the time stamp counter a second, the same for all processes; `None` while nobody has found
    /// out. What a peer wrote: any number but 0. Answers TI-2.
    #[doc(alias = "rte_get_tsc_hz")]
    pub fn tsc_hz(&self) -> Option<u64> {
        Some(self.region().header.tsc_hz.observe()).filter(|hz| *hz != 0)
    }

    /// Says how many ticks the time stamp counter makes a second, unless somebody has said so before.
    /// Returns what holds for the group now. An observer may not call it: its memory may be read-only.
    pub fn settle_tsc_hz(&self, hz: u64) -> u64 {
        match self.region().header.tsc_hz.swap_if(0, hz) {
            Ok(_) => hz,
            Err(before) => before,
        }
    }

    /// Says that this process is up: from now on it counts as a member. Nothing, of an observer
    /// (it has no entry) or of a process that has lost its slot. Noted as an event.
    pub fn become_live(&self) {
        let Some(entry) = self.region().processes.get(usize::from(self.me().slot())) else {
            return;
        };
        let word = |state: ProcessState| state.word(self.me().generation());
        if entry.word.swap_if(word(ProcessState::Joining), word(ProcessState::Live)).is_ok() {
            recovery::note_own(self, EventKind::Joined);
        }
    }

    /// Notes that this process now has `role`; whoever may take it is the platform's business.
    /// Nothing, of an observer or of a process that has lost its slot. Noted as an event.
    pub fn set_role(&self, role: Role) {
        let entry = self.region().processes.get(usize::from(self.me().slot()));
        if let Some(entry) = entry.filter(|_| self.is_member()) {
            entry.role.publish(role as u32);
            recovery::note_own(self, EventKind::RoleChanged);
        }
    }

    /// Gives back all that this process holds (objects and caches of recoverable pools, claims,
    /// lcores), and its entry. The caller lets the liveness lock go after.
    ///
    /// Waits for a process that reaps another 1 s at most. What cannot be given back now stays
    /// under this process's name, with its entry, and is reaped once the liveness lock is gone.
    ///
    /// # Safety
    ///
    /// Nothing in this process uses what it holds as a member any more: an [`Lcore`](super::Lcore),
    /// a transaction, an end of a ring. Others may claim these from now on.
    pub unsafe fn leave(&self) {
        recovery::leave(self);
    }

    /// Whether `who` is still in the group: its slot has no later tenant, and the kernel says
    /// that it lives. One system call, unless the table already says no.
    pub fn is_alive(&self, who: ProcessId) -> bool {
        if who == self.me() {
            return true;
        }
        let Some(entry) = self.region().processes.get(usize::from(who.slot())) else {
            return false;
        };
        is_tenant(entry.word.observe(), who) && self.platform().is_alive(who.slot())
    }

    /// The tenant that `slot` has now or had last, living or not; `None` if there is no such slot
    /// or nobody was ever there.
    pub fn tenant(&self, slot: u16) -> Option<ProcessId> {
        let entry = self.region().processes.get(usize::from(slot))?;
        let generation = ProcessEntry::generation(entry.word.observe());
        (generation != 0).then_some(ProcessId::new(slot, generation))
    }

    /// Whether the process that [`tag`](ProcessId::tag) stands for is dead, or was never there.
    /// One system call if the table says that it is there.
    pub(crate) fn is_tag_gone(&self, tag: u16) -> bool {
        let tenant = self.tenant((tag >> 9).wrapping_sub(1));
        tenant.is_none_or(|tenant| tenant.tag() != tag || !self.is_alive(tenant))
    }

    /// Whether the table has `who` as a process of the group, living or not swept yet. No system
    /// call.
    pub fn is_listed(&self, who: ProcessId) -> bool {
        let Some(entry) = self.region().processes.get(usize::from(who.slot())) else {
            return false;
        };
        let word = entry.word.observe();
        ProcessEntry::generation(word) == who.generation()
            && ProcessState::from_word(word) != ProcessState::Free
    }

    /// The process id of `who`; 0 if it is gone.
    pub fn pid_of(&self, who: ProcessId) -> u32 {
        self.region().process(who.slot()).filter(|p| p.id == who).map_or(0, |p| p.pid)
    }

    /// The process id of `who`, also after it has left, until its slot has another tenant; else 0.
    /// For what it did while it was here: whether it lives, [`is_alive`](Self::is_alive) says.
    pub fn last_pid_of(&self, who: ProcessId) -> u32 {
        let Some(entry) = self.region().processes.get(usize::from(who.slot())) else { return 0 };
        let is_same = || ProcessEntry::generation(entry.word.observe()) == who.generation();
        // Pairs with the publications in `enter`, the word's first: the pid between two looks at
        // one generation is that one's, or (while it enters) nobody's that has sent anything.
        let pid = is_same().then(|| entry.pid.observe()).filter(|_| is_same());
        pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0)
    }

    /// Reaps every dead process there is ([`reap`](recovery::reap)). Returns how many; those that
    /// could not be reaped now stay in the table. Any member may call it, at any time, and again;
    /// an observer reaps nothing.
    pub fn sweep(&self) -> usize {
        core::iter::from_fn(|| recovery::reap(self).ok().flatten()).take(PROCESSES_MAX).count()
    }

    /// Whether whoever joins now may: the group is ready.
    pub fn is_open(&self) -> bool {
        self.phase() == Phase::Ready
    }
}
