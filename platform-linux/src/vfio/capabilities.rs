//! What an IOMMU can do: a structure, and behind it a list of capabilities that name each other's places.

use super::calls::IommuInfo;

/// `VFIO_IOMMU_INFO_PGSIZES` and `_CAPS`.
const HAS_PAGE_SIZES: u32 = 1;
const HAS_CAPABILITIES: u32 = 2;
/// `VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE` and `_DMA_AVAIL`.
const RANGES: u16 = 1;
const AVAILABLE: u16 = 3;
/// Most capabilities that are read: a list that goes on is one that loops.
const CAPABILITIES_MAX: usize = 32;

/// Reads `struct vfio_iommu_type1_info { argsz, flags, iova_pgsizes, cap_offset }` and its capabilities.
/// What lies beyond the bytes there are is left out.
pub(super) fn read_info(bytes: &[u8]) -> IommuInfo {
    let flags = word32(bytes, 4).unwrap_or(0);
    let mut info = IommuInfo::default();
    if flags & HAS_PAGE_SIZES != 0 {
        info.page_sizes = word64(bytes, 8).unwrap_or(0);
    }
    let mut at = word32(bytes, 16).filter(|_| flags & HAS_CAPABILITIES != 0).unwrap_or(0) as usize;
    for _ in 0..CAPABILITIES_MAX {
        // `struct vfio_info_cap_header { id: u16, version: u16, next: u32 }`
        let (Some(head), Some(next)) = (word32(bytes, at), word32(bytes, at + 4)) else { break };
        if at == 0 {
            break;
        }
        match head as u16 {
            RANGES => {
                let count = word32(bytes, at + 8).unwrap_or(0) as usize;
                let range = |i: usize| {
                    let start = word64(bytes, at + 16 + 16 * i)?;
                    Some(start..=word64(bytes, at + 24 + 16 * i)?)
                };
                info.ranges = (0..count).map_while(range).collect();
            }
            AVAILABLE => info.mappings_left = word32(bytes, at + 8),
            _ => {}
        }
        at = next as usize;
    }
    info
}

fn word32(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(four.try_into().ok()?))
}

fn word64(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_ne_bytes(eight.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
        bytes.iter_mut().skip(at).zip(value).for_each(|(to, from)| *to = *from);
    }

    #[test]
    fn ranges_and_the_number_of_mappings_are_read() {
        let mut bytes = vec![0; 128];
        put(&mut bytes, 4, &3u32.to_ne_bytes());
        put(&mut bytes, 8, &0x4020_1000u64.to_ne_bytes());
        put(&mut bytes, 16, &24u32.to_ne_bytes());
        put(&mut bytes, 24, &[1, 0, 1, 0]);
        put(&mut bytes, 28, &72u32.to_ne_bytes());
        put(&mut bytes, 32, &2u32.to_ne_bytes());
        for (at, word) in [(40, 0u64), (48, 0xfedf_ffff), (56, 0xfef0_0000), (64, 0x7f_ffff_ffff)] {
            put(&mut bytes, at, &word.to_ne_bytes());
        }
        put(&mut bytes, 72, &[3, 0, 1, 0]);
        put(&mut bytes, 80, &65_535u32.to_ne_bytes());
        let info = read_info(&bytes);
        assert_eq!(info.ranges, [0..=0xfedf_ffff, 0xfef0_0000..=0x7f_ffff_ffff]);
        assert_eq!((info.page_sizes, info.mappings_left), (0x4020_1000, Some(65_535)));
        assert!(info.takes(0x1_0000_0000, 1 << 30) && !info.takes(0xfe00_0000, 1 << 30));
        assert!(!info.takes(0x7f_ffff_f000, 8192) && !info.takes(u64::MAX, 2) && !info.takes(0, 0));
    }

    #[test]
    fn a_list_that_loops_ends() {
        let mut bytes = vec![0; 64];
        put(&mut bytes, 4, &2u32.to_ne_bytes());
        put(&mut bytes, 16, &24u32.to_ne_bytes());
        put(&mut bytes, 28, &24u32.to_ne_bytes());
        assert_eq!(read_info(&bytes), IommuInfo::default());
    }

    proptest! {
        #[test]
        fn whatever_is_there_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = read_info(&bytes);
        }
    }
}
