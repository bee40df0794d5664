//! The packets that the demo sends: a capture file, or the small real one that comes with the
//! program.

use std::fs;
use std::path::Path;

use pcap_file::PcapError;
use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::PcapNgReader;
use pcap_file::pcapng::blocks::Block;

use crate::Failure;
use demo_lane::DATA_BYTES;

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
        Some(path) => (path.display().to_string(), read_file(path)?),
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

/// A whole regular file: a device or a fifo may never end.
fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: &dyn core::fmt::Display| {
        Failure::new(format!("{}: {why}; give a pcap or pcapng file", path.display()))
    };
    if !fs::metadata(path).map_err(|error| failed(&error))?.is_file() {
        return Err(failed(&"it is not a regular file"));
    }
    fs::read(path).map_err(|error| failed(&error))
}

fn parse(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    if bytes.is_empty() {
        return Err("it is empty; give a pcap or pcapng file".to_owned());
    }
    let mut packets = Vec::new();
    let read = match bytes.starts_with(&PCAPNG_MAGIC) {
        true => parse_pcapng(bytes, &mut packets),
        false => parse_pcap(bytes, &mut packets),
    };
    match read {
        Ok(()) => Ok(packets),
        Err(error) if packets.is_empty() => Err(format!(
            "not a readable pcap or pcapng file ({error}); give one that tcpdump reads"
        )),
        Err(error) => Err(format!(
            "it cannot be read beyond packet {} ({error}); cut it there: `editcap -r IN OUT 1-{}`",
            packets.len(),
            packets.len()
        )),
    }
}

fn parse_pcapng(bytes: &[u8], packets: &mut Vec<Vec<u8>>) -> Result<(), PcapError> {
    let mut reader = PcapNgReader::new(bytes)?;
    while let Some(block) = reader.next_block() {
        match block? {
            Block::EnhancedPacket(packet) => packets.push(packet.data.into_owned()),
            Block::SimplePacket(packet) => packets.push(packet.data.into_owned()),
            _ => {}
        }
    }
    Ok(())
}

fn parse_pcap(bytes: &[u8], packets: &mut Vec<Vec<u8>>) -> Result<(), PcapError> {
    let mut reader = PcapReader::new(bytes)?;
    while let Some(packet) = reader.next_packet() {
        packets.push(packet?.data.into_owned());
    }
    Ok(())
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
        for bytes in [&b"hello, this is no capture at all"[..], &[0; 100]] {
            assert!(parse(bytes).unwrap_err().contains("not a readable pcap"));
        }
        assert!(parse(b"").unwrap_err().contains("empty"));
    }

    #[test]
    fn a_capture_that_ends_in_the_middle_of_a_packet_is_refused() {
        let whole = parse(SHIPPED).unwrap().len();
        let error = parse(&SHIPPED[..SHIPPED.len() - 7]).unwrap_err();
        assert!(error.contains(&format!("beyond packet {}", whole - 1)), "{error}");
    }
}
