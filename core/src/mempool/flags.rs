//! A pool's flags, with the reference's numbers where it has them (MP-5).

use core::fmt;
use core::ops::BitOr;

/// What a pool was made with, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolFlags(u32);

impl PoolFlags {
    /// None.
    pub const NONE: Self = Self(0);
    /// Objects are not spread over memory channels.
    #[doc(alias = "RTE_MEMPOOL_F_NO_SPREAD")]
    pub const NO_SPREAD: Self = Self(1);
    /// Objects are aligned to 8 bytes, not to 64. Implies [`NO_SPREAD`](Self::NO_SPREAD).
    #[doc(alias = "RTE_MEMPOOL_F_NO_CACHE_ALIGN")]
    pub const NO_CACHE_ALIGN: Self = Self(2);
    /// One putter at a time is promised.
    #[doc(alias = "RTE_MEMPOOL_F_SP_PUT")]
    pub const SP_PUT: Self = Self(4);
    /// One getter at a time is promised.
    #[doc(alias = "RTE_MEMPOOL_F_SC_GET")]
    pub const SC_GET: Self = Self(8);
    /// The handler is laid out. Set by the pool, not by its maker.
    pub const POOL_CREATED: Self = Self(0x10);
    /// An object may cross a page, so a device may not find it in one piece.
    #[doc(alias = "RTE_MEMPOOL_F_NO_IOVA_CONTIG")]
    pub const NO_IOVA_CONTIG: Self = Self(0x20);
    /// No device may use the objects. Set by the pool: it goes with
    /// [`NO_IOVA_CONTIG`](Self::NO_IOVA_CONTIG).
    #[doc(alias = "RTE_MEMPOOL_F_NON_IO")]
    pub const NON_IO: Self = Self(0x40);

    /// After a process's death its objects go back to the pool. No flag of the reference's.
    pub const RECOVERABLE: Self = Self(0x100);

    const ASKABLE: Self = Self(0x12f);

    /// The bits, as the reference numbers those that it has.
    #[inline]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all bits of `of` are set.
    #[inline]
    pub const fn has(self, of: Self) -> bool {
        self.0 & of.0 == of.0
    }

    /// What a person may ask for; `Err` with the bits that mean nothing or are the pool's own
    /// to set.
    pub const fn from_bits(bits: u32) -> Result<Self, u32> {
        match bits & !Self::ASKABLE.0 {
            0 => Ok(Self(bits)),
            unknown => Err(unknown),
        }
    }

    /// As asked for, with what it implies: what lies in shared memory.
    pub(super) const fn implied(self) -> Self {
        let mut bits = self.0 | Self::POOL_CREATED.0;
        if self.has(Self::NO_CACHE_ALIGN) {
            bits |= Self::NO_SPREAD.0;
        }
        if self.has(Self::NO_IOVA_CONTIG) {
            bits |= Self::NON_IO.0;
        }
        Self(bits)
    }

    /// The bits as a peer wrote them.
    pub(super) const fn from_shared(bits: u32) -> Self {
        Self(bits)
    }

    /// The part that a maker may ask for.
    pub(super) const fn unaskable(self) -> u32 {
        self.0 & !Self::ASKABLE.0
    }
}

impl BitOr for PoolFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for PoolFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PoolFlags({:#x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_references_numbers() {
        let all = [
            PoolFlags::NO_SPREAD,
            PoolFlags::NO_CACHE_ALIGN,
            PoolFlags::SP_PUT,
            PoolFlags::SC_GET,
            PoolFlags::POOL_CREATED,
            PoolFlags::NO_IOVA_CONTIG,
            PoolFlags::NON_IO,
        ];
        assert_eq!(all.map(PoolFlags::bits), [1, 2, 4, 8, 0x10, 0x20, 0x40]);
    }

    #[test]
    fn unknown_bits_and_bits_that_are_the_pools_own_are_refused_by_value() {
        assert_eq!(PoolFlags::from_bits(0x80 | 1), Err(0x80));
        assert_eq!(PoolFlags::from_bits(0x50), Err(0x50));
        assert_eq!(PoolFlags::from_bits(0x12f).map(PoolFlags::bits), Ok(0x12f));
    }

    #[test]
    fn a_pool_whose_objects_cross_pages_is_not_for_devices() {
        assert!(PoolFlags::NO_IOVA_CONTIG.implied().has(PoolFlags::NON_IO));
        assert!(!PoolFlags::NONE.implied().has(PoolFlags::NON_IO));
    }
}
