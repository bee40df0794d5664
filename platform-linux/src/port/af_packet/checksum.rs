//! The Internet checksum, for senders that leave it to a device which is not there.

/// The one's complement sum of `bytes`, as 16-bit numbers in network order; a last odd byte is the upper
/// half of one. Sums of pieces add up where the pieces but the last have even lengths.
pub(super) fn sum(bytes: &[u8]) -> u16 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut sum: u64 = words.iter().map(|word| u64::from(u32::from_be_bytes(*word))).sum();
    let mut last = [0; 4];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    sum += u64::from(u32::from_be_bytes(last));
    fold(sum)
}

/// Two sums as one.
pub(super) fn add(a: u16, b: u16) -> u16 {
    fold(u64::from(a) + u64::from(b))
}

/// What goes into the packet for this sum of all else. 0 would say that there is none.
pub(super) fn finish(sum: u16) -> [u8; 2] {
    match !sum {
        0 => [0xff, 0xff],
        checksum => checksum.to_be_bytes(),
    }
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_1071_comes_out() {
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
        assert_eq!(finish(0xddf2), [0x22, 0x0d]);
        assert_eq!(finish(0xffff), [0xff, 0xff]);
    }

    proptest! {
        #[test]
        fn a_sum_is_that_of_its_pieces(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..150) {
            let cut = (cut * 2).min(bytes.len() & !1);
            prop_assert_eq!(sum(&bytes), add(sum(&bytes[..cut]), sum(&bytes[cut..])));
        }

        #[test]
        fn a_packet_with_its_checksum_sums_up_to_ones(mut bytes in proptest::collection::vec(any::<u8>(), 2..300)) {
            bytes[0] = 0;
            bytes[1] = 0;
            let checksum = finish(sum(&bytes));
            bytes[..2].copy_from_slice(&checksum);
            prop_assert_eq!(sum(&bytes), 0xffff);
        }
    }
}
