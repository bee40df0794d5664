//! `ZoneFlags`: what pages a zone is to lie on, with the field's numbers (MZ-4).

use core::fmt;
use core::ops::BitOr;

/// Page sizes that a zone may lie on, and how strictly.
///
/// ```
/// use phalanx_core::memzone::ZoneFlags;
/// let flags = ZoneFlags::PAGES_2MB | ZoneFlags::PAGES_1GB;
/// assert_eq!(flags.bits(), 3);
/// assert_eq!(flags.page_sizes(), (2 << 20) | (1 << 30));
/// ```
#[doc(alias = "RTE_MEMZONE_2MB")]
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ZoneFlags(u32);

/// Each flag that names a page size, and that size in bytes.
const SIZES: [(ZoneFlags, u64); 8] = [
    (ZoneFlags::PAGES_2MB, 2 << 20),
    (ZoneFlags::PAGES_1GB, 1 << 30),
    (ZoneFlags::PAGES_16MB, 16 << 20),
    (ZoneFlags::PAGES_16GB, 16 << 30),
    (ZoneFlags::PAGES_256KB, 256 << 10),
    (ZoneFlags::PAGES_256MB, 256 << 20),
    (ZoneFlags::PAGES_512MB, 512 << 20),
    (ZoneFlags::PAGES_4GB, 4 << 30),
];

impl ZoneFlags {
    /// Any pages.
    pub const NONE: Self = Self(0);
    /// 2 MB pages.
    pub const PAGES_2MB: Self = Self(0x1);
    /// 1 GB pages.
    #[doc(alias = "RTE_MEMZONE_1GB")]
    pub const PAGES_1GB: Self = Self(0x2);
    /// The sizes are a wish: other pages will do.
    #[doc(alias = "RTE_MEMZONE_SIZE_HINT_ONLY")]
    pub const SIZE_HINT_ONLY: Self = Self(0x4);
    /// 16 MB pages.
    pub const PAGES_16MB: Self = Self(0x100);
    /// 16 GB pages.
    pub const PAGES_16GB: Self = Self(0x200);
    /// 256 KB pages.
    pub const PAGES_256KB: Self = Self(0x1_0000);
    /// 256 MB pages.
    pub const PAGES_256MB: Self = Self(0x2_0000);
    /// 512 MB pages.
    pub const PAGES_512MB: Self = Self(0x4_0000);
    /// 4 GB pages.
    pub const PAGES_4GB: Self = Self(0x8_0000);
    /// One piece of memory for a device, too. Behind an IOMMU every zone is; without one, what
    /// lies in one page is, and a zone that fits in a page is laid into one
    /// ([`Zone::is_in_one_page`](super::Zone::is_in_one_page)).
    #[doc(alias = "RTE_MEMZONE_IOVA_CONTIG")]
    pub const IOVA_CONTIG: Self = Self(0x10_0000);

    /// Flags by number, unknown ones included: [`reserve`](super::Zone::reserve) refuses those.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The number.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `flags` are among these.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// The bits that mean nothing.
    pub fn unknown(self) -> u32 {
        let known =
            SIZES.iter().fold(Self::SIZE_HINT_ONLY | Self::IOVA_CONTIG, |all, it| all | it.0);
        self.0 & !known.0
    }

    /// The page sizes asked for, in bytes, or'ed together: each is a power of two. 0 for any.
    pub fn page_sizes(self) -> u64 {
        SIZES.iter().filter(|(flag, _)| self.contains(*flag)).fold(0, |all, (_, size)| all | size)
    }
}

impl BitOr for ZoneFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for ZoneFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZoneFlags({:#x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bits_are_told_from_known_ones() {
        assert_eq!(ZoneFlags::from_bits(0x1f_0307).unknown(), 0);
        assert_eq!(ZoneFlags::from_bits(0x8000_0008).unknown(), 0x8000_0008);
    }
}
