//! SCTP's checksum, CRC-32C, which its senders leave to a device as others leave the Internet's.

/// Where it stands in SCTP's header. The kernel says where a checksum is missing and not which one; of those
/// that it leaves to devices no other stands there (UDP's at 6, TCP's at 16).
pub(super) const SCTP_AT: usize = 8;
/// Its bytes.
pub(super) const SCTP_BYTES: usize = 4;

/// The polynomial of Castagnoli, its lowest power first.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// What each byte makes of a remainder.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut rest, mut bit) = (byte as u32, 0);
        while bit < 8 {
            rest = if rest & 1 == 1 { rest >> 1 ^ POLYNOMIAL } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
};

/// The checksum of a packet that has `before` before it and `behind` behind it, as it stands there; it counts
/// as zero itself.
pub(super) fn crc32c(before: &[u8], behind: &[u8]) -> [u8; SCTP_BYTES] {
    let all = before.iter().chain(&[0; SCTP_BYTES]).chain(behind);
    (!all.fold(u32::MAX, |rest, byte| step(rest, *byte))).to_le_bytes()
}

fn step(rest: u32, byte: u8) -> u32 {
    let at = usize::from(rest as u8 ^ byte);
    TABLE.get(at).copied().unwrap_or_default() ^ rest >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_crc_32c_comes_out() {
        let rest = b"123456789".iter().fold(u32::MAX, |rest, byte| step(rest, *byte));
        assert_eq!(!rest, 0xe306_9283);
    }

    #[test]
    fn the_place_of_the_checksum_counts_as_zero() {
        let all = [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 9, 10];
        let rest = !all.iter().fold(u32::MAX, |rest, byte| step(rest, *byte));
        assert_eq!(crc32c(&all[..8], &all[12..]), rest.to_le_bytes());
    }
}
