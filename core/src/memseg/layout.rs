//! The bytes of a memseg list.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Guarded, Word64};

/// How many memseg lists a group may have.
pub const LISTS_MAX: usize = 16;

/// How many grains one list may have (`RTE_MAX_MEMSEG_PER_LIST`): 64 GB of 2 MB pages.
pub const GRAINS_MAX: usize = 32_768;

/// Words of a bitmap with a bit a grain.
pub const BITMAP_WORDS: usize = GRAINS_MAX / 64;

/// One contiguous range of the window, of one page size on one node, backed by one sparse file
/// (in legacy mode by one file a page). It grows and shrinks by grains; a grain is a page, or
/// 2 MB of 4 KB pages.
#[doc(alias = "rte_memseg_list")]
#[repr(C, align(128))]
#[derive(Debug)]
pub struct MemsegList {
    /// Bytes of a page; 0 if the list is not in use. Powers of two, 4096 to 16 GB.
    /// All words down to `pinned`: writers under the group's lock; readers with it, or by its
    /// version.
    pub(crate) page_bytes: Guarded,
    /// Bytes of a grain, a multiple of `page_bytes`.
    pub(crate) grain_bytes: Guarded,
    /// The NUMA node its pages lie on.
    pub(crate) node: Guarded,
    /// Where it starts: bytes from the window's start, a multiple of `grain_bytes`.
    pub(crate) base: Guarded,
    /// How many grains the range has, 1..=32768.
    pub(crate) grains: Guarded,
    /// How many of them are backed.
    pub(crate) committed: Guarded,
    /// `memseg::list_flags`.
    pub(crate) flags: Guarded,
    /// Most bytes that may be backed (`--pagesz-mem`); 0 for no limit.
    pub(crate) limit: Guarded,
    /// The backing file's path, NUL-padded, 255 bytes at most.
    pub(crate) path: [Guarded; 32],
    /// How often its backed grains changed: who maps them for a device compares it.
    pub(crate) changes: Guarded,
    /// 1 if a grain may be `touched` and not `backed`. Writer: the lock's owner, without the
    /// journal; readers: all, for a glance.
    pub(crate) unsettled: Word64,
    /// Keeps the bitmaps on lines of their own.
    pub(crate) pad: Pad<48>,
    /// A bit a grain: memory of the heap.
    pub(crate) backed: [Guarded; BITMAP_WORDS],
    /// A bit a grain: asked for at start, not to be given back (ME-12).
    pub(crate) pinned: [Guarded; BITMAP_WORDS],
    /// A bit a grain: the system may have put memory there. Set before the system is asked and
    /// cleared after the memory is given back, both without the journal, so it holds every
    /// grain that has memory, whoever died when. Writer and readers: the lock's owner.
    pub(crate) touched: [Word64; BITMAP_WORDS],
    /// A bit a grain: devices may reach it, and so its memory is not given back. Set before it is mapped
    /// for them and cleared after that has ended, both without the journal. Writer and readers: the
    /// lock's owner.
    pub(crate) held: [Word64; BITMAP_WORDS],
}

layout!(MemsegList, size 16768, align 128 {
    0 => page_bytes: Guarded, 8 => grain_bytes: Guarded, 16 => node: Guarded, 24 => base: Guarded,
    32 => grains: Guarded, 40 => committed: Guarded, 48 => flags: Guarded, 56 => limit: Guarded,
    64 => path: [Guarded; 32], 320 => changes: Guarded, 328 => unsettled: Word64,
    336 => pad: Pad<48>, 384 => backed: [Guarded; BITMAP_WORDS],
    4480 => pinned: [Guarded; BITMAP_WORDS], 8576 => touched: [Word64; BITMAP_WORDS],
    12672 => held: [Word64; BITMAP_WORDS],
});

shared_layout! {
    MemsegList { Guarded, [Guarded; 32], Word64, Pad<48>, [Guarded; BITMAP_WORDS], [Word64; BITMAP_WORDS] }
}
