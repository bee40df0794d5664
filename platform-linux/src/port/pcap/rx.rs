//! `PcapRx`: an Rx queue that reads a file.

use std::fs::File;
use std::path::PathBuf;

use phalanx_core::mbuf::{Mbuf, MbufHome};
use phalanx_core::port::{Port, Rss, RxDriver, RxLine};

use super::args::{AtEnd, PcapArgs, Sharing, file_of};
use super::error::{PcapError, ReadFault};
use super::files::open_rx;
use super::reader::PacketReader;

/// Packets that one burst passes over at most: of other queues, and such as no mbuf has room for. A file
/// that is read again and again may have no others.
const PASSED_MAX: usize = 4096;

/// An Rx queue of net_pcap.
#[derive(Debug)]
pub struct PcapRx {
    source: Option<Source>,
    fault: Option<PcapError>,
}

#[derive(Debug)]
struct Source {
    reader: PacketReader<File>,
    path: PathBuf,
    at_end: AtEnd,
    /// Which packets are this queue's; all, if none.
    mine: Option<(Rss, u16)>,
    /// Packets that were passed, of all rounds.
    passed: u64,
    /// Whether the next packet has waited for an mbuf, and is counted as one that had to.
    is_counted: bool,
}

/// What became of a packet's bytes.
enum Copied<'h> {
    Whole(Mbuf<'h>),
    /// There is no mbuf now.
    NoMbuf,
    /// No packet of this home has room for them, were all its pool's mbufs free.
    NoRoom,
}

impl PcapRx {
    /// Opens queue `queue` of `port`, where its last claimant, whose line `line` is, left off.
    ///
    /// Cost: reads what of the file was read before.
    ///
    /// # Errors
    /// [`PcapError`].
    pub fn open(port: &Port, queue: u16, line: &RxLine) -> Result<Self, PcapError> {
        let args = PcapArgs::parse(port.args().as_str())?;
        let Some((path, sharing)) = file_of(&args.rx, "Rx", queue)? else {
            line.set_done();
            return Ok(Self { source: None, fault: None });
        };
        let (_, reader) = open_rx(path)?;
        let is_shared = sharing == Sharing::All && port.rx_queues() > 1;
        let mine = is_shared.then(|| (port.rss(), queue));
        let path = path.to_owned();
        let mut source =
            Source { reader, path, at_end: args.at_end, mine, passed: 0, is_counted: false };
        source.go_to(line.cursor()).map_err(|fault| source.error(fault))?;
        Ok(Self { source: Some(source), fault: None })
    }

    /// Why no packet comes any more, if that is not the file's end.
    pub fn fault(&self) -> Option<&PcapError> {
        self.fault.as_ref()
    }
}

impl Source {
    /// Passes the first `target` packets; all that there are, if there are fewer and it does not repeat.
    fn go_to(&mut self, target: u64) -> Result<(), ReadFault> {
        while self.passed < target {
            if self.reader.peek()?.is_some() {
                self.pass();
            } else if self.starts_over()? {
                // So many a round: whole rounds need not be read.
                let round = self.passed;
                self.passed = target - target % round.max(1);
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    fn pass(&mut self) {
        self.reader.pass();
        self.passed += 1;
        self.is_counted = false;
    }

    /// At the file's end: whether it begins anew.
    fn starts_over(&mut self) -> Result<bool, ReadFault> {
        if self.at_end == AtEnd::Stop || self.reader.passed() == 0 {
            return Ok(false);
        }
        self.reader.rewind()?;
        Ok(true)
    }

    fn error(&self, fault: ReadFault) -> PcapError {
        let (packets, at) = (self.reader.passed(), self.reader.at());
        PcapError::Read { path: self.path.clone(), packets, at, fault }
    }

    /// Fills the beginning of `to`; says how much, and whether more may come.
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> (usize, Result<bool, ReadFault>) {
        let (mut filled, mut passed) = (0, 0);
        while let Some(slot) = to.get_mut(filled).filter(|_| passed < PASSED_MAX) {
            let data = match self.reader.peek() {
                Ok(Some(data)) => data,
                Ok(None) => match self.starts_over() {
                    Ok(true) => continue,
                    ended => return (filled, ended),
                },
                Err(fault) => return (filled, Err(fault)),
            };
            if self.mine.as_ref().is_some_and(|(rss, mine)| rss.queue_of(data) != *mine) {
                self.pass();
                passed += 1;
                continue;
            }
            match copy(home, data) {
                Copied::Whole(packet) => {
                    *slot = Some(packet);
                    filled += 1;
                }
                Copied::NoRoom => {
                    queue.count_errors(1);
                    passed += 1;
                }
                Copied::NoMbuf => {
                    // It comes with a later burst, and is one packet however many that takes.
                    queue.count_no_mbuf(u64::from(!self.is_counted));
                    self.is_counted = true;
                    break;
                }
            }
            self.pass();
        }
        (filled, Ok(true))
    }
}

/// A packet with these bytes, in as many segments as it takes.
fn copy<'h>(home: &'h MbufHome<'h>, data: &[u8]) -> Copied<'h> {
    let Some(mut packet) = home.alloc() else { return Copied::NoMbuf };
    let room = usize::from(packet.tailroom());
    if room == 0 && !data.is_empty() {
        return Copied::NoRoom;
    }
    if data.len().div_ceil(room.max(1)) > home.pool().populated() as usize {
        return Copied::NoRoom;
    }
    let (first, rest) = data.split_at(data.len().min(room));
    if !put(&mut packet, first) {
        return Copied::NoRoom;
    }
    for part in rest.chunks(room.max(1)) {
        let Some(mut segment) = home.alloc() else { return Copied::NoMbuf };
        if !put(&mut segment, part) || packet.chain(segment).is_err() {
            return Copied::NoRoom;
        }
    }
    Copied::Whole(packet)
}

fn put(packet: &mut Mbuf<'_>, bytes: &[u8]) -> bool {
    // No more than a segment's room.
    let to = packet.append(bytes.len() as u16);
    to.map(|to| to.copy_from_slice(bytes)).is_ok()
}

impl RxDriver for PcapRx {
    fn receive<'h>(
        &mut self,
        queue: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        let Some(source) = &mut self.source else { return 0 };
        let (count, goes_on) = source.receive(queue, home, to);
        // Who dies before this is written has not seen the packets either.
        queue.set_cursor(source.passed);
        match goes_on {
            Ok(true) => return count,
            Ok(false) => {}
            Err(fault) => {
                queue.count_errors(1);
                let fault = source.error(fault);
                tell!("{=str}; the queue is done", fault);
                self.fault = Some(fault);
            }
        }
        queue.set_done();
        self.source = None;
        count
    }
}
