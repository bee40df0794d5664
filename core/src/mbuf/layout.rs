//! The bytes of an mbuf: a header of two lines, the program's private bytes, the buffer.
//!
//! ```text
//!   +0           +64           +128            +128+private         +128+private+room
//!   | first line | second line | private bytes | headroom | data | tailroom |
//! ```
//!
//! What a driver writes for a packet that came lies in the first line. Nothing is a pointer:
//! places are bytes from the window's start (MB-3). Numbers are in the machine's byte order; what
//! comes from a packet (VLAN tags) is turned into it.
//!
//! Whoever holds an mbuf writes its fields, and hands them on with it; so they are plain words.
//! Three change under others' eyes, and are read by who recovers too: `refs`, `link` and `bond`.
#![expect(unsafe_code, reason = "types are claimed to be `Shared` or `Words`")]

use crate::layout;
use crate::shared::{Pad, Shared, Words, hash_of, shared_layout};
use crate::sync::{Contested64, Guarded, Published64, Word32, Word64};

/// Bytes of an mbuf's header.
pub const HEADER_BYTES: u32 = 128;

/// Bytes before the data of a fresh mbuf, for headers that are put in front (MB-2).
#[doc(alias = "RTE_PKTMBUF_HEADROOM")]
pub const HEADROOM: u16 = 128;

/// Bytes of a buffer that holds an Ethernet frame of the usual length, headroom and all (MB-2).
#[doc(alias = "RTE_MBUF_DEFAULT_BUF_SIZE")]
pub const DATA_ROOM: u16 = 2048 + HEADROOM;

/// What the bytes of the private area are a multiple of.
#[doc(alias = "RTE_MBUF_PRIV_ALIGN")]
pub const PRIVATE_ALIGN: u16 = 8;

/// The most bytes of the private area.
pub const PRIVATE_MAX: u16 = u16::MAX - (PRIVATE_ALIGN - 1);

/// The most segments of a packet.
#[doc(alias = "RTE_MBUF_MAX_NB_SEGS")]
pub const SEGMENTS_MAX: u16 = u16::MAX;

/// No port.
#[doc(alias = "RTE_MBUF_PORT_INVALID")]
pub const PORT_NONE: u16 = u16::MAX;

/// Bytes for dynamic fields.
pub(super) const DYNAMIC_BYTES: usize = 40;

/// An mbuf. Unless a field says otherwise: writer, who holds it; readers, who holds it next.
#[doc(alias = "rte_mbuf")]
#[repr(C, align(64))]
#[derive(Debug)]
pub struct MbufHeader {
    /// Where its buffer starts: bytes from the window's start. A clone's is another mbuf's.
    pub(crate) buf: Word64,
    /// Who refers to its buffer, and who changed that last ([`Refs`](super::refs::Refs)); 0 in the
    /// pool and of whoever is not cloned. Writers: its holder and those of its clones, by swap.
    /// Readers: these, and who recovers.
    pub(crate) refs: Contested64,
    /// `next << 16 | segments`: where the next segment's header lies (bytes from the window's
    /// start, 0 for none), and how many segments there are from this one on, 1..=65535.
    /// Readers: also who recovers.
    pub(crate) link: Published64,
    /// What is known of the packet: DPDK's `ol_flags`, bit for bit.
    pub(crate) flags: Word64,
    /// `port << 48 | room << 32 | length << 16 | offset`: the port it came by or goes to; bytes of
    /// the buffer; bytes of data in it; bytes from the buffer's start to the data.
    pub(crate) span: Word64,
    /// Bytes of data in all segments. Only the first segment's means anything.
    pub(crate) packet_len: Word32,
    /// DPDK's packet type: a nibble a layer.
    pub(crate) packet_type: Word32,
    /// `outer << 16 | inner`: VLAN tags that were taken off, or are to be put on.
    pub(crate) vlan: Word32,
    /// The RSS hash.
    pub(crate) hash: Word32,
    /// Where its pool's header lies: bytes from the window's start. Writer: who populates the pool.
    pub(crate) pool: Word64,
    /// Whose buffer it refers to, and how far that has come ([`Bond`](super::refs::Bond)); 0 of
    /// whoever has its own. Writers: its holder; who completes what it had begun, by swap.
    pub(crate) bond: Contested64,
    /// Lengths of headers for offloads, as DPDK packs them. Means something where flags ask for it.
    pub(crate) tx_offload: Word64,
    /// What a rule of the device marked the packet with.
    pub(crate) mark: Word32,
    /// Keeps the dynamic fields at 8 bytes.
    pub(crate) pad: Pad<4>,
    /// What programs agreed to put here ([`DynamicField`](super::DynamicField)).
    pub(crate) dynamic: [Word64; DYNAMIC_BYTES / 8],
}

layout!(MbufHeader, size 128, align 64 {
    0 => buf: Word64, 8 => refs: Contested64, 16 => link: Published64, 24 => flags: Word64, 32 => span: Word64,
    40 => packet_len: Word32, 44 => packet_type: Word32, 48 => vlan: Word32, 52 => hash: Word32,
    56 => pool: Word64, 64 => bond: Contested64, 72 => tx_offload: Word64, 80 => mark: Word32, 84 => pad: Pad<4>,
    88 => dynamic: [Word64; DYNAMIC_BYTES / 8],
});

