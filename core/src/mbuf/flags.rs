//! What is known of a packet: DPDK's `ol_flags`, bit for bit, those that this library sets or reads.

/// The packet came with a VLAN tag, which is in [`Mbuf::vlan`](super::Mbuf::vlan).
#[doc(alias = "RTE_MBUF_F_RX_VLAN")]
pub const VLAN: u64 = 1;
/// [`Mbuf::hash`](super::Mbuf::hash) is the packet's RSS hash.
#[doc(alias = "RTE_MBUF_F_RX_RSS_HASH")]
pub const RSS_HASH: u64 = 1 << 1;
/// A rule of the device has set [`Mbuf::mark`](super::Mbuf::mark).
#[doc(alias = "RTE_MBUF_F_RX_FDIR_ID")]
pub const MARK: u64 = 1 << 13;
/// The VLAN tag is no longer in the data.
#[doc(alias = "RTE_MBUF_F_RX_VLAN_STRIPPED")]
pub const VLAN_STRIPPED: u64 = 1 << 6;
/// A VLAN tag is to be put on.
#[doc(alias = "RTE_MBUF_F_TX_VLAN")]
pub const TX_VLAN: u64 = 1 << 57;
/// The buffer is another mbuf's.
#[doc(alias = "RTE_MBUF_F_INDIRECT")]
pub const INDIRECT: u64 = 1 << 62;
/// The buffer is no pool's.
#[doc(alias = "RTE_MBUF_F_EXTERNAL")]
pub const EXTERNAL: u64 = 1 << 61;
/// Bits that say what the buffer is, and that only this library sets.
pub const OWN: u64 = INDIRECT | EXTERNAL;
