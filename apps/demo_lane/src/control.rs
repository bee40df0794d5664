//! What the demo's processes share beside rings and pool: the word that ends it, and a line of
//! counters a worker.

use phalanx_core::shared_words;
use phalanx_core::sync::Word64;

/// How many workers the demo has.
pub const WORKERS: usize = 2;

/// Most packets that a worker has in its hands at a time.
pub const BURST: usize = 32;

/// Elements of each ring.
pub const RING: u32 = 1024;

/// Names of the shared objects.
pub const CONTROL: &str = "demo_control";
/// The pool of packets.
pub const POOL: &str = "demo_packets";

/// Both rings of each worker: to it, and from it.
const RINGS: [(&str, &str); WORKERS] =
    [("demo_to_worker_0", "demo_from_worker_0"), ("demo_to_worker_1", "demo_from_worker_1")];

/// The ring from the primary to worker `index`; `None` if there is no such worker.
pub fn ring_to(index: usize) -> Option<&'static str> {
    RINGS.get(index).map(|(to, _)| *to)
}

/// The ring from worker `index` back to the primary; `None` if there is no such worker.
pub fn ring_from(index: usize) -> Option<&'static str> {
    RINGS.get(index).map(|(_, from)| *from)
}

shared_words! {
    /// One worker's counters, over all its lives. Writer: the worker. Reader: the primary.
    pub struct WorkerLine {
        /// Packets taken from the ring.
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