/// What all mbufs of a pool have in common: the pool's private area. Writer: who creates it.
#[doc(alias = "rte_pktmbuf_pool_private")]
#[repr(C)]
#[derive(Debug, Default)]
pub struct MbufPoolFacts {
    /// Bytes of a buffer, headroom and all, 0..=65535.
    pub(crate) room: Word32,
    /// Bytes of an mbuf's private area, a multiple of 8, 0..=65528.
    pub(crate) private_bytes: Word32,
    /// External buffers that mbufs of the pool referred to last and that nobody released, ever.
    /// Writers: who frees, and who recovers, by addition. Readers: audits.
    pub(crate) kept: Contested64,
}

layout!(MbufPoolFacts, size 16, align 8 {
    0 => room: Word32, 4 => private_bytes: Word32, 8 => kept: Contested64,
});

/// "PHXEXTB\x01", little-endian.
pub(super) const EXTERNAL_MAGIC: u64 = u64::from_le_bytes(*b"PHXEXTB\x01");

/// What stands before the bytes of a buffer that is no pool's. Unless a field says otherwise: writer,
/// who lends it; readers, who holds an mbuf that refers to it, and who recovers.
#[doc(alias = "rte_mbuf_ext_shared_info")]
#[repr(C, align(64))]
#[derive(Debug)]
pub struct ExternalHeader {
    /// `EXTERNAL_MAGIC`, written last.
    pub(crate) magic: Published64,
    /// Who refers to it, as of an mbuf that was let go. Writers: holders of mbufs, by swap.
    pub(crate) refs: Contested64,
    /// How it is released: a [`ReleaseId`](super::ReleaseId).
    pub(crate) release: Word32,
    /// Bytes of the buffer, 0..=65535.
    pub(crate) len: Word32,
    /// What its lender wants to hear when it is released.
    pub(crate) argument: Word64,
    /// 1 if nobody refers to it and its release was not called; else 0. Writers: who freed it last,
    /// who recovers, and who asks for it, by swap.
    pub(crate) kept: Contested64,
    /// Fills the line.
    pub(crate) pad: Pad<24>,
}

layout!(ExternalHeader, size 64, align 64 {
    0 => magic: Published64, 8 => refs: Contested64, 16 => release: Word32, 20 => len: Word32,
    24 => argument: Word64, 32 => kept: Contested64, 40 => pad: Pad<24>,
});

/// How many names the table of dynamic fields and flags has room for.
pub(super) const DYNAMIC_ENTRIES: usize = 64;

/// A dynamic field or flag. Writers: who registers one, under the group's lock. Readers: the same.
#[repr(C)]
#[derive(Debug, Default)]
pub struct DynamicEntry {
    /// Its [`Name`](crate::name::Name).
    pub(crate) name: [Guarded; 4],
    /// A field: `1 << 62 | size << 8 | offset`, in bytes. A flag: `1 << 63 | bit`. 0: nothing yet.
    pub(crate) what: Guarded,
}

layout!(DynamicEntry, size 40, align 8 { 0 => name: [Guarded; 4], 32 => what: Guarded });

/// All dynamic fields and flags: a memzone.
#[repr(C)]
#[derive(Debug)]
pub struct DynamicTable {
    /// In the order in which they were registered.
    pub(crate) entries: [DynamicEntry; DYNAMIC_ENTRIES],
}

layout!(DynamicTable, size 2560, align 8 { 0 => entries: [DynamicEntry; DYNAMIC_ENTRIES] });

/// A packet that lies in a ring: one word, which says where, and what who passes it on has to know. Writer:
/// who puts it in. Readers: who takes it out, who recovers, and audits.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waybill {
    /// `length: 16, port: 8, place: 34, what it is: 6` ([`waybill`](super::waybill)). The name is of the layout's
    /// fingerprint: who knows fewer kinds must not read it.
    pub(super) says: u64,
}

layout!(Waybill, size 8, align 8 { 0 => says: u64 });

shared_layout! {
    Waybill { u64 },
    MbufHeader { Word64, Contested64, Published64, Word32, Pad<4>, [Word64; DYNAMIC_BYTES / 8] },
    DynamicEntry { [Guarded; 4], Guarded },
    DynamicTable { [DynamicEntry; DYNAMIC_ENTRIES] },
    MbufPoolFacts { Word32, Contested64 },
    ExternalHeader { Published64, Contested64, Word32, Word64, Pad<24> },
}

// SAFETY: atomics only.
unsafe impl Words for DynamicTable {}

// SAFETY: atomics only.
unsafe impl Words for MbufPoolFacts {}

/// What the place of an mbuf is an offset to, for rings and pools. No value of it exists, and no
/// program can name it.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct MbufPlace(u8);

// SAFETY: a transparent byte.
unsafe impl Shared for MbufPlace {
    const HASH: u64 = hash_of("Mbuf");
}
