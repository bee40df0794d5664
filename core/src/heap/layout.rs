//! The bytes of a heap and of the elements it is made of.

use crate::layout;
use crate::shared::shared_layout;
use crate::sync::Guarded;

/// How many heaps a group may have: one a NUMA node.
pub const HEAPS_MAX: usize = 8;

/// Free lists of a heap, by size (MH-1: 2^8, then steps of four).
pub const CLASSES: usize = 13;

/// One NUMA node's heap. All words: writers under the group's lock; readers with it, or by its
/// version.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Heap {
    /// 1 if the heap is in use.
    pub(crate) used: Guarded,
    /// The NUMA node.
    pub(crate) node: Guarded,
    /// Bytes in elements, free and busy, headers included.
    pub(crate) total_bytes: Guarded,
    /// Bytes in busy elements, headers included.
    pub(crate) busy_bytes: Guarded,
    /// Busy elements.
    pub(crate) busy_count: Guarded,
    /// Free elements.
    pub(crate) free_count: Guarded,
    /// First free element of each size class: bytes from the window's start, 0 for none.
    pub(crate) free: [Guarded; CLASSES],
    /// Most bytes the heap may hold (`--socket-limit`); 0 for no limit.
    pub(crate) limit: Guarded,
    /// Always 0: fills the line.
    pub(crate) reserved: [Guarded; 12],
}

layout!(Heap, size 256, align 128 {
    0 => used: Guarded, 8 => node: Guarded, 16 => total_bytes: Guarded, 24 => busy_bytes: Guarded,
    32 => busy_count: Guarded, 40 => free_count: Guarded, 48 => free: [Guarded; CLASSES],
    152 => limit: Guarded, 160 => reserved: [Guarded; 12],
});

/// What stands right before every block of heap memory, free or busy.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Element {
    /// `heap::state`: free, busy or merged, each a magic number; anything else is damage.
    pub(crate) state: Guarded,
    /// Bytes from this header to the next one, a multiple of 64.
    pub(crate) bytes: Guarded,
    /// The element before it in memory (offset). If there is none (an island starts here): the
    /// island's last element, with bit 0 set.
    pub(crate) before: Guarded,
    /// The memseg list it lies in, and the heap: `list << 32 | heap`.
    pub(crate) place: Guarded,
    /// Free: the next of its class. Busy: what was asked for, in bytes.
    pub(crate) next_free: Guarded,
    /// Free: the one before in its class. Busy: 0.
    pub(crate) prev_free: Guarded,
    /// Busy: the process that allocated it, packed. Free: 0.
    pub(crate) owner: Guarded,
    /// With `--match-allocations`, the grains of the growth it is a part of, which go back
    /// together: `first << 32 | count`. Else 0.
    pub(crate) matched: Guarded,
}

layout!(Element, size 64, align 64 {
    0 => state: Guarded, 8 => bytes: Guarded, 16 => before: Guarded, 24 => place: Guarded,
    32 => next_free: Guarded, 40 => prev_free: Guarded, 48 => owner: Guarded, 56 => matched: Guarded,
});

shared_layout! {
    Heap { Guarded, [Guarded; CLASSES], [Guarded; 12] },
    Element { Guarded },
}
