//! What the core has to tell: facts, for a log that the platform keeps.
//!
//! The core formats nothing and knows no log of its own process; it hands a fact to
//! [`Platform::tell`](crate::platform::Platform::tell), and goes on.

use crate::name::Name;
use crate::port::Link;
use crate::recovery::{EventKind, Recovered};

/// One fact.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Something happened to a process, and this one has noted it for all.
    Process {
        /// What.
        what: EventKind,
        /// The slot of whom.
        slot: u16,
        /// That process's id.
        pid: u32,
        /// What of it was put in order.
        recovered: Recovered,
    },
    /// Something happened to a port, and this process has noted it for all.
    Port {
        /// What.
        what: EventKind,
        /// The port's id.
        id: u16,
        /// Its link now.
        link: Link,
        /// The slot of its owner.
        slot: u16,
        /// That process's id.
        pid: u32,
    },
    /// An lcore uses a pool whose memory lies on another NUMA node. Told once by each process that does.
    FarPool {
        /// The pool.
        pool: Name,
        /// Its node.
        node: u32,
        /// The lcore.
        lcore: u16,
        /// The lcore's node.
        near: u32,
    },
    /// A device's queue is filled with buffers of another NUMA node than the device's. Told once by each
    /// process that has the queue.
    FarBuffers {
        /// The queue, with its port's name.
        queue: Name,
        /// The device's node.
        near: u32,
        /// The pool.
        pool: Name,
        /// Its node.
        node: u32,
    },
    /// A device's queue is to be filled with buffers that are too short for it, and gets none of them: nothing is
    /// received. Told once by each process that has the queue.
    ShortBuffers {
        /// The queue, with its port's name.
        queue: Name,
        /// The pool.
        pool: Name,
        /// Bytes that its mbufs have behind the headroom.
        room: u16,
        /// Bytes that the device wants there.
        needed: u16,
        /// Bytes of headroom that they have.
        headroom: u16,
        /// Bytes of headroom that the driver wants.
        headroom_needed: u16,
    },
    /// The group's lock was a dead process's; its half-done change is undone.
    LockTakenOver {
        /// The slot of the dead.
        slot: u16,
    },
    /// A memseg list has more memory.
    Grown {
        /// Which.
        list: u32,
        /// By how many bytes.
        bytes: u64,
    },
    /// Memory went back to the system.
    GivenBack {
        /// Bytes.
        bytes: u64,
    },
}
