//! The heap: memory of any size, from any process, freed by any other.
//!
//! Each NUMA node has one heap. Its memory is the backed grains of the node's memseg lists, cut
//! into *elements*: a header of 64 bytes, and behind it the block that somebody asked for, or
//! nothing yet. Elements tile their memory without a gap, so the next one's place follows from
//! a size, and the one before is named in the header (boundary tags). A row of elements without
//! a hole is an *island*; its first element says where its last one is, so that memory that
//! arrives behind an island joins it without a walk.
//!
//! Free elements hang in thirteen lists by size. A request takes the first that fits, from its
//! own size class upwards; if none does, a list of the node grows. A freed element merges with
//! free neighbours, and grains that nothing lies on any more go back to the system (MH-4).
//!
//! # Why all of it is one transaction
//!
//! Every word that changes, changes through the journal of the group's lock, so an error or a
//! death half-way leaves the heap as it was (design, "Everything under a lock is journalled").
//! One operation writes some thirty words, twice as many if memory comes or goes, and one more
//! for every 64 grains of it: at most 600 of the journal's 1022. A block's own bytes are nobody's
//! but its holder's, and are not journalled: write them after the commit, or in a transaction
//! that has freed nothing.
//!
//! ```no_run
//! # fn sample(group: &phalanx_core::group::Group) -> Result<(), Box<dyn core::error::Error>> {
//! use phalanx_core::heap::{AllocRequest, Node};
//! let block = group.allocate_zeroed(&AllocRequest::new(4096).align(128).node(Node::On(0)))?;
//! // SAFETY: the block is this program's own, and it has told nobody of it.
//! let longer = unsafe { group.resize(block.at, 8192, 128) }?;
//! // SAFETY: as above. Another member that was told of it may free it as well.
//! unsafe { group.free(longer.at) }?;
//! # Ok(())
//! # }
//! ```
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | any journalled write | lock held by the dead, journal open | next to lock undoes all of it | nothing |
//! | the commit of an allocation | a block that nobody was told of; its `owner` is dead | recovery, by owner | nothing |
//! | the commit of a free | the block is free; loose grains may wait | next give-back ([`crate::memseg`]) | nothing |
//! | the copy of a resize | the new block is undone, the old one stands untouched | next to lock | nothing |
//!
//! Answers MH-1 to MH-4, ME-14, W-9, W-14, W-31.

mod allocate;
mod audit;
mod bytes;
mod class;
mod damage;
mod element;
mod error;
mod fit;
mod free;
mod group;
mod grow;
mod layout;
mod place;
mod plan;
mod request;
mod reserve;
mod resize;
mod stats;
#[cfg(test)]
mod tests;

pub use allocate::{allocate, biggest_free};
pub use audit::{AuditError, ElementFacts};
pub use damage::{Damage, Fault};
pub use element::state;
pub use error::{AllocError, FreeError, Refusal};
pub(crate) use free::free;
pub use layout::{CLASSES, Element, HEAPS_MAX, Heap};
pub use place::set_limit;
pub use request::{AllocRequest, Block, Node, Pages};
pub use reserve::{RESERVE_GRAINS_MAX, reserve};
pub use stats::{HeapStats, StatsError};

/// What alignment every block has, and what sizes are rounded up to.
#[doc(alias = "RTE_CACHE_LINE_SIZE")]
pub const LINE_BYTES: u64 = 64;

/// Bytes of an element's header.
pub const HEADER_BYTES: u64 = size_of::<Element>() as u64;

/// Bytes of the smallest element: a header and one line.
pub const ELEMENT_MIN: u64 = HEADER_BYTES + LINE_BYTES;
