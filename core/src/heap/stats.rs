//! What a heap has and what of it is in use.

use core::fmt;

use super::class::walk;
use super::damage::Damage;
use super::layout::CLASSES;
use super::place::Place;
use crate::group::Group;
use crate::lock::LockError;

/// Figures of one node's heap. Headers count as bytes of their elements.
#[doc(alias = "rte_malloc_socket_stats")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// The NUMA node.
    pub node: u32,
    /// Bytes of all elements: the backed memory.
    pub total_bytes: u64,
    /// Bytes of busy elements.
    pub busy_bytes: u64,
    /// Bytes of free elements.
    pub free_bytes: u64,
    /// Bytes of the biggest free element; 0 where nobody looked ([`Group::heap_counters`]).
    pub biggest_free_bytes: u64,
    /// Blocks that somebody has.
    pub busy_count: u64,
    /// Free elements.
    pub free_count: u64,
    /// Most bytes it may have, 0 for no limit.
    pub limit: u64,
}

/// Why there are no figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsError {
    /// The node has no heap: nothing was ever allocated or reserved there.
    NoHeap {
        /// The node asked for.
        node: u32,
    },
    /// A free list is damaged.
    Damaged(Damage),
    /// The group's lock was not had.
    Lock(LockError),
}

impl fmt::Display for StatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeap { node } => write!(
                f,
                "figures of node {node}'s heap were asked for and it has none; memory was never taken there"
            ),
            Self::Damaged(damage) => damage.fmt(f),
            Self::Lock(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for StatsError {}

/// How often a reader without the lock tries again when a writer comes in between.
const TRIES: usize = 1000;

impl Group {
    /// Exact figures of the heap of `node`. Cost: the lock, a walk of the free lists.
    ///
    /// # Errors
    /// [`StatsError`].
    #[doc(alias = "rte_malloc_get_socket_stats")]
    pub fn heap_stats(&self, node: u32) -> Result<HeapStats, StatsError> {
        let tx = self.begin().map_err(StatsError::Lock)?;
        let place = Place::of_node(self, node).ok_or(StatsError::NoHeap { node })?;
        let mut stats = counters(&place);
        for elem in (0..CLASSES).flat_map(|class| walk(self, place.heap, class)) {
            let elem = elem.map_err(StatsError::Damaged)?;
            stats.biggest_free_bytes = stats.biggest_free_bytes.max(elem.bytes());
        }
        tx.commit();
        Ok(stats)
    }

    /// The counters of every heap, without the lock: also for an observer, who cannot take it.
    /// `None` if writers never paused. Cost: a few reads.
    #[doc(alias = "rte_malloc_dump_stats")]
    pub fn heap_counters(&self) -> Option<[Option<HeapStats>; super::HEAPS_MAX]> {
        let version = &self.region().lock.version;
        for _ in 0..TRIES {
            // Even: no transaction is open. Every word is read with Acquire, so a change that
            // one of them shows is also in the second look at the version.
            let before = version.observe();
            let mut all = [None; super::HEAPS_MAX];
            for place in Place::all(self) {
                if let Some(slot) = all.get_mut(place.index) {
                    *slot = Some(counters(&place));
                }
            }
            if before.is_multiple_of(2) && version.observe() == before {
                return Some(all);
            }
            crate::sync::relax();
        }
        None
    }
}

fn counters(place: &Place) -> HeapStats {
    let (total_bytes, busy_bytes) = (place.heap.total_bytes.get(), place.heap.busy_bytes.get());
    HeapStats {
        node: place.heap.node.get() as u32,
        total_bytes,
        busy_bytes,
        free_bytes: total_bytes.saturating_sub(busy_bytes),
        biggest_free_bytes: 0,
        busy_count: place.heap.busy_count.get(),
        free_count: place.heap.free_count.get(),
        limit: place.heap.limit.get(),
    }
}
