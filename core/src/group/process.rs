//! The process table's words: who a process is, in which role, how far it has come.

use core::fmt;

use super::layout::PROCESSES_MAX;
use crate::name::Name;

/// A process of the group: its slot, and which tenant of the slot it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessId {
    slot: u16,
    generation: u32,
}

impl ProcessId {
    /// Who only looks: no slot, no claims.
    pub const OBSERVER: Self = Self { slot: u16::MAX, generation: 0 };

    /// The process of `generation` in `slot` (0..64).
    pub const fn new(slot: u16, generation: u32) -> Self {
        Self { slot, generation }
    }

    /// Its slot in the process table, 0..64.
    pub const fn slot(self) -> u16 {
        self.slot
    }

    /// Which tenant of the slot it is, from 1.
    pub const fn generation(self) -> u32 {
        self.generation
    }

    /// As one word that is never 0 for a member: `(slot + 1) << 32 | generation`.
    pub const fn pack(self) -> u64 {
        (self.slot.wrapping_add(1) as u64) << 32 | self.generation as u64
    }

    /// What a packed word says; `None` for 0 and for words that no member writes.
    pub const fn unpack(word: u64) -> Option<Self> {
        let slot = word >> 32;
        if slot == 0 || slot > PROCESSES_MAX as u64 {
            return None;
        }
        Some(Self { slot: slot as u16 - 1, generation: word as u32 })
    }

    /// Sixteen bits that are never 0 for a member and tell a slot's next 511 tenants apart:
    /// what fits beside a position in one word of a ring.
    pub const fn tag(self) -> u16 {
        (self.slot.wrapping_add(1) & 0x7f) << 9 | (self.generation & 0x1ff) as u16
    }
}

impl fmt::Debug for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {} generation {}", self.slot, self.generation)
    }
}

/// What a process is in the group.
#[doc(alias = "rte_proc_type_t")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Set the group up, or took that role over.
    Primary,
    /// Joined it.
    Secondary,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        })
    }
}

/// How far a process has come.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// Nobody is there.
    Free,
    /// It has the slot and starts up.
    Joining,
    /// It is a member.
    Live,
}

impl ProcessState {
    pub(crate) const fn from_word(word: u64) -> Self {
        match word as u32 {
            1 => Self::Joining,
            2 => Self::Live,
            _ => Self::Free,
        }
    }

    pub(super) const fn word(self, generation: u32) -> u64 {
        (generation as u64) << 32 | self as u64
    }
}

/// What a process says of itself when it enters.
#[derive(Clone, Copy, Debug)]
pub struct ProcessInfo<'a> {
    /// Its process id.
    pub pid: u32,
    /// Its role.
    pub role: Role,
    /// The program's name.
    pub name: Name,
    /// Its command line; what fits of it (127 bytes) is kept.
    pub command: &'a str,
}

/// What the table says of one process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessFacts {
    /// Who.
    pub id: ProcessId,
    /// How far it has come.
    pub state: ProcessState,
    /// Its process id.
    pub pid: u32,
    /// Its role.
    pub role: Role,
    /// The platform's clock when it joined.
    pub joined_ns: u64,
    /// The program's name.
    pub name: Name,
    /// The beginning of its command line.
    pub command: Command,
}

/// The first 127 bytes of a command line, as the process table has them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Command(pub(super) [u64; 16]);

impl Command {
    /// Of a process that has left meanwhile.
    pub const UNKNOWN: Self = Self([0; 16]);
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.iter().flat_map(|word| word.to_le_bytes()).take_while(|b| *b != 0) {
            fmt::Write::write_char(
                f,
                if (b' '..=b'~').contains(&byte) { char::from(byte) } else { '?' },
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
<<<<<<< ours

/// The state of an entry whose fields are being written: for readers nobody is there yet.
const ENTERING: u64 = 3;

impl ProcessEntry {
    fn generation(word: u64) -> u32 {
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
        let entry = self.processes.get(usize::from(who.slot));
        entry.is_some_and(|entry| entry.is_told.observe() != 0)
    }

    /// Notes that the log of events says that `who` has died. The caller reaps it, so that its slot
    /// has no other tenant.
    pub(crate) fn set_told(&self, who: ProcessId) {
        if let Some(entry) = self.processes.get(usize::from(who.slot)) {
            entry.is_told.publish(1);
        }
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
        let entry = self.processes.get(usize::from(who.slot));
        entry.is_some_and(|entry| is_tenant(entry.word.observe(), who))
    }

    /// Makes the entry of `who` free, if it is still the one that stands there.
    pub(crate) fn clear(&self, who: ProcessId) {
        if let Some(entry) = self.processes.get(usize::from(who.slot)) {
            let word = entry.word.observe();
            if ProcessEntry::generation(word) == who.generation {
                // A failed swap means that the slot has a new tenant: nothing to clear.
                let _ = entry.word.swap_if(word, ProcessState::Free.word(who.generation));
            }
        }
    }
}

fn publish_words(to: &[Published64], from: impl IntoIterator<Item = u64>) {
    for (to, from) in to.iter().zip(from) {
        to.publish(from);
    }
}

impl Group {
    /// Whether this is a view from outside: no slot, no claim, and memory that may be read-only.
    pub fn is_observer(&self) -> bool {
        self.me() == ProcessId::OBSERVER
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
        let Some(entry) = self.region().processes.get(usize::from(who.slot)) else { return false };
        is_tenant(entry.word.observe(), who) && self.platform().is_alive(who.slot)
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
        let Some(entry) = self.region().processes.get(usize::from(who.slot)) else { return false };
        let word = entry.word.observe();
        ProcessEntry::generation(word) == who.generation
            && ProcessState::from_word(word) != ProcessState::Free
    }

    /// The process id of `who`; 0 if it is gone.
    pub fn pid_of(&self, who: ProcessId) -> u32 {
        self.region().process(who.slot).filter(|p| p.id == who).map_or(0, |p| p.pid)
    }

    /// The process id of `who`, also after it has left, until its slot has another tenant; else 0.
    /// For what it did while it was here: whether it lives, [`is_alive`](Self::is_alive) says.
    pub fn last_pid_of(&self, who: ProcessId) -> u32 {
        let Some(entry) = self.region().processes.get(usize::from(who.slot)) else { return 0 };
        let is_same = || ProcessEntry::generation(entry.word.observe()) == who.generation;
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
=======
>>>>>>> theirs
