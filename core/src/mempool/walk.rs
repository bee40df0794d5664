//! Walking a pool: its objects and its memory, whatever state they are in (MP-15).

use super::item::PoolItem;
use super::pool::Mempool;
use super::view::PoolView;
use crate::offset::Offset;

/// A piece of memory in which objects lie.
#[doc(alias = "rte_mempool_memhdr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkFacts {
    /// Where it starts: bytes from the window's start.
    pub at: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many objects lie in it.
    pub objects: u32,
    /// The number of its first object.
    pub first: u32,
}

/// The memory that all objects lie in.
#[doc(alias = "rte_mempool_mem_range_info")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemRange {
    /// Where the lowest chunk starts: bytes from the window's start.
    pub start: u64,
    /// Bytes from there to the end of the highest chunk.
    pub bytes: u64,
    /// What lies between the chunks.
    pub gaps: Gaps,
}

/// Whether chunks follow each other without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// All memory of the range is the pool's.
    None,
    /// Some is not.
    Some,
}

impl<T: PoolItem + ?Sized> Mempool<T> {
    /// The places of all objects, free or held, by number. To look at who holds what, not to
    /// touch.
    #[doc(alias = "rte_mempool_obj_iter")]
    pub fn objects(&self) -> impl Iterator<Item = Offset<T::Place>> + '_ {
        (0..self.view.populated()).filter_map(|number| self.view.place(number)).map(Offset::new)
    }
}

impl PoolView {
    /// The chunks of memory, by the numbers of their objects.
    #[doc(alias = "rte_mempool_mem_iter")]
    pub fn memory(&self) -> impl Iterator<Item = ChunkFacts> + use<> {
        self.chunks().map(|chunk| ChunkFacts {
            at: chunk.at.get(),
            bytes: chunk.bytes.get(),
            objects: chunk.count.get(),
            first: chunk.index.get(),
        })
    }

    /// The range of memory that all chunks lie in; `None` if there is none yet.
    #[doc(alias = "rte_mempool_get_mem_range")]
    pub fn mem_range(&self) -> Option<MemRange> {
        let end_of = |chunk: &ChunkFacts| chunk.at.saturating_add(chunk.bytes);
        let start = self.memory().map(|chunk| chunk.at).min()?;
        let end = self.memory().map(|chunk| end_of(&chunk)).max()?;
        let own = self.memory().map(|chunk| chunk.bytes).fold(0, u64::saturating_add);
        let bytes = end.saturating_sub(start);
        let gaps = if own == bytes { Gaps::None } else { Gaps::Some };
        Some(MemRange { start, bytes, gaps })
    }
}
