//! The bytes of a frame, the same in a mailbox and in a datagram.

use crate::layout;
use crate::shared::{Pad, shared_layout};

/// "PHXM", little-endian: how every frame begins.
pub const FRAME_MAGIC: u32 = u32::from_le_bytes(*b"PHXM");

/// Which frame this is; another one is refused by name (W-36).
pub const FRAME_VERSION: u16 = 1;

/// Bytes of a frame.
pub const FRAME_BYTES: usize = 384;

/// A frame as it lies in memory and travels, all numbers little-endian. It is read and written
/// as bytes, by [`Frame`](super::Frame); this table says which.
/// Writer of every field: the sender, before the frame is ready. Readers: the receiver, of its copy.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawFrame {
    /// [`FRAME_MAGIC`].
    pub(crate) magic: u32,
    /// [`FRAME_VERSION`].
    pub(crate) version: u16,
    /// [`Kind`](super::Kind), 1..=4.
    pub(crate) kind: u8,
    /// [`Reason`](super::Reason), 1..=5 of a refusal; otherwise 0.
    pub(crate) reason: u8,
    /// Which request this is or answers; 0 of a message.
    pub(crate) request: u64,
    /// The sender's generation.
    pub(crate) sender_generation: u32,
    /// The receiver's generation.
    pub(crate) target_generation: u32,
    /// The sender's slot, 0..64.
    pub(crate) sender_slot: u16,
    /// The receiver's slot, 0..64.
    pub(crate) target_slot: u16,
    /// Bytes of payload, 0..=256.
    pub(crate) payload_len: u16,
    /// Descriptors that travel beside the frame, 0..=8: a claim, the kernel's number counts.
    pub(crate) descriptors: u8,
    /// Always 0.
    pub(crate) reserved: u8,
    /// Always zeros.
    pub(crate) reserved_line: Pad<32>,
    /// [`ActionName`](super::ActionName): text, NUL, zeros.
    pub(crate) name: [u8; 64],
    /// The payload, then zeros.
    pub(crate) payload: [u8; 256],
}

layout!(RawFrame, size 384, align 8 {
    0 => magic: u32, 4 => version: u16, 6 => kind: u8, 7 => reason: u8, 8 => request: u64,
    16 => sender_generation: u32, 20 => target_generation: u32, 24 => sender_slot: u16,
    26 => target_slot: u16, 28 => payload_len: u16, 30 => descriptors: u8, 31 => reserved: u8,
    32 => reserved_line: Pad<32>, 64 => name: [u8; 64], 128 => payload: [u8; 256],
});

shared_layout! {
    RawFrame { u32, u16, u8, u64, Pad<32>, [u8; 64], [u8; 256] },
}
