//! Packets and their bytes, counted while their headers are at hand.

/// How many packets, and how many bytes of data they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Packets.
    pub packets: usize,
    /// Bytes of data in all their segments.
    pub bytes: u64,
}

impl Tally {
    /// Of these and those.
    #[inline(always)]
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        let (packets, bytes) = (self.packets + other.packets, self.bytes + other.bytes);
        Self { packets, bytes }
    }
}
