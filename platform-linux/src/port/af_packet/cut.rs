//! A packet that its sender left to the device to cut up (TSO, USO), cut up.
//!
//! On a `veth` pair there is no device, so what comes is up to 64 KB long. In a frame that has room for
//! it, it lies whole; what follows makes the packets of it that a device would have sent. Where the
//! frames are shorter, such packets are counted as errors, and `ethtool -K … tso off gso off` on the
//! sending side helps, as in the reference.

use super::checksum;
use super::frame::{Checksum, Cut, Frame};

/// The most bytes of headers: Ethernet, two tags, IP and TCP with all their options, and then some.
const HEADERS_MAX: usize = 256;

/// How a packet is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Where the IP header starts, and its version.
    network: usize,
    is_v6: bool,
    /// Where the TCP or UDP header starts.
    transport: usize,
    /// Where the payload starts.
    payload: usize,
    checksum_at: usize,
    cut: Cut,
    /// Bytes of all.
    len: usize,
}

/// The headers of one of the packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Headers {
    bytes: [u8; HEADERS_MAX],
    len: usize,
}

impl Headers {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) -> Option<()> {
    *bytes.get_mut(at..)?.first_chunk_mut()? = value;
    Some(())
}

/// Where the IP header of a frame starts, and whether it is version 6.
fn network_of(packet: &[u8]) -> Option<(usize, bool)> {
    let mut at = 12;
    // At most two tags.
    for _ in 0..3 {
        match be16(packet, at)? {
            0x8100 | 0x88a8 => at += 4,
            0x0800 => return Some((at + 2, false)),
            0x86dd => return Some((at + 2, true)),
            _ => return None,
        }
    }
    None
}

impl Plan {
    /// How `packet` is cut, which `frame` says of it; `None` if its headers are not what that says.
    pub(super) fn of(packet: &[u8], frame: &Frame) -> Option<Self> {
        let (Checksum { start: transport, at }, cut) = (frame.checksum?, frame.cut?);
        let (network, is_v6) = network_of(packet)?;
        let shortest = if is_v6 { 40 } else { 20 };
        let header = match cut.is_tcp {
            true => usize::from(packet.get(transport + 12)? >> 4) * 4,
            false => 8,
        };
        let at_in_header = if cut.is_tcp { 16 } else { 6 };
        let payload = transport + header;
        let is_sound = transport >= network + shortest
            && header >= at_in_header + 2
            && at == transport + at_in_header
            && payload <= HEADERS_MAX
            && payload < packet.len();
        let len = packet.len();
        is_sound.then_some(Self { network, is_v6, transport, payload, checksum_at: at, cut, len })
    }

    /// How many packets it becomes, at least 1.
    pub(super) fn count(&self) -> usize {
        (self.len - self.payload).div_ceil(self.cut.size)
    }

    /// Headers and payload of packet `number`; `None` behind the last.
    pub(super) fn part<'a>(&self, packet: &'a [u8], number: usize) -> Option<(Headers, &'a [u8])> {
        let from = self.payload + number.checked_mul(self.cut.size)?;
        let payload = packet.get(from..self.len.min(from + self.cut.size))?;
        if payload.is_empty() {
            return None;
        }
        let mut bytes = [0; HEADERS_MAX];
        bytes.get_mut(..self.payload)?.copy_from_slice(packet.get(..self.payload)?);
        let headers = bytes.get_mut(..self.payload)?;
        let is_last = from + payload.len() == self.len;
        self.set_network(headers, payload.len(), number)?;
        self.set_transport(headers, payload, number, is_last)?;
        Some((Headers { bytes, len: self.payload }, payload))
    }

    fn set_network(&self, headers: &mut [u8], payload: usize, number: usize) -> Option<()> {
        let (at, all) = (self.network, self.payload - self.network + payload);
        if self.is_v6 {
            let behind = u16::try_from(all - 40).ok()?;
            return put(headers, at + 4, behind.to_be_bytes());
        }
        put(headers, at + 2, u16::try_from(all).ok()?.to_be_bytes())?;
        let id = be16(headers, at + 4)?.wrapping_add(number as u16);
        put(headers, at + 4, id.to_be_bytes())?;
        put(headers, at + 10, [0, 0])?;
        let len = usize::from(headers.get(at)? & 15) * 4;
        let sum = checksum::sum(headers.get(at..at + len)?);
        put(headers, at + 10, (!sum).to_be_bytes())
    }

    fn set_transport(
        &self,
        headers: &mut [u8],
        payload: &[u8],
        number: usize,
        is_last: bool,
    ) -> Option<()> {
        let at = self.transport;
        let len = u16::try_from(self.payload - at + payload.len()).ok()?;
        if self.cut.is_tcp {
            let sequence = u32::from_be_bytes(*headers.get(at + 4..)?.first_chunk()?);
            let sequence = sequence.wrapping_add((number * self.cut.size) as u32);
            put(headers, at + 4, sequence.to_be_bytes())?;
            // FIN and PSH are the last one's, CWR the first one's.
            let not_its = if is_last { 0 } else { 0x09 } | if number == 0 { 0 } else { 0x80 };
            *headers.get_mut(at + 13)? &= !not_its;
        } else {
            put(headers, at + 4, len.to_be_bytes())?;
        }
        // There stands the sum of addresses, protocol and the length of the whole; it becomes that of
        // the part's.
        let whole = (self.len - at) as u16;
        let before = checksum::add(be16(headers, self.checksum_at)?, !whole);
        put(headers, self.checksum_at, checksum::add(before, len).to_be_bytes())?;
        let sum = checksum::add(checksum::sum(headers.get(at..)?), checksum::sum(payload));
        put(headers, self.checksum_at, checksum::finish(sum))
    }
}

#[cfg(test)]
mod tests;
