//! Numbered packets whose every byte follows from the number.

use phalanx_core::mbuf::{Mbuf, MbufHome};

/// Bytes before the number: two addresses and a type that nobody else has.
const HEADER: [u8; 14] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5];

/// Bytes before what is only filled: the header, a number, a sum.
const FILL: usize = 30;

/// The longest.
const MOST: usize = 1514;

/// Each so many is a long one.
const LONG: u64 = 16;

fn len(number: u64) -> usize {
    if number.is_multiple_of(LONG) { MOST } else { 60 + (number % 64) as usize }
}

/// FNV-1a over the number and what is filled.
fn sum(number: u64, fill: &[u8]) -> u64 {
    let bytes = number.to_le_bytes();
    let all = bytes.iter().chain(fill);
    all.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The packet of this number; `None` if there is no mbuf.
pub(crate) fn packet<'h>(home: &'h MbufHome<'h>, number: u64) -> Option<Mbuf<'h>> {
    let mut packet = home.alloc()?;
    let bytes = packet.append(len(number) as u16).ok()?;
    let (head, fill) = bytes.split_at_mut(FILL);
    for (at, byte) in fill.iter_mut().enumerate() {
        *byte = (number as usize).wrapping_add(at) as u8;
    }
    head[..14].copy_from_slice(&HEADER);
    head[14..22].copy_from_slice(&number.to_le_bytes());
    head[22..].copy_from_slice(&sum(number, fill).to_le_bytes());
    Some(packet)
}

/// The number of a packet that is one of these, and whether its bytes are what they should be; `None` of a
/// stranger.
pub(crate) fn number_of(packet: &Mbuf<'_>) -> Option<(u64, bool)> {
    let bytes = packet.data();
    let (head, fill) = bytes.split_at_checked(FILL)?;
    if head[12..14] != HEADER[12..] {
        return None;
    }
    let number = u64::from_le_bytes(*head[14..].first_chunk()?);
    let said = u64::from_le_bytes(*head[22..].first_chunk()?);
    let is_whole = head[..14] == HEADER && bytes.len() == len(number) && said == sum(number, fill);
    Some((number, is_whole))
}
