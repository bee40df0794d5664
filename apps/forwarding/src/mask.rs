//! Which ports a program uses: a hexadecimal mask of port ids, as DPDK's samples take it.

/// A mask of port ids, at least one. The samples keep it in 16 bits; here every port has a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortMask(u64);

impl PortMask {
    /// The mask that `text` is: hexadecimal digits, with or without `0x`. `None` for anything else,
    /// for 0, and for more than 64 bits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let bits = u64::from_str_radix(digits, 16).ok()?;
        (bits != 0).then_some(Self(bits))
    }

    /// Its bits.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Whether it names port `id`.
    pub fn has(self, id: u16) -> bool {
        self.0.checked_shr(u32::from(id)).unwrap_or(0) & 1 != 0
    }

    /// The bits of ports that are none of `there`.
    pub fn leftover(self, there: impl IntoIterator<Item = u16>) -> u64 {
        there.into_iter().filter(|id| *id < 64).fold(self.0, |rest, id| rest & !(1 << id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_hexadecimal_with_or_without_its_prefix() {
        for text in ["a", "0xa", "0XA", "00A"] {
            assert_eq!(PortMask::parse(text).map(PortMask::bits), Some(10), "{text}");
        }
    }

    #[test]
    fn no_port_and_no_number_are_no_mask() {
        for text in ["", "0", "0x", "g", "-1", "3 ", "1ffffffffffffffff"] {
            assert_eq!(PortMask::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mask_of_more_than_16_ports_keeps_them_all() {
        let mask = PortMask::parse("80010001").unwrap();
        assert!(mask.has(31) && mask.has(16) && mask.has(0));
        assert!(!mask.has(15) && !mask.has(64) && !mask.has(u16::MAX));
    }

    #[test]
    fn what_no_port_has_is_left_over() {
        let mask = PortMask::parse("f").unwrap();
        assert_eq!(mask.leftover([0, 2]), 0b1010);
        assert_eq!(mask.leftover([0, 1, 2, 3, 4]), 0);
    }
}
