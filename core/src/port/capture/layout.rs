//! The bytes of a capture: who looks on, what is wanted, where it goes, what was counted.
#![expect(
    unsafe_code,
    reason = "a capture's state is words that several processes look at: unsafe to claim"
)]

use crate::layout;
use crate::shared::{Pad, Words, shared_layout};
use crate::sync::{Contested64, Published64, Word32, Word64};

use super::super::filter::{STEP_WORDS, STEPS_MAX};

/// "PHXCAPT\x01", little-endian.
pub const CAPTURE_MAGIC: u64 = u64::from_le_bytes(*b"PHXCAPT\x01");

/// How many captures there may be in a group at a time.
pub const CAPTURES_MAX: usize = 8;

/// Words of a filter.
pub const FILTER_WORDS: usize = STEPS_MAX * STEP_WORDS;

/// One capture. It outlives who looks on, for the next one.
#[repr(C)]
#[derive(Debug)]
pub struct CaptureState {
    /// [`CAPTURE_MAGIC`]. Writer: the creator, last. Readers: all.
    pub(crate) magic: Published64,
    /// Who looks on: a packed [`ProcessId`](crate::group::ProcessId), who may be gone; 0 for
    /// nobody. Writers: who opens or closes it, by swap. Readers: all.
    pub(crate) owner: Contested64,
    /// Which use of it this is, from 1. Writer: the owner, after the rest. Readers: hooks, which
    /// write it into each copy; the owner, who leaves out copies of earlier rounds.
    pub(crate) round: Published64,
    /// Where its pool lies: bytes from the window's start. Writer: the creator.
    pub(crate) pool: Word64,
    /// Where its ring lies. Writer: the creator.
    pub(crate) ring: Word64,
    /// Bytes of a packet that are copied, 1 or more. This and the next three: writer, the
    /// owner; readers, hooks.
    pub(crate) snap_len: Word32,
    /// Bit 0: what comes; bit 1: what goes.
    pub(crate) directions: Word32,
    /// The only queue that is wanted, plus 1; 0 for all.
    pub(crate) queue: Word32,
    /// Steps of the filter, 0..=64; 0 takes everything.
    pub(crate) steps: Word32,
    /// Keeps what hooks write off the line that they read.
    pub(crate) pad: Pad<72>,
    /// Copies that were put into the ring. Writers of this and the next three: hooks, by adding.
    pub(crate) accepted: Contested64,
    /// Packets that the filter left.
    pub(crate) filtered: Contested64,
    /// Packets for whose copy there was no mbuf.
    pub(crate) no_mbuf: Contested64,
    /// Copies that the ring had no room for, or that a stopped process kept out of it.
    pub(crate) ring_full: Contested64,
    /// Fills the line.
    pub(crate) pad_counts: Pad<96>,
    /// The filter's steps. Writer: the owner. Readers: hooks, which trust none of it.
    pub(crate) filter: [Word64; FILTER_WORDS],
}

layout!(CaptureState, size 1792, align 8 {
    0 => magic: Published64, 8 => owner: Contested64, 16 => round: Published64, 24 => pool: Word64,
    32 => ring: Word64, 40 => snap_len: Word32, 44 => directions: Word32, 48 => queue: Word32,
    52 => steps: Word32, 56 => pad: Pad<72>, 128 => accepted: Contested64, 136 => filtered: Contested64,
    144 => no_mbuf: Contested64, 152 => ring_full: Contested64, 160 => pad_counts: Pad<96>,
    256 => filter: [Word64; FILTER_WORDS],
});

shared_layout! {
    CaptureState {
        Published64, Contested64, Word64, Word32, Pad<72>, Pad<96>, [Word64; FILTER_WORDS]
    },
}

// SAFETY: atomics, and pads that nobody reads or writes.
unsafe impl Words for CaptureState {}
