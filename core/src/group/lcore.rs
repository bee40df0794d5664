//! The lcore table: every logical core is claimed by one process, for as long as it lives.
//!
//! Mempool caches and all other per-lcore state hang on the claim, not on a CPU number, so two
//! processes cannot share a cache by mistake (LC-10, W-12: the reference corrupts the cache).

use core::fmt;

use super::layout::{LCORES_MAX, LcoreEntry};
use super::process::{Command, ProcessId};
use super::{CpuSet, Group};
use crate::name::Name;
use crate::recovery::{self, Fenced, ReapError};

/// How long a claimer waits for an lcore that who reaps may have borrowed.
const BORROWED_NS: u64 = 100_000_000;

/// What an lcore is for.
#[doc(alias = "rte_lcore_role_t")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LcoreRole {
    /// Named at start, with a thread of its own (or the main thread).
    Eal,
    /// Taken by a thread that registered itself.
    NonEal,
}

/// What the table says of one claimed lcore.
#[derive(Clone, Copy, Debug)]
pub struct LcoreInfo {
    /// Its id, 0..256.
    pub id: u16,
    /// Who holds it.
    pub owner: ProcessId,
    /// What it is for.
    pub role: LcoreRole,
    /// The NUMA node of its first CPU.
    pub node: u32,
    /// The CPUs it may run on.
    pub cpus: CpuSet,
}

/// A claimed lcore: who holds this value may use what hangs on the lcore (caches). It moves
/// between threads, but two threads never use one at a time.
#[derive(Debug)]
pub struct Lcore {
    group: Group,
    id: u16,
    // Makes it `Send` and not `Sync`: one thread at a time.
    _one_thread: core::marker::PhantomData<core::cell::Cell<()>>,
}

impl Lcore {
    /// Its id, 0..256.
    pub fn id(&self) -> u16 {
        self.id
    }

    /// The NUMA node of its first CPU.
    #[doc(alias = "rte_lcore_to_socket_id")]
    pub fn node(&self) -> u32 {
        let entry = self.group.region().lcores.get(usize::from(self.id));
        entry.map_or(0, |entry| entry.node.get())
    }

    /// The group it belongs to.
    pub fn group(&self) -> &Group {
        &self.group
    }
}

impl Drop for Lcore {
    fn drop(&mut self) {
        if let Some(entry) = self.group.region().lcores.get(usize::from(self.id)) {
            // A failed swap means that it was taken over after this process was taken for dead.
            let _ = entry.owner.swap_if(self.group.me().pack(), 0);
        }
    }
}

/// Why an lcore was not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LcoreError {
    /// A living process has it.
    Held {
        /// The lcore asked for.
        lcore: u16,
        /// Who has it.
        by: ProcessId,
        /// Its process id.
        pid: u32,
        /// Its program's name.
        name: Name,
        /// The beginning of its command line.
        command: Command,
    },
    /// Ids go from 0 to 255.
    NoSuchLcore {
        /// The lcore asked for.
        lcore: u16,
    },
    /// Every lcore id is taken.
    NoneLeft,
    /// Its owner is dead, and what it held could not be put in order.
    Unreaped {
        /// The lcore asked for.
        lcore: u16,
        /// Why.
        error: ReapError,
    },
    /// This process has lost its slot.
    Fenced(Fenced),
    /// Who asked only observes the group: its memory may be read-only, and it has no name to
    /// claim with.
    Observer,
}

impl fmt::Display for LcoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { lcore, by, pid, name, command } => write!(
                f,
                "lcore {lcore} was asked for and is held by {name} (pid {pid}, slot {}, `{command}`); \
                 choose another with -l or --lcores, e.g. --lcores '{}@(0)'",
                by.slot(),
                (lcore + 1) % LCORES_MAX as u16
            ),
            Self::NoSuchLcore { lcore } => {
                write!(
                    f,
                    "lcore {lcore} was asked for, ids go from 0 to {}; map it to a lower id: --lcores 0@{lcore}",
                    LCORES_MAX - 1
                )
            }
            Self::Observer => f.write_str(
                "an lcore was asked for by an observer, which may only look; join the group as a secondary",
            ),
            Self::Unreaped { lcore, error } => {
                write!(f, "lcore {lcore} was asked for, whose last owner is dead and not reaped: {error}")
            }
            Self::Fenced(error) => error.fmt(f),
            Self::NoneLeft => write!(
                f,
                "a free lcore was asked for and all {LCORES_MAX} are claimed; stop a process or a thread"
            ),
        }
    }
}

impl core::error::Error for LcoreError {}

