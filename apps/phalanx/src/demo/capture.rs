//! The packets that the demo sends: a capture file, or the small real one that comes with the
//! program.

use std::fs;
use std::path::Path;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::PcapNgReader;
use pcap_file::pcapng::blocks::Block;

use super::packet::DATA_BYTES;
use crate::Failure;

/// Made with real programs in network namespaces; `tests/data/README.md` says how.
const SHIPPED: &[u8] = include_bytes!("../../../../tests/data/capture.pcap");

/// The first bytes of a pcapng file.
const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// A capture, read whole.
#[derive(Debug)]
pub(super) struct Capture {
    /// Where it came from, for people.
    pub name: String,
    /// The packets, in order.
    pub packets: Vec<Vec<u8>>,
}

/// Reads `path`, or the capture that comes with the program.
pub(super) fn read(path: Option<&Path>) -> Result<Capture, Failure> {
    let (name, bytes) = match path {
        Some(path) => {
            let bytes = fs::read(path)
                .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
            (path.display().to_string(), bytes)
        }
        None => ("the capture that comes with the program".to_owned(), SHIPPED.to_vec()),
    };
    let packets = parse(&bytes).map_err(|why| Failure::new(format!("{name}: {why}")))?;
    if packets.is_empty() {
        return Err(Failure::new(format!(
            "{name}: there is no packet in it; give a capture that has some"
        )));
    }
    if let Some(long) = packets.iter().find(|packet| packet.len() > DATA_BYTES) {
        let text = format!(
            "{name}: a packet has {} bytes, the demo's buffers have {DATA_BYTES}; cut it with `editcap -s {DATA_BYTES}`",
            long.len()
        );
        return Err(Failure::new(text));
    }
    Ok(Capture { name, packets })
}

fn parse(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let not_a_capture =
        |error: &dyn core::fmt::Display| format!("not a readable pcap or pcapng file ({error})");
    let mut packets = Vec::new();
    if bytes.starts_with(&PCAPNG_MAGIC) {
        let mut reader = PcapNgReader::new(bytes).map_err(|error| not_a_capture(&error))?;
        while let Some(block) = reader.next_block() {
            match block.map_err(|error| not_a_capture(&error))? {
                Block::EnhancedPacket(packet) => packets.push(packet.data.into_owned()),
                Block::SimplePacket(packet) => packets.push(packet.data.into_owned()),
                _ => {}
            }
        }
    } else {
        let mut reader = PcapReader::new(bytes).map_err(|error| not_a_capture(&error))?;
        while let Some(packet) = reader.next_packet() {
            packets.push(packet.map_err(|error| not_a_capture(&error))?.data.into_owned());
        }
    }
    Ok(packets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_capture_has_some_hundred_packets() {
        let capture = read(None).unwrap();
        assert!(capture.packets.len() > 100);
    }

    #[test]
    fn noise_and_nothing_are_refused_with_a_reason() {
        for bytes in [&b""[..], b"hello, this is no capture at all", &[0; 100]] {
            assert!(parse(bytes).unwrap_err().contains("not a readable pcap"));
        }
    }

    #[test]
    fn a_capture_that_ends_in_the_middle_of_a_packet_is_refused() {
        assert!(parse(&SHIPPED[..SHIPPED.len() - 7]).is_err());
    }
}
