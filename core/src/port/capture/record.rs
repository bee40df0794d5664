//! What a copy says of itself, in the private bytes of its mbuf.

use super::super::kinds::Direction;
use crate::mbuf::Mbuf;

/// Private bytes of each mbuf of a capture's pool, little-endian:
///
/// ```text
///   0 => at_ns: u64, 8 => original: u32, 12 => port: u16, 14 => queue: u16,
///   16 => direction: u32 (0 Rx, 1 Tx), 20 => round: u32
/// ```
pub(super) const RECORD_BYTES: u16 = 24;

/// Where and when a packet passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Nanoseconds of the group's clock.
    pub at_ns: u64,
    /// Bytes that it had.
    pub original: u32,
    /// The port's id.
    pub port: u16,
    /// The queue.
    pub queue: u16,
    /// Whether it came or went.
    pub direction: Direction,
}

impl Origin {
    /// Writes it into the copy `to`, made in `round`. `false` if that has no room.
    pub(super) fn write(&self, to: &mut Mbuf<'_>, round: u32) -> bool {
        let Some(bytes) = to.private_mut().first_chunk_mut::<{ RECORD_BYTES as usize }>() else {
            return false;
        };
        let [a, b] = [u64::from(self.original), u64::from(self.port) << 32];
        let direction = u64::from(self.direction == Direction::Tx);
        let words =
            [self.at_ns, a | b | u64::from(self.queue) << 48, direction | u64::from(round) << 32];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        true
    }

    /// What the copy `from` says, if it was made in `round`.
    pub(super) fn read(from: &Mbuf<'_>, round: u32) -> Option<Self> {
        let bytes = from.private().first_chunk::<{ RECORD_BYTES as usize }>()?;
        let mut words = bytes.chunks_exact(8).filter_map(|part| part.first_chunk().copied());
        let mut next = || words.next().map(u64::from_le_bytes);
        let (at_ns, places, last) = (next()?, next()?, next()?);
        if (last >> 32) as u32 != round {
            return None;
        }
        let direction = if last & 1 == 0 { Direction::Rx } else { Direction::Tx };
        let (port, queue) = ((places >> 32) as u16, (places >> 48) as u16);
        Some(Self { at_ns, original: places as u32, port, queue, direction })
    }
}
