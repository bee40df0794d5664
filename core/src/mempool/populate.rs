//! Populating: memory becomes objects, and the objects become free (MP-9).
//!
//! One process populates at a time, and its name stands in the header. A chunk is written
//! before it is counted; objects are counted before they are put in. So a process that dies in
//! between leaves objects that are nowhere and bear its tag, never an object that is there
//! twice; and who populates next goes on where it stopped.
#![expect(unsafe_code, reason = "who gives memory to a pool promises that it is his to give")]

use core::fmt;

use super::geometry::Span;
use super::layout::{CHUNKS_MAX, PoolChunk};
use super::view::PoolView;
use crate::group::ProcessId;
use crate::offset::Offset;

/// Objects that are put in at a time.
const BATCH: usize = 64;

/// Why no objects were made. The memory was not touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PopulateError {
    /// An observer may not give memory.
    Observer,
    /// The pool has all its objects.
    #[doc(alias = "ENOSPC")]
    Full {
        /// How many.
        objects: u32,
    },
    /// The memory does not lie wholly in the window.
    Place {
        /// Bytes from the window's start.
        at: u64,
        /// Its length in bytes.
        bytes: u64,
    },
    /// Not even one object fits.
    #[doc(alias = "EINVAL")]
    TooSmall {
        /// Bytes given.
        bytes: u64,
        /// Bytes that one object takes.
        stride: u64,
    },
    /// The pool has as many chunks as it can.
    TooManyChunks,
    /// A living process populates it now.
    Busy {
        /// Which.
        by: ProcessId,
        /// Its process id, 0 if it left meanwhile.
        pid: u32,
    },
}

impl fmt::Display for PopulateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "memory was given to a pool by an observer, which may only look; join the group as a secondary",
            ),
            Self::Full { objects } => {
                write!(f, "memory was given to a pool that has all its {objects} objects; keep it")
            }
            Self::Place { at, bytes } => write!(
                f,
                "{bytes} bytes at +{at:#x} were given to a pool and do not lie in the window; give memory of the group"
            ),
            Self::TooSmall { bytes, stride } => write!(
                f,
                "{bytes} bytes were given to a pool whose objects take {stride} each, on pages they may not cross; \
                 give more in one piece"
            ),
            Self::TooManyChunks => write!(
                f,
                "memory was given to a pool that lies in {CHUNKS_MAX} chunks, the most it may; give larger ones"
            ),
            Self::Busy { by, pid } => write!(
                f,
                "memory was given to a pool that slot {} (pid {pid}) populates now; wait for that process",
                by.slot()
            ),
        }
    }
}

impl core::error::Error for PopulateError {}

impl PoolView {
    /// Makes objects of `bytes` of memory at `at`, as many as fit and are wanted, and puts them
    /// in. Returns how many. Cost: one put in 64 objects.
    ///
    /// # Safety
    ///
    /// The memory is the caller's, nobody else uses it, and it stays the pool's as long as the
    /// pool lives.
    #[doc(alias = "rte_mempool_populate_virt")]
    #[doc(alias = "rte_mempool_populate_iova")]
    pub unsafe fn populate(&self, at: Offset<u8>, bytes: u64) -> Result<u32, PopulateError> {
        self.add_chunk(at, bytes)
    }

    pub(super) fn add_chunk(&self, at: Offset<u8>, bytes: u64) -> Result<u32, PopulateError> {
        let _claim = self.claim_populating()?;
        let laid = self.laid_out();
        let missing = self.shape.objects.saturating_sub(laid);
        if missing == 0 {
            self.put_laid_out(laid);
            return Err(PopulateError::Full { objects: self.shape.objects });
        }
        let place = PopulateError::Place { at: at.get(), bytes };
        let len = usize::try_from(bytes).map_err(|_| place)?;
        self.group.window().address(at, len, 1).filter(|_| !at.is_none()).ok_or(place)?;
        let span = self.shape.geometry.fill(at.get(), at.get() + bytes);
        let span = span.ok_or(PopulateError::TooSmall { bytes, stride: self.stride() })?;
        let count = span.count.min(missing);
        let index = self.header.chunk_count.own();
        let chunk = self.header.chunks.get(index as usize).ok_or(PopulateError::TooManyChunks)?;
        write_chunk(chunk, Span { count, ..span }, at.get(), bytes, laid);
        // Pairs with the `observe` in `chunks`.
        self.header.chunk_count.publish(index + 1);
        self.put_laid_out(laid + count);
        Ok(count)
    }

    /// How many objects have a place.
    fn laid_out(&self) -> u32 {
        self.chunks().map(|chunk| chunk.count.get()).fold(0, u32::saturating_add)
    }

    /// Puts in what has a place and was never put in.
    fn put_laid_out(&self, laid: u32) {
        let mut batch = [0; BATCH];
        let mut next = self.header.populated.own();
        while next < laid {
            let end = laid.min(next.saturating_add(BATCH as u32));
            let numbers = next..end;
            // In the handler a tag says nothing; until they are there, they are this process's.
            for word in numbers.clone().filter_map(|number| self.tag_word(number)) {
                word.publish(self.own_tag().word());
            }
            let mut filled = 0;
            for (place, number) in batch.iter_mut().zip(numbers) {
                *place = self.place(number).unwrap_or(0);
                self.furnish(*place);
                filled += 1;
            }
            // Whoever dies from here on leaves objects that a reaper puts in: they are whole.
            self.header.populated.publish(end);
            self.give(batch.get(..filled).unwrap_or_default());
            next = end;
        }
    }

    fn claim_populating(&self) -> Result<impl Drop + use<>, PopulateError> {
        if self.group.me() == ProcessId::OBSERVER {
            return Err(PopulateError::Observer);
        }
        self.claim(&self.header.populating)
            .map_err(|by| PopulateError::Busy { by, pid: self.group.pid_of(by) })
    }
}

fn write_chunk(chunk: &PoolChunk, span: Span, at: u64, bytes: u64, index: u32) {
    chunk.first.set(span.first);
    chunk.at.set(at);
    chunk.bytes.set(bytes);
    chunk.count.set(span.count);
    chunk.index.set(index);
}
