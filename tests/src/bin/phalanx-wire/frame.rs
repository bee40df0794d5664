//! Numbered packets whose every byte follows from the number.

use phalanx_core::mbuf::{Mbuf, MbufHome};

/// Bytes before what is only filled: two addresses and a type, a number, a sum.
const FILL: usize = 30;

/// The longest.
const MOST: usize = 1514;

/// Each so many is a long one.
const LONG: u64 = 16;

/// The packets of one wire.
pub(crate) struct Frames {
    /// Two addresses, of which the second says which wire it is, and a type that nobody else has.
    header: [u8; 14],
}

fn len(number: u64) -> usize {
    if number.is_multiple_of(LONG) { MOST } else { 60 + (number % 64) as usize }
}

fn mixed(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

/// Of the number and what is filled: every bit of either changes it.
fn sum(number: u64, fill: &[u8]) -> u64 {
    let (words, rest) = fill.as_chunks::<8>();
    let sum = words.iter().fold(number, |sum, word| mixed(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| mixed(sum, u64::from(*byte)))
}

fn fill(bytes: &mut [u8], number: u64) {
    for (at, part) in bytes.chunks_mut(8).enumerate() {
        let word = mixed(number, at as u64).to_le_bytes();
        part.copy_from_slice(&word[..part.len()]);
    }
}

impl Frames {
    /// Those of the wire whose life has this number.
    pub(crate) fn new(life: u64) -> Self {
        let mut header = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0, 0x88, 0xb5];
        header[8..12].copy_from_slice(&(life as u32).to_le_bytes());
        Self { header }
    }

    /// The packet of this number; `None` if there is no mbuf.
    pub(crate) fn packet<'h>(&self, home: &'h MbufHome<'h>, number: u64) -> Option<Mbuf<'h>> {
        let mut packet = home.alloc()?;
        let bytes = packet.append(len(number) as u16).ok()?;
        let (head, rest) = bytes.split_at_mut(FILL);
        fill(rest, number);
        head[..14].copy_from_slice(&self.header);
        head[14..22].copy_from_slice(&number.to_le_bytes());
        head[22..].copy_from_slice(&sum(number, rest).to_le_bytes());
        Some(packet)
    }

    /// The number of a packet that is one of these, and whether its bytes are what they should be; `None` of
    /// a stranger.
    pub(crate) fn number_of(&self, packet: &Mbuf<'_>) -> Option<(u64, bool)> {
        let bytes = packet.data();
        let (head, rest) = bytes.split_at_checked(FILL)?;
        if head[6..14] != self.header[6..] {
            return None;
        }
        let number = u64::from_le_bytes(*head[14..].first_chunk()?);
        let said = u64::from_le_bytes(*head[22..].first_chunk()?);
        let is_whole = head[..6] == self.header[..6]
            && bytes.len() == len(number)
            && said == sum(number, rest);
        Some((number, is_whole))
    }
}
