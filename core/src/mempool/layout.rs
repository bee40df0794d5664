//! The bytes of a pool: header, caches, and the lock-free stack's top.
//!
//! One block of memory holds, each part on lines of its own: the header, the private area, a
//! cache for each lcore, a tag for each object, two bits for each object, and the
//! handler. The objects lie in chunks elsewhere (or after these parts) and have no header:
//! what is kept of an object is kept in these tables, four bytes of each, sixteen objects a
//! line. So an object of 64 bytes takes 64 bytes; freeing one does not touch its line, which
//! a device or another core may have; and who looks at all tags reads four bytes an object.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested64, Published32, Published64, Word32, Word64};

/// "PHXPOOL\x01", little-endian.
pub const POOL_MAGIC: u64 = u64::from_le_bytes(*b"PHXPOOL\x01");

/// How many chunks of memory a pool's objects may lie in.
pub const CHUNKS_MAX: usize = 64;

/// A run of objects. Written once, then counted in by `PoolHeader::chunk_count`: writer, who
/// populates; readers, all.
#[repr(C)]
#[derive(Debug, Default)]
pub struct PoolChunk {
    /// Where its first object lies: bytes from the window's start.
    pub(crate) first: Word64,
    /// Where its memory starts: bytes from the window's start.
    pub(crate) at: Word64,
    /// Bytes of its memory.
    pub(crate) bytes: Word64,
    /// How many objects lie there.
    pub(crate) count: Word32,
    /// The number of its first object.
    pub(crate) index: Word32,
}

layout!(PoolChunk, size 32, align 8 {
    0 => first: Word64, 8 => at: Word64, 16 => bytes: Word64, 24 => count: Word32, 28 => index: Word32,
});

/// What a pool is. Unless a field says otherwise: writer, who formats it; readers, all.
#[doc(alias = "rte_mempool")]
#[repr(C, align(128))]
#[derive(Debug)]
pub struct PoolHeader {
    /// [`POOL_MAGIC`], written last.
    pub(crate) magic: Published64,
    /// Its [`Name`](crate::name::Name).
    pub(crate) name: [Word64; 4],
    /// Bytes of the block: all parts but the objects.
    pub(crate) bytes: Word64,
    /// [`Shared::HASH`](crate::shared::Shared::HASH) of the objects' type, 0 for raw bytes.
    pub(crate) hash: Word64,
    /// How many objects it is to have, 1..2^30.
    pub(crate) objects: Word32,
    /// How many of them a cache keeps, 0..=512.
    pub(crate) cache_size: Word32,
    /// Bytes of one object.
    pub(crate) element_bytes: Word32,
    /// The alignment that the objects' type asks for, in bytes.
    pub(crate) element_align: Word32,
    /// What each object's place is a multiple of, in bytes.
    pub(crate) align: Word32,
    /// [`PoolFlags`](super::PoolFlags).
    pub(crate) flags: Word32,
    /// Bytes from one object to the next.
    pub(crate) stride: Word64,
    /// No object crosses a multiple of this many bytes; 0 if they may.
    pub(crate) page_bytes: Word64,
    /// [`HandlerId`](super::HandlerId) as a number.
    pub(crate) handler: Word32,
    /// Bytes of the private area.
    pub(crate) private_bytes: Word32,
    /// The NUMA node asked for; `u32::MAX` for any.
    pub(crate) node: Word32,
    /// Always 0.
    pub(crate) reserved: Word32,
    /// Who made it, a packed [`ProcessId`](crate::group::ProcessId).
    pub(crate) creator: Word64,
    /// Keeps what changes off this line.
    pub(crate) pad: Pad<8>,
    /// How many chunks stand, 0..=64. Writer: who populates. Readers: all.
    pub(crate) chunk_count: Published32,
    /// How many objects have been put in for the first time. Writer: who populates. Readers: all.
    pub(crate) populated: Published32,
    /// Who populates it now, packed; 0 for nobody. Writers: by swap.
    pub(crate) populating: Contested64,
    /// Who audits it now, packed; 0 for nobody. Writers: by swap.
    pub(crate) auditing: Contested64,
    /// How many words were put that are no object of this pool, or found where one should be.
    /// Writers: all. Readers: audits.
    pub(crate) strays: Contested64,
    /// 1 if objects may be owed to it (`owed.rs`). Writers: who owes raises, who collects takes.
    pub(crate) owed: Contested64,
    /// Fills the line.
    pub(crate) pad_changing: Pad<88>,
    /// Where the objects lie, in the order of their numbers.
    pub(crate) chunks: [PoolChunk; CHUNKS_MAX],
}

