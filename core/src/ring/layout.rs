//! The bytes of a ring: a line of facts, then each end's lines, then the slots.
//!
//! What different processes write lies 128 bytes apart (two lines: processors fetch them in
//! pairs). The first line is written once; each handle copies what it needs of it, so the
//! hot path never comes there, and a peer that scribbles on it harms nobody who is attached.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested32, Contested64, Published64, Word32, Word64};

/// "PHXRING\x01", little-endian.
pub const RING_MAGIC: u64 = u64::from_le_bytes(*b"PHXRING\x01");

/// How many of the last elements a single producer repeats beside its tail.
pub const NEWS: usize = 2;

/// One end of a ring: what all its producers, or all its consumers, share.
#[doc(alias = "rte_ring_headtail")]
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct End {
    /// How far this end has come, for the other end: the low half is the position before which
    /// all is done. The high half: whether the last element lies in `news` (Single), `owner << 16 |
    /// count` of the call in the middle (Multi, Hts), the last call before that position (Rts).
    /// Writers: this end's processes. Readers: the other end's, observers.
    pub(crate) tail: Contested64,
    /// The last elements put in one by one, by position modulo 2. Writer: a single producer.
    /// Readers: a single consumer. Unused at the consumers' end.
    pub(crate) news: [Published64; NEWS],
    /// Keeps what this end writes for itself off the line that the other end reads.
    pub(crate) pad: Pad<104>,
    /// The last reservation: `{position: 32, owner: 16, call: 16}`, where it ends, who made it and
    /// which call it is; or that the end is frozen (Rts; see [`super::mend`]). Writers and readers:
    /// this end's processes, observers.
    pub(crate) head: Contested64,
    /// Up to where this end may go, as one of its processes last saw: the other end's position
    /// (producers: plus the capacity), never ahead of it. Writers and readers: this end's processes.
    pub(crate) limit: Contested32,
    /// How far the head may run ahead of the tail (Rts). Writers: anyone. Readers: this end.
    pub(crate) lead_max: Word32,
    /// Who mends this end (Rts): the tag of a process in the low 16 bits, 0 for nobody; above, how
    /// often that was done. Writers and readers: menders, visitors.
    pub(crate) mender: Contested64,
    /// How many elements the mender has moved (Rts), 0..=capacity. Writer: the mender. Readers: the
    /// next one.
    pub(crate) moved: Contested32,
    /// Keeps the two ends apart.
    pub(crate) pad_end: Pad<100>,
}

layout!(End, size 256, align 128 {
    0 => tail: Contested64, 8 => news: [Published64; NEWS], 24 => pad: Pad<104>,
    128 => head: Contested64, 136 => limit: Contested32, 140 => lead_max: Word32, 144 => mender: Contested64,
    152 => moved: Contested32, 156 => pad_end: Pad<100>,
});

/// How many calls of an Rts end may be between their reservation and the tail.
pub const LOG_CALLS: usize = if cfg!(loom) { 4 } else { 256 };

/// The last calls of an Rts end; stands behind the slots, producers' first.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct CallLog {
    /// By call number modulo [`LOG_CALLS`]: `{position: 32, owner: 16, call: 16}`, where the call's
    /// run ends, who is in the middle of it (0: it is finished), which call it is. Writers: this
    /// end's processes. Readers: they, and observers.
    pub(crate) calls: [Contested64; LOG_CALLS],
}

#[cfg(not(loom))]
layout!(CallLog, size 2048, align 128 { 0 => calls: [Contested64; LOG_CALLS] });
#[cfg(loom)]
layout!(CallLog, size 32, align 128 { 0 => calls: [Contested64; LOG_CALLS] });

