//! `PacketReader`: the packets of a capture file, one after another, in bounded memory.

use core::ops::Range;
use std::io::{self, Read, Seek, SeekFrom};

use pcap_file::Endianness;
use pcap_file::pcap::PcapParser;

use super::blocks::{Head, Kind, Section, fault, io_fault};
use super::error::ReadFault;
use super::format::{BLOCK_MAX, ETHERNET, RECORD_MAX};

/// The first bytes of pcapng.
const NG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Bytes that are read at a time, if nothing needs more.
const CHUNK: usize = 65_536;

/// Before a packet of pcap: four words.
const RECORD_HEAD: usize = 16;

/// Reads a capture file of either format. Holds one packet or block at most, and a chunk.
///
/// ```
/// use phalanx_linux::port::pcap::{Encoder, Format, PacketReader};
/// let mut file = Vec::new();
/// let encoder = Encoder::new(Format::Pcap);
/// encoder.header(&mut file);
/// encoder.packet(&mut file, 1_000_000_000, 60, [&[7; 60][..]]);
/// let mut reader = PacketReader::new(std::io::Cursor::new(file))?;
/// assert_eq!(reader.peek()?, Some(&[7; 60][..]));
/// reader.pass();
/// assert_eq!(reader.peek()?, None);
/// # Ok::<(), phalanx_linux::port::pcap::ReadFault>(())
/// ```
#[derive(Debug)]
pub struct PacketReader<R> {
    source: R,
    format: Inner,
    buffer: Vec<u8>,
    /// What of the buffer is still to be looked at.
    rest: Range<usize>,
    /// Where `rest` begins: bytes from the file's start.
    at: u64,
    /// The packet that was looked at: its data in the buffer, and where it ends.
    packet: Option<(Range<usize>, usize)>,
    passed: u64,
}

#[derive(Debug)]
enum Inner {
    Pcap(PcapParser),
    PcapNg(Section),
}

impl<R: Read + Seek> PacketReader<R> {
    /// Begins to read a file.
    ///
    /// # Errors
    /// [`ReadFault`], if it is empty or of neither format, or its packets are not Ethernet's.
    pub fn new(source: R) -> Result<Self, ReadFault> {
        let mut reader = Self {
            source,
            format: Inner::PcapNg(Section::new()),
            buffer: vec![0; CHUNK],
            rest: 0..0,
            at: 0,
            packet: None,
            passed: 0,
        };
        reader.begin()?;
        Ok(reader)
    }