layout!(PoolHeader, size 2304, align 128 {
    0 => magic: Published64, 8 => name: [Word64; 4], 40 => bytes: Word64, 48 => hash: Word64,
    56 => objects: Word32, 60 => cache_size: Word32, 64 => element_bytes: Word32,
    68 => element_align: Word32, 72 => align: Word32, 76 => flags: Word32, 80 => stride: Word64,
    88 => page_bytes: Word64, 96 => handler: Word32, 100 => private_bytes: Word32, 104 => node: Word32,
    108 => reserved: Word32, 112 => creator: Word64, 120 => pad: Pad<8>,
    128 => chunk_count: Published32, 132 => populated: Published32, 136 => populating: Contested64,
    144 => auditing: Contested64, 152 => strays: Contested64, 160 => owed: Contested64,
    168 => pad_changing: Pad<88>,
    256 => chunks: [PoolChunk; CHUNKS_MAX],
});

/// What stands before a cache's slots. Writer of every word: who holds the lcore. Readers: who
/// counts, audits and recovers.
#[doc(alias = "rte_mempool_cache")]
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct CacheHeader {
    /// How many objects lie in the slots, from slot 0 on.
    pub(crate) len: Published32,
    /// 1 while objects move between cache and pool: then the slots do not say what is in it.
    pub(crate) moving: Published32,
    /// Who used it last, a packed [`ProcessId`](crate::group::ProcessId): everything in a
    /// recoverable pool's cache bears that process's tag.
    pub(crate) owner: Published64,
    /// Calls that got objects.
    pub(crate) gets: Word64,
    /// Objects got.
    pub(crate) got: Word64,
    /// Calls that put objects.
    pub(crate) puts: Word64,
    /// Objects put.
    pub(crate) put: Word64,
    /// Calls that wanted objects and got none.
    pub(crate) failures: Word64,
    /// Calls that took from the pool, for the cache or past it.
    pub(crate) pool_gets: Word64,
    /// Objects taken from the pool.
    pub(crate) pool_got: Word64,
    /// Calls that gave to the pool.
    pub(crate) pool_puts: Word64,
    /// Objects given to the pool.
    pub(crate) pool_put: Word64,
    /// Keeps the slots on lines of their own.
    pub(crate) pad: Pad<40>,
}

layout!(CacheHeader, size 128, align 128 {
    0 => len: Published32, 4 => moving: Published32, 8 => owner: Published64, 16 => gets: Word64,
    24 => got: Word64, 32 => puts: Word64, 40 => put: Word64, 48 => failures: Word64,
    56 => pool_gets: Word64, 64 => pool_got: Word64, 72 => pool_puts: Word64, 80 => pool_put: Word64,
    88 => pad: Pad<40>,
});

/// The top of the lock-free stack; a link for each object follows.
#[doc(alias = "rte_stack_lf")]
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct StackHeader {
    /// `changes << 32 | number of the top object + 1`; the low half is 0 if the stack is empty.
    /// Writers: all, by swap.
    pub(crate) top: Contested64,
    /// Keeps the links off this line.
    pub(crate) pad: Pad<120>,
}

layout!(StackHeader, size 128, align 128 { 0 => top: Contested64, 8 => pad: Pad<120> });

shared_layout! {
    PoolChunk { Word64, Word32 },
    PoolHeader { Published64, [Word64; 4], Word64, Word32, Pad<8>, Published32, Contested64, Pad<88>,
        [PoolChunk; CHUNKS_MAX] },
    CacheHeader { Published32, Published64, Word64, Pad<40> },
    StackHeader { Contested64, Pad<120> },
}