impl Group {
    /// Claims lcore `id` for this process; a dead owner is reaped first, for what lies in the
    /// lcore's caches is found by the claim.
    ///
    /// Errors: [`LcoreError::Held`] names the living owner, this process included; an observer, and
    /// a process that has lost its slot, are refused. Cost: one compare-and-swap; a system call
    /// only if somebody has it. Answers LC-10, W-12.
    #[inline(never)]
    pub fn claim_lcore(
        &self,
        id: u16,
        cpus: &CpuSet,
        node: u32,
        role: LcoreRole,
    ) -> Result<Lcore, LcoreError> {
        if self.is_observer() {
            return Err(LcoreError::Observer);
        }
        let entry = self
            .region()
            .lcores
            .get(usize::from(id))
            .ok_or(LcoreError::NoSuchLcore { lcore: id })?;
        self.check_member().map_err(LcoreError::Fenced)?;
        let mut owner = entry.owner.observe();
        let mut deadline = None;
        loop {
            if let Some(by) = ProcessId::unpack(owner) {
                if self.is_alive(by) {
                    // Who reaps may have borrowed it, for a moment.
                    let now = self.platform().now_ns();
                    let is_late = now > *deadline.get_or_insert(now + BORROWED_NS);
                    if is_late || !self.is_reaping(by) {
                        return Err(self.held(id, by));
                    }
                    self.platform().give_way();
                    owner = entry.owner.observe();
                    continue;
                }
                recovery::reap_this(self, by)
                    .map_err(|error| LcoreError::Unreaped { lcore: id, error })?;
                let found = entry.owner.observe();
                if found != owner {
                    owner = found;
                    continue;
                }
            }
            match entry.owner.swap_if(owner, self.me().pack()) {
                Ok(_) => break,
                Err(found) => owner = found,
            }
        }
        entry.node.set(node);
        entry.role.set(role as u32);
        super::format::set_words(&entry.cpus, cpus.words());
        Ok(Lcore { group: *self, id, _one_thread: core::marker::PhantomData })
    }

    /// Claims any free lcore, the highest first (low ids are what people name).
    #[doc(alias = "rte_thread_register")]
    pub fn claim_any_lcore(
        &self,
        cpus: &CpuSet,
        node: u32,
        role: LcoreRole,
    ) -> Result<Lcore, LcoreError> {
        if self.is_observer() {
            return Err(LcoreError::Observer);
        }
        (0..LCORES_MAX as u16)
            .rev()
            .find_map(|id| self.claim_lcore(id, cpus, node, role).ok())
            .ok_or(LcoreError::NoneLeft)
    }

    /// Every claimed lcore, by id; the owners of some may be dead and not swept yet.
    pub fn lcores(&self) -> impl Iterator<Item = LcoreInfo> + '_ {
        self.region().lcores.iter().zip(0u16..).filter_map(|(entry, id)| read(entry, id))
    }

    /// Releases every lcore of `who`; returns how many those were.
    pub(crate) fn release_lcores_of(&self, who: ProcessId) -> u32 {
        let own = |entry: &&LcoreEntry| entry.owner.peek() == who.pack();
        // A failed swap means that somebody else released it first.
        let release = |entry: &LcoreEntry| entry.owner.swap_if(who.pack(), 0).is_ok();
        self.region().lcores.iter().filter(own).map(|entry| u32::from(release(entry))).sum()
    }

    /// Keeps lcore `id` from being claimed while its caches are emptied; `None` if somebody has it.
    /// For the reaper only: claimers wait for it, and a dead one's is released with its lcores.
    pub(crate) fn borrow_lcore(&self, id: u16) -> Option<impl Drop + use<>> {
        let entry = self.region().lcores.get(usize::from(id))?;
        entry.owner.swap_if(0, self.me().pack()).ok()?;
        Some(Lcore { group: *self, id, _one_thread: core::marker::PhantomData })
    }

    /// Who has claimed lcore `id`, living or not.
    pub(crate) fn owner_of_lcore(&self, id: u16) -> Option<ProcessId> {
        ProcessId::unpack(self.region().lcores.get(usize::from(id))?.owner.observe())
    }

    #[inline(never)]
    fn held(&self, lcore: u16, by: ProcessId) -> LcoreError {
        let facts = self.region().process(by.slot()).filter(|p| p.id == by);
        LcoreError::Held {
            lcore,
            by,
            pid: facts.map_or(0, |p| p.pid),
            name: facts.map_or(Name::cut("?"), |p| p.name),
            command: facts.map_or(Command::UNKNOWN, |p| p.command),
        }
    }
}

fn read(entry: &LcoreEntry, id: u16) -> Option<LcoreInfo> {
    let owner = ProcessId::unpack(entry.owner.observe())?;
    Some(LcoreInfo {
        id,
        owner,
        role: if entry.role.get() == 0 { LcoreRole::Eal } else { LcoreRole::NonEal },
        node: entry.node.get(),
        cpus: CpuSet::from_words(entry.cpus.each_ref().map(|word| word.get())),
    })
}
