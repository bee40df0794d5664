//! How the processes at one end of a ring keep out of each other's way, and DPDK's numbers for it.

/// A ring's flags as one number, DPDK's values (RI-2).
pub mod flags {
    /// One producer.
    #[doc(alias = "RING_F_SP_ENQ")]
    pub const SINGLE_PRODUCER: u32 = 1;
    /// One consumer.
    #[doc(alias = "RING_F_SC_DEQ")]
    pub const SINGLE_CONSUMER: u32 = 2;
    /// Exactly as many elements as asked for.
    #[doc(alias = "RING_F_EXACT_SZ")]
    pub const EXACT_SIZE: u32 = 4;
    /// Producers with a relaxed tail.
    #[doc(alias = "RING_F_MP_RTS_ENQ")]
    pub const RTS_PRODUCERS: u32 = 8;
    /// Consumers with a relaxed tail.
    #[doc(alias = "RING_F_MC_RTS_DEQ")]
    pub const RTS_CONSUMERS: u32 = 0x10;
    /// Producers one after the other.
    #[doc(alias = "RING_F_MP_HTS_ENQ")]
    pub const HTS_PRODUCERS: u32 = 0x20;
    /// Consumers one after the other.
    #[doc(alias = "RING_F_MC_HTS_DEQ")]
    pub const HTS_CONSUMERS: u32 = 0x40;
}

use flags as f;

/// How the processes at one end of a ring keep out of each other's way.
#[doc(alias = "rte_ring_sync_type")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// One process has the end, by claim: no atomic read-modify-write at all.
    #[doc(alias = "RTE_RING_SYNC_ST")]
    Single,
    /// Many, one at a time, and the name of who is in the middle stands in the word: a dead one is
    /// undone by the next. The default.
    #[doc(alias = "RTE_RING_SYNC_MT")]
    Multi,
    /// Many copy at the same time, and nobody waits for a slow one before it (relaxed tail). Each
    /// such end takes 2 KB more, for a log of its calls; what a dead one left is mended.
    #[doc(alias = "RTE_RING_SYNC_MT_RTS")]
    Rts,
    /// The same as [`Multi`](Self::Multi), by DPDK's name for it.
    #[doc(alias = "RTE_RING_SYNC_MT_HTS")]
    Hts,
}

impl Sync {
    /// What DPDK's dump calls it (RI-17).
    pub const fn dump_name(self) -> &'static str {
        match self {
            Self::Single => "ST",
            Self::Multi => "MT",
            Self::Rts => "MT_RTS",
            Self::Hts => "MT_HTS",
        }
    }

    pub(super) const fn producer_flag(self) -> u32 {
        match self {
            Self::Single => f::SINGLE_PRODUCER,
            Self::Multi => 0,
            Self::Rts => f::RTS_PRODUCERS,
            Self::Hts => f::HTS_PRODUCERS,
        }
    }

    pub(super) const fn consumer_flag(self) -> u32 {
        match self {
            Self::Single => f::SINGLE_CONSUMER,
            Self::Multi => 0,
            Self::Rts => f::RTS_CONSUMERS,
            Self::Hts => f::HTS_CONSUMERS,
        }
    }

    pub(super) const ALL: [Self; 4] = [Self::Single, Self::Multi, Self::Rts, Self::Hts];
}
