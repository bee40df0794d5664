//! The bytes of a device's queue: facts, the claimant's words, a word a descriptor, the descriptors.
//!
//! ```text
//!   +0        +128        +256                      +256+8·capacity, to the next 4096
//!   | facts   | claimant  | entry 0 · entry 1 · …   | what the device reads and writes
//! ```
//!
//! The entries are the processes' alone: no device sees them. What lies behind them is laid out as the
//! device wants it, by its driver, and a device may write anything there.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested64, Published64, Word32, Word64};

/// "PHXDEVQ\x01", little-endian.
pub const DEVICE_QUEUE_MAGIC: u64 = u64::from_le_bytes(*b"PHXDEVQ\x01");

/// The most descriptors of a queue.
pub const DESCRIPTORS_MAX: u32 = 32_768;

/// What the place of a queue's device memory is a multiple of, in bytes.
pub const MEMORY_ALIGN: u64 = 4096;

/// What stands before a queue's entries. Unless a field says otherwise: writer, who creates it;
/// readers, all.
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct DeviceQueueHeader {
    /// [`DEVICE_QUEUE_MAGIC`], written last.
    pub(crate) magic: Published64,
    /// Descriptors, a power of two from 2 to `capacity`. Writer: also its user, while nothing lies in it.
    pub(crate) size: Word32,
    /// [`Direction`](crate::port::Direction): 0 for Rx, 1 for Tx.
    pub(crate) direction: Word32,
    /// Where the device's memory starts: bytes from the window's start.
    pub(crate) memory: Word64,
    /// Bytes of it.
    pub(crate) memory_bytes: Word64,
    /// The driver's own: what the user of a queue must know. Writer: the port's owner, when it sets the
    /// device up.
    pub(crate) driver_word: Word64,
    /// For how many descriptors it has room, a power of two up to 32,768.
    pub(crate) capacity: Word32,
    /// Keeps what is written off the facts.
    pub(crate) pad: Pad<84>,
    /// Who works on the queue: a packed [`ProcessId`](crate::group::ProcessId), 0 for nobody. Writers:
    /// who opens or drops [`Slots`](super::Slots), by swap. Readers: the same.
    pub(crate) user: Contested64,
    /// `posted << 32 | done`: before which position all was handed over to the device, and before which
    /// all came back. Positions are counted modulo 2^32. Writer: the user. Readers: the next user.
    pub(crate) cursor: Published64,
    /// Keeps the entries apart from it.
    pub(crate) pad_user: Pad<112>,
}

layout!(DeviceQueueHeader, size 256, align 128 {
    0 => magic: Published64, 8 => size: Word32, 12 => direction: Word32, 16 => memory: Word64,
    24 => memory_bytes: Word64, 32 => driver_word: Word64, 40 => capacity: Word32, 44 => pad: Pad<84>, 128 => user: Contested64,
    136 => cursor: Published64, 144 => pad_user: Pad<112>,
});

shared_layout! {
    DeviceQueueHeader { Published64, Word32, Word64, Pad<84>, Contested64, Pad<112> },
}

/// Bytes before the entries.
pub(super) const HEADER_BYTES: u64 = size_of::<DeviceQueueHeader>() as u64;

/// Bytes of the device's memory of a queue with room for `capacity` descriptors: what those of any driver take.
pub(crate) const fn memory_bytes(capacity: u32) -> u64 {
    32 * capacity as u64 + 1024
}

/// Bytes from the header to the device's memory, of a queue with room for `capacity` descriptors.
pub(super) const fn memory_at(capacity: u32) -> u64 {
    (HEADER_BYTES + capacity as u64 * 8).next_multiple_of(MEMORY_ALIGN)
}
