//! The file: pcapng, an interface a port, whole blocks at a time.

use core::time::Duration;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};

use pcap_file::pcapng::Block;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::interface_statistics::{
    InterfaceStatisticsBlock, InterfaceStatisticsOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness, PcapError};
use phalanx_core::port::Direction;
use phalanx_core::port::capture::{CaptureCounts, Captured};
use phalanx_linux::sys::clock::{monotonic_ns, realtime_ns};

use super::ports::Ports;
use crate::Failure;

/// Bytes that are kept back at most.
const FLUSH_AT: usize = 256 * 1024;

/// An interface of the file: a port.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) id: u16,
    pub(super) packets: u64,
}

/// Where packets go.
pub(super) struct Output {
    path: PathBuf,
    to: Box<dyn Write>,
    blocks: PcapNgWriter<Vec<u8>>,
    interfaces: Vec<Interface>,
    filter: String,
    /// What the clock on the wall says more than the group's.
    ahead_ns: u64,
    written: u64,
    bytes: u64,
    is_closed: bool,
}

impl Output {
    /// Makes the file; `-` is standard output.
    pub(super) fn create(path: &Path, filter: String) -> Result<Self, Failure> {
        let to: Box<dyn Write> = match path.to_str() {
            Some("-") => Box::new(stdout()),
            _ => Box::new(File::create(path).map_err(|error| failed(path, &error))?),
        };
        let section = SectionHeaderBlock {
            endianness: Endianness::Little,
            options: vec![SectionHeaderOption::UserApplication(Cow::Borrowed(concat!(
                "phalanx capture ",
                env!("CARGO_PKG_VERSION")
            )))],
            ..Default::default()
        };
        let blocks = PcapNgWriter::with_section_header(Vec::new(), section);
        let mut output = Self {
            path: path.to_owned(),
            to,
            blocks: blocks.map_err(|error| failed(path, &error))?,
            interfaces: Vec::new(),
            filter,
            ahead_ns: realtime_ns().wrapping_sub(monotonic_ns()),
            written: 0,
            bytes: 0,
            is_closed: false,
        };
        // So that who reads along knows at once what it is.
        output.flush()?;
        Ok(output)
    }

    /// Packets so far.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Bytes of the file so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ports so far.
    pub(super) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether whoever reads along has gone away.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Writes a packet.
    pub(super) fn packet(&mut self, packet: &Captured<'_>, ports: &Ports) -> Result<(), Failure> {
        let origin = packet.origin();
        let interface = self.interface(origin.port, ports)?;
        let data: Vec<u8> = packet.parts().flatten().copied().collect();
        // Inbound is 1, outbound 2.
        let flags = if origin.direction == Direction::Rx { 1 } else { 2 };
        self.put(Block::EnhancedPacket(EnhancedPacketBlock {
            interface_id: interface as u32,
            timestamp: Duration::from_nanos(origin.at_ns.wrapping_add(self.ahead_ns)),
            original_len: origin.original,
            data: Cow::Owned(data),
            options: vec![EnhancedPacketOption::Flags(flags)],
        }))?;
        if let Some(interface) = self.interfaces.get_mut(interface) {
            interface.packets += 1;
        }
        self.written += 1;
        if self.blocks.get_ref().len() >= FLUSH_AT {
            self.flush()?;
        }
        Ok(())
    }

    /// The number in the file of the port with this id; described when its first packet comes.
    fn interface(&mut self, id: u16, ports: &Ports) -> Result<usize, Failure> {
        if let Some(at) = self.interfaces.iter().position(|it| it.id == id) {
            return Ok(at);
        }
        let name = ports.name(id);
        let mut options = vec![
            InterfaceDescriptionOption::IfName(Cow::Owned(name.clone())),
            InterfaceDescriptionOption::IfTsResol(9),
        ];
        if !self.filter.is_empty() {
            // 0: the filter is a text.
            let text = core::iter::once(0).chain(self.filter.bytes()).collect();
            options.push(InterfaceDescriptionOption::IfFilter(Cow::Owned(text)));
        }
        let block = InterfaceDescriptionBlock { linktype: DataLink::ETHERNET, snaplen: 0, options };
        self.put(Block::InterfaceDescription(block))?;
        self.interfaces.push(Interface { name, id, packets: 0 });
        Ok(self.interfaces.len() - 1)
    }

    /// Writes what was counted, a block an interface, and flushes.
    pub(super) fn finish(&mut self, counts: &CaptureCounts) -> Result<(), Failure> {
        let dropped = counts.no_mbuf + counts.ring_full;
        let comment = format!(
            "all ports: {} accepted, {} filtered, {} dropped (no mbuf {}, ring full {})",
            counts.accepted, counts.filtered, dropped, counts.no_mbuf, counts.ring_full
        );
        for (at, packets) in
            self.interfaces.iter().map(|it| it.packets).enumerate().collect::<Vec<_>>()
        {
            let mut options = vec![
                InterfaceStatisticsOption::Comment(Cow::Borrowed(&comment)),
                InterfaceStatisticsOption::IsbUsrDeliv(packets),
            ];
            if self.interfaces.len() == 1 {
                options.push(InterfaceStatisticsOption::IsbIfRecv(
                    counts.accepted + counts.filtered + dropped,
                ));
                options.push(InterfaceStatisticsOption::IsbIfDrop(dropped));
                options.push(InterfaceStatisticsOption::IsbFilterAccept(counts.accepted + dropped));
            }
            let block = InterfaceStatisticsBlock {
                interface_id: at as u32,
                // The format wants the high half first, the crate writes the low half first.
                timestamp: realtime_ns().rotate_left(32),
                options,
            };
            self.put(Block::InterfaceStatistics(block.into_owned()))?;
        }
        self.flush()
    }

    fn put(&mut self, block: Block<'_>) -> Result<(), Failure> {
        let put = self.blocks.write_block(&block);
        put.map(|_| ()).map_err(|error: PcapError| failed(&self.path, &error))
    }

    /// Writes out what is kept back: whole blocks.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        let kept = self.blocks.get_mut();
        let written = self.to.write_all(kept).and_then(|()| self.to.flush());
        self.bytes += kept.len() as u64;
        kept.clear();
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            other => other.map_err(|error| failed(&self.path, &error)),
        }
    }
}

fn failed(path: &Path, error: &dyn core::fmt::Display) -> Failure {
    Failure::new(format!(
        "{} cannot be written: {error}; name another file with -w",
        path.display()
    ))
}
