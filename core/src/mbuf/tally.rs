//! Packets and their bytes, counted while their headers are at hand.

/// How many packets, and how many bytes of data they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Packets.
    pub packets: usize,
    /// Bytes of data in all their segments.
    pub bytes: u64,
}