    /// Begins anew at its first packet.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn rewind(&mut self) -> Result<(), ReadFault> {
        self.source.seek(SeekFrom::Start(0)).map_err(io_fault)?;
        self.rest = 0..0;
        self.packet = None;
        (self.at, self.passed) = (0, 0);
        self.begin()
    }

    fn begin(&mut self) -> Result<(), ReadFault> {
        if !self.fill(4)? {
            return Err(if self.rest.is_empty() { ReadFault::Empty } else { ReadFault::Truncated });
        }
        let magic: [u8; 4] = *self.there().first_chunk().ok_or(ReadFault::Truncated)?;
        if magic == NG_MAGIC {
            self.format = Inner::PcapNg(Section::new());
            return Ok(());
        }
        if !matches!(
            u32::from_be_bytes(magic),
            0xa1b2_c3d4 | 0xa1b2_3c4d | 0xd4c3_b2a1 | 0x4d3c_b2a1
        ) {
            return Err(ReadFault::Unknown(magic));
        }
        if !self.fill(24)? {
            return Err(ReadFault::Truncated);
        }
        let (_, parser) = PcapParser::new(self.there()).map_err(fault)?;
        // Above the type lie bits about checksums behind the packet.
        let link_type = u32::from(parser.header().datalink) & 0xffff;
        if link_type != ETHERNET {
            return Err(ReadFault::LinkType(link_type));
        }
        self.format = Inner::Pcap(parser);
        self.skip_there(24);
        Ok(())
    }

    /// Packets that were passed.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// How far it has come: bytes from the file's start.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The next packet, until it is [passed](Self::pass); `None` at the file's end.
    ///
    /// # Errors
    /// [`ReadFault`]; the next call says the same.
    pub fn peek(&mut self) -> Result<Option<&[u8]>, ReadFault> {
        while self.packet.is_none() {
            let is_there = match &self.format {
                Inner::Pcap(_) => self.find_record()?,
                Inner::PcapNg(_) => self.find_block()?,
            };
            if !is_there {
                return Ok(None);
            }
        }
        Ok(self.packet.as_ref().and_then(|(data, _)| self.buffer.get(data.clone())))
    }

    /// Passes the packet that was looked at.
    pub fn pass(&mut self) {
        if let Some((_, end)) = self.packet.take() {
            self.skip_there(end - self.rest.start);
            self.passed += 1;
        }
    }

    /// Looks at the next packet of pcap; `false` at the end.
    fn find_record(&mut self) -> Result<bool, ReadFault> {
        if !self.fill(RECORD_HEAD)? {
            return self.ended();
        }
        let Inner::Pcap(parser) = &self.format else { return Ok(false) };
        let order = parser.header().endianness;
        let word = self.there().get(8..).and_then(|bytes| bytes.first_chunk().copied());
        let len = match order {
            Endianness::Big => u32::from_be_bytes(word.unwrap_or_default()),
            Endianness::Little => u32::from_le_bytes(word.unwrap_or_default()),
        };
        // Before room is made for it.
        if len > RECORD_MAX {
            return Err(ReadFault::TooLong(len));
        }
        if !self.fill(RECORD_HEAD + len as usize)? {
            return Err(ReadFault::Truncated);
        }
        let Inner::Pcap(parser) = &self.format else { return Ok(false) };
        let (_, record) = parser.next_raw_packet(self.there()).map_err(fault)?;
        let start = self.rest.start + RECORD_HEAD;
        let end = start + record.data.len();
        self.packet = Some((start..end, end));
        Ok(true)
    }

    /// Looks at the next block of pcapng; `false` at the end.
    fn find_block(&mut self) -> Result<bool, ReadFault> {
        if !self.fill(12)? {
            return self.ended();
        }
        let there = self.buffer.get(self.rest.clone()).unwrap_or_default();
        let Inner::PcapNg(section) = &mut self.format else { return Ok(false) };
        let len = match section.head(there)? {
            Head::Skip(len) => {
                self.skip(len)?;
                return Ok(true);
            }
            Head::Read(len) => len,
        };
        if !self.fill(len)? {
            return Err(ReadFault::Truncated);
        }
        let start = self.rest.start;
        let block = self.buffer.get(start..start + len).unwrap_or_default();
        let Inner::PcapNg(section) = &mut self.format else { return Ok(false) };
        match section.block(block)? {
            Kind::Packet(data) => {
                self.packet = Some((start + data.start..start + data.end, start + len));
            }
            Kind::Other => self.skip_there(len),
        }
        Ok(true)
    }

    /// At the file's end: it must be one.
    fn ended(&self) -> Result<bool, ReadFault> {
        if self.rest.is_empty() { Ok(false) } else { Err(ReadFault::Truncated) }
    }

    fn there(&self) -> &[u8] {
        self.buffer.get(self.rest.clone()).unwrap_or_default()
    }

    fn skip_there(&mut self, len: usize) {
        let len = len.min(self.rest.len());
        self.rest.start += len;
        self.at += len as u64;
    }

    /// Passes over `len` bytes, which need not be there yet.
    fn skip(&mut self, mut len: u64) -> Result<(), ReadFault> {
        loop {
            let part = usize::try_from(len).unwrap_or(usize::MAX).min(self.rest.len());
            self.skip_there(part);
            len -= part as u64;
            if len == 0 {
                return Ok(());
            }
            if !self.fill(1)? {
                return Err(ReadFault::Truncated);
            }
        }
    }

    /// Sees that `len` bytes are there; `false` if the file has not as many.
    fn fill(&mut self, len: usize) -> Result<bool, ReadFault> {
        if self.rest.len() >= len {
            return Ok(true);
        }
        // No caller asks for more than a block.
        let len = len.min(BLOCK_MAX as usize + 12);
        self.buffer.copy_within(self.rest.clone(), 0);
        self.rest = 0..self.rest.len();
        if self.buffer.len() < len {
            self.buffer.resize(len.next_multiple_of(CHUNK), 0);
        }
        while self.rest.len() < len {
            let room = self.buffer.get_mut(self.rest.end..).unwrap_or_default();
            match self.source.read(room) {
                Ok(0) => return Ok(false),
                Ok(count) => self.rest.end += count.min(room.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_fault(error)),
            }
        }
        Ok(true)
    }

    /// Bytes of memory that it holds.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }
}
