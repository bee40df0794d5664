//! Frames of numbered packets in flows, and capture files of them.

use std::collections::HashMap;

/// Bytes before a packet's own: Ethernet, IPv4 and UDP.
const HEADERS: usize = 14 + 20 + 8;

/// One packet: which of its flow it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Numbered {
    /// Its flow.
    pub flow: u16,
    /// Its number in the flow, from 0.
    pub number: u32,
}

impl Numbered {
    /// Packet `index` of a stream that goes round `flows` flows.
    pub fn of(index: u32, flows: u16) -> Self {
        Self { flow: (index % u32::from(flows)) as u16, number: index / u32::from(flows) }
    }

    /// Its frame, to an address that nobody has: UDP, a port for each flow, some length from 60 on.
    pub fn frame(self) -> Vec<u8> {
        let len = 60 + (self.number as usize * 37 + usize::from(self.flow) * 11) % 1000;
        let mut frame = vec![0; len];
        let ip = (len - 14) as u16;
        frame[..12].copy_from_slice(&[2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 0x98]);
        frame[12..14].copy_from_slice(&[8, 0]);
        frame[14..24].copy_from_slice(&[0x45, 0, (ip >> 8) as u8, ip as u8, 0, 0, 0, 0, 64, 17]);
        frame[26..34].copy_from_slice(&[10, 99, 0, 1, 10, 99, 0, 2]);
        frame[34..36].copy_from_slice(&(4000 + self.flow).to_be_bytes());
        frame[36..38].copy_from_slice(&5000_u16.to_be_bytes());
        frame[38..40].copy_from_slice(&(ip - 20).to_be_bytes());
        let sum = checksum(&frame[14..34]);
        frame[24..26].copy_from_slice(&sum.to_be_bytes());
        frame[HEADERS..HEADERS + 2].copy_from_slice(&self.flow.to_be_bytes());
        frame[HEADERS + 2..HEADERS + 6].copy_from_slice(&self.number.to_be_bytes());
        frame
    }

    /// The packet that a frame is, if it is one of these and whole.
    pub fn read(frame: &[u8]) -> Option<Self> {
        let flow = frame.get(HEADERS..HEADERS + 2)?.try_into().ok()?;
        let number = frame.get(HEADERS + 2..HEADERS + 6)?.try_into().ok()?;
        let it = Self { flow: u16::from_be_bytes(flow), number: u32::from_be_bytes(number) };
        (it.frame() == frame).then_some(it)
    }
}

fn checksum(header: &[u8]) -> u16 {
    let words = header.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let sum: u32 = words.sum();
    !((sum & 0xffff) + (sum >> 16)) as u16
}

/// A capture file (pcap, microseconds) of `count` packets in `flows` flows.
pub fn capture(count: u32, flows: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        bytes.extend(word.to_le_bytes());
    }
    for index in 0..count {
        let frame = Numbered::of(index, flows).frame();
        let len = frame.len() as u32;
        for word in [index / 1_000_000, index % 1_000_000, len, len] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(frame);
    }
    bytes
}

/// The frames of a capture file (pcap), in their order.
///
/// # Panics
/// If it is none, or ends in the middle of one.
pub fn frames_of(capture: &[u8]) -> Vec<&[u8]> {
    let word = |at: usize| {
        let bytes = capture.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes)
    };
    assert!(matches!(word(0), Some(0xa1b2_c3d4 | 0xa1b2_3c4d)), "it is no capture file");
    let (mut frames, mut at) = (Vec::new(), 24);
    while at < capture.len() {
        let Some(len) = word(at + 8) else { panic!("it ends in a record's header") };
        let end = at + 16 + len as usize;
        let Some(frame) = capture.get(at + 16..end) else { panic!("it ends in a record") };
        frames.push(frame);
        at = end;
    }
    frames
}

/// Asserts that `frames` are the packets of [`capture`]`(count, flows)`: each once, those of a flow in
/// their order.
///
/// # Panics
/// If they are not.
#[track_caller]
pub fn assert_same<'a>(frames: impl IntoIterator<Item = &'a [u8]>, count: u32, flows: u16) {
    let (mut next, mut seen) = (HashMap::<u16, u32>::new(), 0);
    for frame in frames {
        let Some(it) = Numbered::read(frame) else { panic!("no packet of ours: {frame:02x?}") };
        let expected = next.entry(it.flow).or_default();
        assert_eq!(it.number, *expected, "flow {} is out of order", it.flow);
        *expected += 1;
        seen += 1;
    }
    assert_eq!(seen, count, "packets of {flows} flows");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_a_capture_comes_out_of_it() {
        assert_same(frames_of(&capture(1000, 7)), 1000, 7);
    }

    #[test]
    #[should_panic(expected = "is out of order")]
    fn a_packet_that_overtakes_is_seen() {
        let (first, second) = (Numbered::of(0, 1).frame(), Numbered::of(1, 1).frame());
        assert_same([&second[..], &first[..]], 2, 1);
    }
}
