//! What an audit may find, each as a value and a sentence.

use core::fmt;

use crate::count::Count;
use crate::device::slots::DeviceQueueFault;
use crate::directory::{Found, Kind};
use crate::group::ProcessId;
use crate::heap;
use crate::mempool;
use crate::name::Name;
use crate::port::{Direction, PortFault};
use crate::ring::{self, RingEnd};

/// An inconsistency, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// A process is dead, and nobody has reaped it.
    DeadProcess {
        /// Who.
        who: ProcessId,
        /// Its process id.
        pid: u32,
    },
    /// An lcore is claimed by somebody who is not in the process table.
    LcoreOfNobody {
        /// The lcore.
        lcore: u16,
        /// What its word says.
        owner: u64,
    },
    /// The group's lock is held by somebody dead.
    LockOfDead {
        /// What its word says.
        owner: u64,
    },
    /// The lock is free, and its journal is not empty.
    JournalOpen {
        /// How many entries stand.
        entries: u64,
    },
    /// Somebody dead stands as the reaper, or as the log's writer.
    ReaperOfDead {
        /// What the word says.
        owner: u64,
    },
    /// A heap, or a memseg list, contradicts itself.
    Heap(heap::AuditError),
    /// An object's memory does not lie in the window.
    Misplaced {
        /// The object.
        name: Name,
        /// Its kind.
        kind: Kind,
        /// Where it is said to lie: bytes from the window's start.
        at: u64,
        /// Its length in bytes, as it is said.
        len: u64,
    },
    /// Two entries of the directory have one name.
    NameTwice {
        /// The name.
        name: Name,
        /// The second entry.
        index: usize,
    },
    /// An entry that nobody looks at, for it was never used, is not free.
    NameHidden {
        /// The entry.
        index: usize,
    },
    /// What the directory calls a ring is none.
    Ring {
        /// Its name.
        name: Name,
        /// What is wrong.
        error: ring::AttachError,
    },
    /// A ring's ends are further apart than it has room for.
    RingTooFull {
        /// Its name.
        name: Name,
        /// How many elements lie between the ends.
        used: u32,
        /// How many it can hold.
        capacity: u32,
    },
    /// A dead process is in the middle of a ring's end, or has claimed it.
    EndOfDead {
        /// The ring's name.
        name: Name,
        /// Which end.
        end: RingEnd,
    },
    /// What the directory calls a device's queue is none.
    DeviceQueue {
        /// Its name.
        name: Name,
        /// What is wrong.
        fault: DeviceQueueFault,
    },
    /// What the directory calls a pool is none.
    Pool {
        /// Its name.
        name: Name,
        /// What is wrong.
        error: mempool::AttachError,
    },
    /// Something is wrong with a pool's objects.
    Objects {
        /// The pool's name.
        name: Name,
        /// What.
        error: mempool::AuditError,
    },
    /// Mbufs count more or fewer clones than there are: some are never freed, or one too early.
    Clones {
        /// How many they count, in all pools.
        counted: u64,
        /// How many there are.
        bound: u64,
    },
    /// What the directory calls a port is none, or contradicts itself.
    Port {
        /// Its name.
        name: Name,
        /// What is wrong.
        fault: PortFault,
    },
    /// A port's queue is claimed by a process that is dead, or in no table.
    QueueOfNobody {
        /// The port's name.
        name: Name,
        /// Which kind of queue.
        direction: Direction,
        /// Which queue.
        queue: u16,
        /// What its word says.
        owner: u64,
    },
    /// Words were put into a pool that are no object of it, or for which it had no room.
    Strays {
        /// The pool's name.
        name: Name,
        /// How many, ever.
        count: u64,
    },
}

