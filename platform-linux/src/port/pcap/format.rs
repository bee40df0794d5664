//! The two formats, and the numbers that both share.

use std::path::Path;

/// Bytes that a packet has at most, to be read or written: as in libpcap.
pub const RECORD_MAX: u32 = 262_144;

/// Bytes of a block of pcapng that is looked into: a packet of [`RECORD_MAX`], and options.
pub(super) const BLOCK_MAX: u32 = RECORD_MAX + 65_536;

/// Interfaces that a section of a pcapng file may have.
pub(super) const INTERFACES_MAX: usize = 4096;

/// The link type of Ethernet, in both formats.
pub(super) const ETHERNET: u32 = 1;

/// A format of capture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// pcap, with nanoseconds when written.
    Pcap,
    /// pcapng.
    PcapNg,
}

impl Format {
    /// The format in which a file of this name is written.
    pub fn of_name(path: &Path) -> Self {
        let is_ng = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("pcapng"));
        if is_ng { Self::PcapNg } else { Self::Pcap }
    }
}
