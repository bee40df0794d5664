//! `PcapTx`: a Tx queue that writes a file.

use phalanx_core::mbuf::Mbuf;
use phalanx_core::port::{Port, TxDriver, TxLine};

use super::append::{Append, Made};
use super::args::{PcapArgs, Sharing, file_of};
use super::begin::is_begun;
use super::error::PcapError;
use super::files::header;
use super::format::{Format, RECORD_MAX};
use super::writer::Encoder;
use crate::sys::clock::realtime_ns;

/// A burst is parted where its records have so many bytes.
const BATCH_BYTES: usize = 1 << 20;

/// A Tx queue of net_pcap.
#[derive(Debug)]
pub struct PcapTx {
    /// `None` frees what is sent.
    to: Option<(Append, Encoder)>,
    /// The records of a burst.
    records: Vec<u8>,
    fault: Option<PcapError>,
}

impl PcapTx {
    /// Opens queue `queue` of `port`.
    ///
    /// # Errors
    /// [`PcapError`].
    pub fn open(port: &Port, queue: u16) -> Result<Self, PcapError> {
        let args = PcapArgs::parse(port.args().as_str())?;
        let none = Self { to: None, records: Vec::new(), fault: None };
        let Some((path, sharing)) = file_of(&args.tx, "Tx", queue)? else { return Ok(none) };
        let keeper = if sharing == Sharing::All { 0 } else { queue };
        let Some(line) = port.tx_line(keeper) else { return Ok(none) };
        let made = if is_begun(port) { Made::Already } else { Made::NotYet };
        let append = Append::open(path, header(path).len() as u64, line, made)?;
        let encoder = Encoder::new(Format::of_name(path));
        Ok(Self { to: Some((append, encoder)), ..none })
    }

    /// Why the last burst was not written, if it was not: the disk is full, or the file was cut. Its
    /// packets stayed the caller's.
    pub fn fault(&self) -> Option<&PcapError> {
        self.fault.as_ref()
    }
}

/// Makes records of packets, the first first. Returns how many were looked at, and how many of these are too
/// long to be written.
fn encode(to: &mut Vec<u8>, encoder: Encoder, packets: &[Option<Mbuf<'_>>]) -> (usize, u64) {
    let (at_ns, mut count, mut dropped) = (realtime_ns(), 0, 0);
    to.clear();
    for packet in packets.iter().flatten() {
        if packet.len() > RECORD_MAX {
            dropped += 1;
        } else if to.len() < BATCH_BYTES {
            encoder.packet(to, at_ns, packet.len(), packet.segments());
        } else {
            break;
        }
        count += 1;
    }
    (count, dropped)
}

impl TxDriver for PcapTx {
    fn send(&mut self, queue: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let Some((append, encoder)) = &self.to else { return free_all(packets) };
        let (count, dropped) = encode(&mut self.records, *encoder, packets);
        if count == 0 {
            return 0;
        }
        let written = if self.records.is_empty() { Ok(true) } else { append.append(&self.records) };
        match written {
            Ok(true) => self.fault = None,
            Ok(false) => return 0,
            Err(fault) => {
                // Once, not a burst.
                if self.fault.as_ref() != Some(&fault) {
                    tell!("{=str}; its packets stay with who sends them", fault);
                }
                self.fault = Some(fault);
                return 0;
            }
        }
        queue.count_dropped(dropped);
        packets.iter_mut().filter(|packet| packet.is_some()).take(count).for_each(free);
        count
    }
}

fn free(packet: &mut Option<Mbuf<'_>>) {
    *packet = None;
}

fn free_all(packets: &mut [Option<Mbuf<'_>>]) -> usize {
    packets.iter_mut().filter_map(Option::take).count()
}
