//! `MacAddress`: six bytes, and the word that they are in shared memory.

use core::fmt;

/// A MAC address.
#[doc(alias = "rte_ether_addr")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    pub(super) fn to_word(self) -> u64 {
        let [a, b, c, d, e, f] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
    }

    pub(super) fn from_word(word: u64) -> Self {
        let [a, b, c, d, e, f, ..] = word.to_le_bytes();
        Self([a, b, c, d, e, f])
    }

    /// Of a port that has none of its own: locally administered, ending with its id.
    pub(super) const fn of_id(id: u16) -> Self {
        let [high, low] = id.to_be_bytes();
        Self([0x02, 0x50, 0x48, 0x58, high, low])
    }
}

impl fmt::Display for MacAddress {
    /// `02:50:48:58:00:01`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}