/// What stands before a ring's slots. Unless a field says otherwise: writer, who formats it;
/// readers, who attaches.
#[doc(alias = "rte_ring")]
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct RingHeader {
    /// [`RING_MAGIC`], written last.
    pub(crate) magic: Published64,
    /// Slots, a power of two up to 2^30.
    pub(crate) size: Word32,
    /// `size - 1`.
    pub(crate) mask: Word32,
    /// How many elements it holds at most, 1..=mask.
    pub(crate) capacity: Word32,
    /// [`flags`](super::flags): how each end synchronises.
    pub(crate) flags: Word32,
    /// Bytes of one element, a multiple of 4.
    pub(crate) element_size: Word32,
    /// Alignment of one element in bytes.
    pub(crate) element_align: Word32,
    /// [`Shared::HASH`](crate::shared::Shared::HASH) of the element type.
    pub(crate) element_hash: Word64,
    /// Its [`Name`](crate::name::Name), for dumps; zeros if it was made in place.
    pub(crate) name: [Word64; 4],
    /// Who is the single producer: a packed [`ProcessId`](crate::group::ProcessId), 0 for nobody.
    /// Writers: claimers, by swap. Readers: all.
    pub(crate) producer_claim: Contested64,
    /// Who is the single consumer. Writers and readers as above.
    pub(crate) consumer_claim: Contested64,
    /// 1 while a consumer may sleep ([`wait`](crate::wait)), else 0; used in rings whose flags
    /// allow it. On this line, for it is written only around a sleep. Writers: consumers,
    /// producers. Readers: producers.
    pub(crate) asleep: Contested32,
    /// Fills the line.
    pub(crate) pad: Pad<36>,
    /// Where elements go in.
    pub(crate) producers: End,
    /// Where they come out.
    pub(crate) consumers: End,
}

layout!(RingHeader, size 640, align 128 {
    0 => magic: Published64, 8 => size: Word32, 12 => mask: Word32, 16 => capacity: Word32,
    20 => flags: Word32, 24 => element_size: Word32, 28 => element_align: Word32,
    32 => element_hash: Word64, 40 => name: [Word64; 4], 72 => producer_claim: Contested64,
    80 => consumer_claim: Contested64, 88 => asleep: Contested32, 92 => pad: Pad<36>, 128 => producers: End, 384 => consumers: End,
});

shared_layout! {
    End { Contested64, [Published64; NEWS], Pad<104>, Contested32, Word32, Pad<100> },
    CallLog { [Contested64; LOG_CALLS] },
    RingHeader { Published64, Word32, Word64, [Word64; 4], Contested64, Contested32, Pad<36>, End },
}

/// Bytes before the slots.
pub const HEADER_BYTES: usize = 640;

/// Bytes that a ring of `size` slots of `element_size` bytes takes, header and all, if
/// `rts_ends` (0..=2) of its ends are [`Sync::Rts`](super::Sync::Rts); a multiple of 128, so that
/// the next object's first line is its own. `None` on overflow.
///
/// ```
/// # use phalanx_core::ring::footprint;
/// assert_eq!(footprint(1024, 8, 0), Some(640 + 8192));
/// assert_eq!(footprint(1024, 8, 2), Some(640 + 8192 + 2 * 2048));
/// ```
#[doc(alias = "rte_ring_get_memsize")]
#[doc(alias = "rte_ring_get_memsize_elem")]
pub const fn footprint(size: u32, element_size: u32, rts_ends: u32) -> Option<usize> {
    let logs = rts_ends as u64 * size_of::<CallLog>() as u64;
    match logs_at(size, element_size) {
        Some(bytes) if bytes.saturating_add(logs) <= isize::MAX as u64 => {
            Some((bytes + logs) as usize)
        }
        _ => None,
    }
}

/// Bytes from the header to what stands behind the slots.
pub(super) const fn logs_at(size: u32, element_size: u32) -> Option<u64> {
    (size as u64 * element_size as u64 + HEADER_BYTES as u64).checked_next_multiple_of(128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footprint_is_the_header_and_the_slots_in_whole_lines() {
        let golden = [
            ((2, 4), 768),
            ((16, 8), 768),
            ((1024, 8), 8832),
            ((1024, 16), 17024),
            ((1024, 20), 21120),
            ((1 << 30, 8), 8_589_935_232),
        ];
        for ((size, bytes), expected) in golden {
            assert_eq!(footprint(size, bytes, 0), Some(expected), "{size} of {bytes}");
            assert_eq!(footprint(size, bytes, 1), Some(expected + 2048), "{size} of {bytes}");
        }
        assert_eq!(footprint(1 << 31, u32::MAX, 2), Some(9_223_372_034_707_296_896));
    }
}
