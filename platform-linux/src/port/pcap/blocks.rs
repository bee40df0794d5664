//! Blocks of pcapng: what of them matters here.

use byteorder_slice::{BigEndian, ByteOrder, LittleEndian};
use core::ops::Range;
use pcap_file::pcapng::RawBlock;
use pcap_file::{Endianness, PcapError as CrateError};

use super::error::ReadFault;
use super::format::{BLOCK_MAX, ETHERNET, INTERFACES_MAX, RECORD_MAX};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const PACKET: u32 = 6;

/// Before a block's body: its type and length.
const HEAD: usize = 8;

/// A section of a pcapng file, as far as it was read.
#[derive(Debug)]
pub(super) struct Section {
    order: Endianness,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link_type: u32,
    snap_len: u32,
}

/// What the beginning of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// It is to be read: so many bytes.
    Read(usize),
    /// It is to be passed over: so many bytes.
    Skip(u64),
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A packet: where its data lie in the block.
    Packet(Range<usize>),
    /// Something else.
    Other,
}

impl Section {
    /// No section yet: a section header must come first.
    pub(super) fn new() -> Self {
        Self { order: Endianness::Little, interfaces: Vec::new() }
    }

    fn word(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let word = bytes.get(at..)?.first_chunk()?;
        Some(match self.order {
            Endianness::Big => u32::from_be_bytes(*word),
            Endianness::Little => u32::from_le_bytes(*word),
        })
    }

    /// Looks at the first 12 bytes of a block.
    pub(super) fn head(&mut self, bytes: &[u8]) -> Result<Head, ReadFault> {
        let none = ReadFault::Truncated;
        let first: [u8; 4] = *bytes.first_chunk().ok_or(ReadFault::Truncated)?;
        if first == SECTION.to_be_bytes() {
            // Its byte order is its own.
            self.order = match bytes.get(8..12) {
                Some([0x1a, 0x2b, 0x3c, 0x4d]) => Endianness::Big,
                Some([0x4d, 0x3c, 0x2b, 0x1a]) => Endianness::Little,
                Some(_) => return Err(ReadFault::Malformed("a section has no byte order")),
                None => return Err(none),
            };
        }
        let (kind, len) = (self.word(bytes, 0), self.word(bytes, 4));
        let (Some(kind), Some(len)) = (kind, len) else { return Err(none) };
        if len < 12 || !len.is_multiple_of(4) {
            return Err(ReadFault::Malformed("a block's length is none"));
        }
        match kind {
            SECTION | INTERFACE | OLD_PACKET | SIMPLE_PACKET | PACKET => match len {
                0..=BLOCK_MAX => Ok(Head::Read(len as usize)),
                _ => Err(ReadFault::TooLong(len)),
            },
            _ => Ok(Head::Skip(len.into())),
        }
    }

    /// Looks into a block that is there whole.
    pub(super) fn block(&mut self, bytes: &[u8]) -> Result<Kind, ReadFault> {
        match self.order {
            Endianness::Big => self.block_in::<BigEndian>(bytes),
            Endianness::Little => self.block_in::<LittleEndian>(bytes),
        }
    }

    fn block_in<B: ByteOrder>(&mut self, bytes: &[u8]) -> Result<Kind, ReadFault> {
        let (_, block) = RawBlock::from_slice::<B>(bytes).map_err(fault)?;
        let body = &block.body;
        let word = |at: usize| self.word(body, at).ok_or(ReadFault::Malformed("a block is short"));
        match block.type_ {
            SECTION => self.interfaces.clear(),
            INTERFACE => {
                let link_type = word(0)?;
                // Behind the link type's two bytes are two that are reserved.
                let link_type = match self.order {
                    Endianness::Big => link_type >> 16,
                    Endianness::Little => link_type & 0xffff,
                };
                let interface = Interface { link_type, snap_len: word(4)? };
                if self.interfaces.len() == INTERFACES_MAX {
                    return Err(ReadFault::Interfaces);
                }
                self.interfaces.push(interface);
            }
            PACKET => return self.packet(word(0)?, word(12)?, 20, body.len()),
            OLD_PACKET => {
                let both = word(0)?;
                let interface = match self.order {
                    Endianness::Big => both >> 16,
                    Endianness::Little => both & 0xffff,
                };
                return self.packet(interface, word(12)?, 20, body.len());
            }
            SIMPLE_PACKET => {
                let there = u32::try_from(body.len()).unwrap_or(0).saturating_sub(4);
                let snap = self.interfaces.first().map_or(0, |it| it.snap_len);
                let snap = if snap == 0 { u32::MAX } else { snap };
                return self.packet(0, word(0)?.min(snap).min(there), 4, body.len());
            }
            _ => {}
        }
        Ok(Kind::Other)
    }

    /// A packet of `len` bytes, which begin at `at` of a body of `there` bytes.
    fn packet(&self, id: u32, len: u32, at: usize, there: usize) -> Result<Kind, ReadFault> {
        let interface = self.interfaces.get(id as usize).ok_or(ReadFault::NoInterface(id))?;
        if interface.link_type != ETHERNET {
            return Err(ReadFault::LinkType(interface.link_type));
        }
        if len > RECORD_MAX {
            return Err(ReadFault::TooLong(len));
        }
        let end = at + len as usize;
        if end > there {
            return Err(ReadFault::Malformed("a packet is longer than its block"));
        }
        Ok(Kind::Packet(HEAD + at..HEAD + end))
    }
}

pub(super) fn io_fault(error: std::io::Error) -> ReadFault {
    ReadFault::Io(error.to_string())
}

/// What the crate says of bytes that are there whole.
pub(super) fn fault(error: CrateError) -> ReadFault {
    match error {
        CrateError::InvalidField(what) => ReadFault::Malformed(what),
        CrateError::IoError(error) => io_fault(error),
        CrateError::IncompleteBuffer => ReadFault::Malformed("something ends too early"),
        _ => ReadFault::Malformed("a text is none"),
    }
}
