//! `Encoder`: packets as the bytes of either format.

use byteorder_slice::LittleEndian;
use pcap_file::pcap::{PcapHeader, RawPcapPacket};
use pcap_file::pcapng::PcapNgBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::SectionHeaderBlock;
use pcap_file::{DataLink, Endianness, TsResolution};
use std::borrow::Cow;

use super::format::{Format, RECORD_MAX};

/// Bytes of a packet's block before its data.
const PACKET_HEAD: usize = 28;

/// Makes the bytes of a capture file, little-endian, with stamps in nanoseconds. Appends to vectors, and
/// allocates only as these grow.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    format: Format,
}

impl Encoder {
    /// For a file of `format`.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// What a file begins with: of pcapng, a section with one Ethernet interface.
    pub fn header(&self, to: &mut Vec<u8>) {
        match self.format {
            Format::Pcap => {
                let header = PcapHeader {
                    snaplen: RECORD_MAX,
                    datalink: DataLink::ETHERNET,
                    ts_resolution: TsResolution::NanoSecond,
                    endianness: Endianness::Little,
                    ..PcapHeader::default()
                };
                // A vector takes everything.
                let _ = header.write_to(to);
            }
            Format::PcapNg => {
                let section =
                    SectionHeaderBlock { endianness: Endianness::Little, ..Default::default() };
                let _ = section.into_block().write_to::<LittleEndian, _>(to);
                let mut interface = InterfaceDescriptionBlock::new(DataLink::ETHERNET, RECORD_MAX);
                interface.options.push(InterfaceDescriptionOption::IfTsResol(9));
                let _ = interface.into_block().write_to::<LittleEndian, _>(to);
            }
        }
    }

    /// A packet whose bytes are `parts`, of `original` bytes at first, at `at_ns` nanoseconds since 1970.
    pub fn packet<'a>(
        &self,
        to: &mut Vec<u8>,
        at_ns: u64,
        original: u32,
        parts: impl IntoIterator<Item = &'a [u8]>,
    ) {
        match self.format {
            Format::Pcap => record(to, at_ns, original, parts),
            Format::PcapNg => block(to, at_ns, original, parts),
        }
    }
}

fn record<'a>(
    to: &mut Vec<u8>,
    at_ns: u64,
    original: u32,
    parts: impl IntoIterator<Item = &'a [u8]>,
) {
    let start = to.len();
    let (sec, nsec) = (at_ns / 1_000_000_000, at_ns % 1_000_000_000);
    let head = RawPcapPacket {
        // The format ends in 2106.
        ts_sec: sec as u32,
        ts_frac: nsec as u32,
        incl_len: 0,
        orig_len: original,
        data: Cow::Borrowed(&[]),
    };
    let _ = head.write_to::<_, LittleEndian>(to);
    let data = to.len();
    parts.into_iter().for_each(|part| to.extend_from_slice(part));
    // What is there counts, not what was said of it.
    let len = (to.len() - data) as u32;
    put(to, start + 8, len);
    put(to, start + 12, original.max(len));
}

/// An enhanced packet block of the only interface.
fn block<'a>(
    to: &mut Vec<u8>,
    at_ns: u64,
    original: u32,
    parts: impl IntoIterator<Item = &'a [u8]>,
) {
    let start = to.len();
    to.extend_from_slice(&6_u32.to_le_bytes());
    to.resize(start + PACKET_HEAD, 0);
    put(to, start + 12, (at_ns >> 32) as u32);
    put(to, start + 16, at_ns as u32);
    parts.into_iter().for_each(|part| to.extend_from_slice(part));
    let len = to.len() - start - PACKET_HEAD;
    put(to, start + 20, len as u32);
    put(to, start + 24, original.max(len as u32));
    to.resize(start + PACKET_HEAD + len.next_multiple_of(4), 0);
    let all = (to.len() - start + 4) as u32;
    put(to, start + 4, all);
    to.extend_from_slice(&all.to_le_bytes());
}

fn put(to: &mut [u8], at: usize, word: u32) {
    if let Some(place) = to.get_mut(at..at + 4) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}