impl Finding {
    /// Whether it may be nothing but movement, when others work while the audit looks: then a
    /// second audit does not find it again. Otherwise it is damage on a busy group too.
    pub fn may_be_movement(&self) -> bool {
        match self {
            Self::DeadProcess { .. }
            | Self::LcoreOfNobody { .. }
            | Self::LockOfDead { .. }
            | Self::JournalOpen { .. }
            | Self::ReaperOfDead { .. }
            | Self::RingTooFull { .. }
            | Self::EndOfDead { .. }
            | Self::QueueOfNobody { .. }
            | Self::Objects { .. }
            | Self::Clones { .. } => true,
            Self::Heap(error) => matches!(error, heap::AuditError::Lock(_)),
            Self::Misplaced { .. }
            | Self::NameTwice { .. }
            | Self::NameHidden { .. }
            | Self::Ring { .. }
            | Self::DeviceQueue { .. }
            | Self::Pool { .. }
            | Self::Port { .. }
            | Self::Strays { .. } => false,
        }
    }

    pub(super) fn misplaced(found: &Found) -> Self {
        let Found { name, kind, at, len, .. } = *found;
        Self::Misplaced { name, kind, at: at.get(), len }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadProcess { who, pid } => write!(
                f,
                "slot {} (pid {pid}) is dead and not reaped; whoever joins its group mends that, and `phalanx clean` removes a \
                 group that is all dead",
                who.slot()
            ),
            Self::LcoreOfNobody { lcore, owner } => write!(
                f,
                "lcore {lcore} is claimed by {owner:#x}, who is not in the process table; who claims it next has it"
            ),
            Self::LockOfDead { owner } => write!(
                f,
                "the group's lock is held by {owner:#x}, who is dead; whoever locks next undoes what it had half done"
            ),
            Self::JournalOpen { entries } => write!(
                f,
                "the group's lock is free and its journal has {}; something has written over the lock",
                Count::of(*entries, "entry", "entries")
            ),
            Self::ReaperOfDead { owner } => write!(
                f,
                "{owner:#x} stands as the reaper, or as the writer of events, and is dead; whoever is next takes over"
            ),
            Self::Heap(error) => error.fmt(f),
            Self::Misplaced { name, kind, at, len } => write!(
                f,
                "the {kind} {name:?} is said to be {len} bytes at +{at:#x}, which do not lie in the window; something \
                 has written over the directory"
            ),
            Self::NameTwice { name, index } => write!(
                f,
                "the name {name:?} stands in the directory a second time, in entry {index}; something has written over it"
            ),
            Self::NameHidden { index } => write!(
                f,
                "entry {index} of the directory was never used and is not free; something has written over it"
            ),
            Self::Ring { name, error } => write!(f, "the ring {name:?} is none: {error}"),
            Self::RingTooFull { name, used, capacity } => write!(
                f,
                "the ring {name:?} says that {} in it and has room for {capacity}; something has \
                 written over its ends",
                Count::of(*used, "element is", "elements are")
            ),
            Self::EndOfDead { name, end } => write!(
                f,
                "the {end} end of the ring {name:?} is a dead process's; whoever uses it next, or reaps, mends it"
            ),
            Self::DeviceQueue { name, fault } => {
                write!(
                    f,
                    "the device queue {name:?} is none: {fault}; something has written over it"
                )
            }
            Self::Pool { name, error } => write!(f, "the pool {name:?} is none: {error}"),
            Self::Objects { name, error } => write!(f, "the pool {name:?}: {error}"),
            Self::Clones { counted, bound } => write!(
                f,
                "the mbufs of all pools count {counted} clones and {bound} are clones; something has written over a \
                 header"
            ),
            Self::Port { name, fault } => {
                write!(f, "the port {name:?} is none: {fault}; something has written over it")
            }
            Self::QueueOfNobody { name, direction, queue, owner } => write!(
                f,
                "{direction} queue {queue} of the port {name:?} is claimed by {owner:#x}, who is dead or in no table; \
                 whoever opens it next has it"
            ),
            Self::Strays { name, count } => write!(
                f,
                "{} put into the pool {name:?} that it has no object or no room for; look for who puts \
                 twice, or what it never got",
                Count::of(*count, "word was", "words were")
            ),
        }
    }
}
