//! `ZoneOptions`: what a zone is to be, checked in the field's order (MZ-2, MZ-3).

use super::{ZoneError, ZoneFlags};
use crate::heap::{AllocRequest, LINE_BYTES, Node, Pages};

/// What a zone is to be. Its default: the biggest free piece there is.
///
/// ```
/// use phalanx_core::memzone::ZoneOptions;
/// let options = ZoneOptions { align: 4096, ..ZoneOptions::new(1 << 20) };
/// ```
#[doc(alias = "rte_memzone_reserve_aligned")]
#[doc(alias = "rte_memzone_reserve_bounded")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneOptions {
    /// Bytes, rounded up to 64. 0: as many as `bound`, or without one the biggest free piece.
    pub len: u64,
    /// Alignment in bytes: a power of two, raised to 64; 0 for no wish.
    pub align: u64,
    /// A power of two, no multiple of which lies inside the zone; 0 for no wish.
    pub bound: u64,
    /// The NUMA node. Without huge pages always any.
    pub node: Node,
    /// The pages.
    pub flags: ZoneFlags,
}

impl ZoneOptions {
    /// `len` bytes, wherever they are free.
    pub const fn new(len: u64) -> Self {
        Self { len, align: 0, bound: 0, node: Node::Any, flags: ZoneFlags::NONE }
    }

    /// What to ask of the heap; 0 bytes stand for the biggest free piece. The checks stand in
    /// the order of MZ-2.
    pub(super) fn request(&self) -> Result<AllocRequest, ZoneError> {
        let Self { len, align, bound, node, flags } = *self;
        if align != 0 && !align.is_power_of_two() {
            return Err(ZoneError::Align { align });
        }
        let lines = len.checked_next_multiple_of(LINE_BYTES).ok_or(ZoneError::Len { len })?;
        let least = lines.max(LINE_BYTES);
        if bound != 0 && (least > bound || !bound.is_power_of_two()) {
            return Err(ZoneError::Bound { bound, len: least });
        }
        if flags.unknown() != 0 {
            return Err(ZoneError::Flags { unknown: flags.unknown() });
        }
        let bytes = if lines == 0 { bound } else { lines };
        let bound = if bound == 0 { flags.bound_for(bytes) } else { bound };
        Ok(AllocRequest { bytes, align: align.max(LINE_BYTES), bound, node, pages: flags.pages() })
    }
}

impl ZoneFlags {
    /// The heap's word for these pages: several sizes together mean any of them.
    fn pages(self) -> Pages {
        match self.page_sizes() {
            0 => Pages::Any,
            sizes if self.contains(Self::SIZE_HINT_ONLY) => Pages::Prefer(sizes),
            sizes => Pages::Only(sizes),
        }
    }

    /// The bound that keeps a zone which fits in a page inside one; 0 if nobody asked.
    fn bound_for(self, bytes: u64) -> u64 {
        if bytes == 0 || !self.contains(Self::IOVA_CONTIG) {
            return 0;
        }
        bytes.checked_next_power_of_two().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(options: ZoneOptions) -> AllocRequest {
        options.request().unwrap()
    }

    #[test]
    fn lengths_and_alignments_are_raised_to_cache_lines() {
        let request = asked(ZoneOptions { align: 8, ..ZoneOptions::new(100) });
        assert_eq!((request.bytes, request.align), (128, 64));
        assert_eq!(asked(ZoneOptions { align: 1024, ..ZoneOptions::new(1) }).align, 1024);
    }

    #[test]
    fn no_length_and_a_bound_is_a_zone_as_long_as_the_bound() {
        assert_eq!(asked(ZoneOptions { bound: 256, ..ZoneOptions::new(0) }).bytes, 256);
        assert_eq!(asked(ZoneOptions::default()).bytes, 0);
    }

    #[test]
    fn the_first_check_that_fails_gives_the_error() {
        let bad = ZoneOptions {
            len: u64::MAX,
            align: 3,
            bound: 3,
            node: Node::Any,
            flags: ZoneFlags::from_bits(8),
        };
        assert_eq!(bad.request(), Err(ZoneError::Align { align: 3 }));
        let bad = ZoneOptions { align: 0, ..bad };
        assert_eq!(bad.request(), Err(ZoneError::Len { len: u64::MAX }));
        let bad = ZoneOptions { len: 1, ..bad };
        assert_eq!(bad.request(), Err(ZoneError::Bound { bound: 3, len: 64 }));
        let bad = ZoneOptions { bound: 0, ..bad };
        assert_eq!(bad.request(), Err(ZoneError::Flags { unknown: 8 }));
    }

    #[test]
    fn the_longest_length_that_can_be_rounded_is_no_error_here() {
        assert!(ZoneOptions::new(u64::MAX - 63).request().is_ok());
        assert!(ZoneOptions::new(u64::MAX - 62).request().is_err());
    }

    #[test]
    fn a_bound_is_a_power_of_two_that_the_zone_fits_in() {
        let bound = |bound, len| ZoneOptions { bound, ..ZoneOptions::new(len) }.request();
        assert!(bound(128, 128).is_ok());
        assert_eq!(bound(128, 129), Err(ZoneError::Bound { bound: 128, len: 192 }));
        assert_eq!(bound(192, 100), Err(ZoneError::Bound { bound: 192, len: 128 }));
        assert_eq!(bound(32, 0), Err(ZoneError::Bound { bound: 32, len: 64 }));
    }

    #[test]
    fn page_size_flags_become_the_heaps_mask() {
        let pages = |bits| {
            asked(ZoneOptions { flags: ZoneFlags::from_bits(bits), ..ZoneOptions::new(1) }).pages
        };
        assert_eq!(pages(0), Pages::Any);
        assert_eq!(pages(1), Pages::Only(2 << 20));
        assert_eq!(pages(3), Pages::Only((2 << 20) | (1 << 30)));
        assert_eq!(pages(6), Pages::Prefer(1 << 30));
        assert_eq!(pages(4), Pages::Any);
    }

    #[test]
    fn a_zone_for_a_device_is_kept_inside_a_page_if_it_fits_in_one() {
        let flags = ZoneFlags::IOVA_CONTIG;
        assert_eq!(asked(ZoneOptions { flags, ..ZoneOptions::new(5000) }).bound, 8192);
        assert_eq!(
            asked(ZoneOptions { flags, bound: 1 << 20, ..ZoneOptions::new(5000) }).bound,
            1 << 20
        );
    }
}
