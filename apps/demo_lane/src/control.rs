//! What the demo's processes share beside ports and pool: the word that ends it, and a line of
//! counters a worker.

use phalanx_core::shared_words;
use phalanx_core::sync::Word64;

/// How many workers the demo has.
pub const WORKERS: usize = 2;

/// Most packets that a worker has in its hands at a time.
pub const BURST: usize = 32;

/// The zone of counters.
pub const CONTROL: &str = "demo_control";
/// The pool of packets.
pub const POOL: &str = "demo_packets";

/// What the lanes are called. A ring is called as net_ring calls that of a joined port's Rx queue 0.
const LANES: [Lane; WORKERS] = [
    Lane {
        primary: "demo_primary0",
        worker: "demo_worker0",
        there: "ETH_RX0_demo_worker0",
        back: "ETH_RX0_demo_primary0",
    },
    Lane {
        primary: "demo_primary1",
        worker: "demo_worker1",
        there: "ETH_RX0_demo_worker1",
        back: "ETH_RX0_demo_primary1",
    },
];

/// The names of what lies between the primary and a worker: two ports of net_ring that are joined, with a queue of
/// each kind each, and the rings by which they are.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// The port that the primary drives.
    pub primary: &'static str,
    /// The port that the worker drives.
    pub worker: &'static str,
    /// The ring by which packets come to the worker's port.
    pub there: &'static str,
    /// The ring by which they come back to the primary's.
    pub back: &'static str,
}

impl Lane {
    /// That of worker `index`; `None` if there is no such worker.
    pub fn of(index: usize) -> Option<Self> {
        LANES.get(index).copied()
    }
}

shared_words! {
    /// One worker's counters, over all its lives. Writer: the worker. Reader: the primary.
    pub struct WorkerLine {
        /// Packets taken from its port.
        pub taken: Word64,
        /// Packets given back.
        pub given: Word64,
        /// How many processes have been this worker.
        pub lives: Word64,
        /// Keeps two workers' lines apart.
        pub pad: [Word64; 13],
    }
}

shared_words! {
    /// The demo's shared zone.
    pub struct Control {
        /// Not 0 when the workers shall end. Writer: the primary. Readers: the workers.
        pub stop: Word64,
        /// Keeps the word off the counters' lines.
        pub pad: [Word64; 15],
        /// A line a worker.
        pub workers: [WorkerLine; WORKERS],
    }
}
