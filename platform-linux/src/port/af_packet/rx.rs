//! `AfPacketRx`: what came, out of the ring.

use phalanx_core::mbuf::{Mbuf, MbufHome, flags};
use phalanx_core::port::{RxDriver, RxLine};
use phalanx_core::sync::Word32;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

use super::checksum;
use super::crc32c::{SCTP_AT, SCTP_BYTES, crc32c};
use super::cursor::{Cursor, resume};
use super::cut::Plan;
use super::frame::{ADDRESSES, Checksum, Fault, Frame, Header, KERNEL, USER, VNET_BYTES};
use super::geometry::Geometry;
use super::ring::FrameRing;
use super::socket::{Side, check_socket};
use crate::mapping::MapError;
use crate::sys::packet::take_drops;

/// An Rx queue of an interface: a socket, and its ring.
///
/// Each packet is copied once, out of the ring. No system call, but where the kernel says that it has
/// lost packets: then it is asked how many.
#[derive(Debug)]
pub struct AfPacketRx {
    socket: OwnedFd,
    ring: FrameRing,
    cursor: Cursor,
    /// How many parts were delivered of the packet in the frame, which is to be cut.
    parts: usize,
    /// Whether the packet in the frame has been counted as one without an mbuf.
    is_starved: bool,
}

/// What became of the packet in a frame.
enum Taken<'h> {
    /// It is had, and the frame done with.
    All(Mbuf<'h>),
    /// So much of it is had; more will come of the frame.
    Part(Mbuf<'h>),
    /// There is no mbuf for it now.
    NoMbuf,
    /// It is none that can be had.
    None,
}

impl AfPacketRx {
    /// The Rx queue of `socket`, whose ring was cut as `geometry` says, from where the last claimant of
    /// `line` has left it.
    ///
    /// Cost: some system calls; no allocation.
    ///
    /// # Errors
    /// [`MapError`]; `EINVAL` in it, if this is no such socket.
    pub fn open(socket: OwnedFd, geometry: Geometry, line: &RxLine) -> Result<Self, MapError> {
        check_socket(socket.as_fd(), Side::Rx).map_err(MapError::Refused)?;
        let ring = FrameRing::map(socket.as_fd(), geometry)?;
        Ok(Self::over(socket, ring, line))
    }

    /// The same over words that play the ring, and a descriptor that plays its socket: for tests of what a
    /// claimant leaves that is killed. `None` if the words do not hold it.
    pub fn over_words(
        socket: OwnedFd,
        words: &'static [Word32],
        geometry: Geometry,
        line: &RxLine,
    ) -> Option<Self> {
        Some(Self::over(socket, FrameRing::over(words, geometry)?, line))
    }

    fn over(socket: OwnedFd, mut ring: FrameRing, line: &RxLine) -> Self {
        let cursor = Cursor::of(socket.as_fd());
        resume(&mut ring, cursor.place(line.cursor()), was_given_back);
        line.set_cursor(cursor.at(ring.at()));
        Self { socket, ring, cursor, parts: 0, is_starved: false }
    }

    /// The socket, which is readable when a packet is there.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Makes a packet of what lies in the frame, which is this process's.
    #[inline(always)]
    fn take<'h>(&self, header: Header, home: &'h MbufHome<'h>) -> Taken<'h> {
        let (frame, bytes) = match packet_in(&self.ring, header) {
            Ok(found) => found,
            Err(_) => return Taken::None,
        };
        if frame.vlan.is_none() && frame.checksum.is_none() && frame.cut.is_none() {
            return packet_of(home, &[bytes]).map_or(Taken::NoMbuf, Taken::All);
        }
        self.take_changed(home, &frame, bytes)
    }

    /// Makes one that is not as it lies there.
    #[cold]
    fn take_changed<'h>(&self, home: &'h MbufHome<'h>, frame: &Frame, bytes: &[u8]) -> Taken<'h> {
        let Some(_) = frame.cut else {
            let packet = changed(home, frame, bytes);
            return packet.map_or(Taken::NoMbuf, |packet| Taken::All(tagged(packet, frame)));
        };
        let plan = Plan::of(bytes, frame);
        let part = plan.and_then(|plan| Some((plan, plan.part(bytes, self.parts)?)));
        let Some((plan, (headers, payload))) = part else {
            return Taken::None;
        };
        let (first, tag, second) = parted(frame, headers.as_bytes());
        let packet = packet_of(home, &[first, &tag, second, payload]);
        let is_last = self.parts + 1 >= plan.count();
        match packet.map(|packet| tagged(packet, frame)) {
            Some(packet) if is_last => Taken::All(packet),
            Some(packet) => Taken::Part(packet),
            None => Taken::NoMbuf,
        }
    }

    /// Gives the frame back to the kernel, and goes on to the next.
    #[inline(always)]
    fn give_back(&mut self, line: &RxLine) {
        line.set_cursor(self.cursor.handing(self.ring.at()));
        self.ring.set_status(KERNEL);
        self.ring.step();
        line.set_cursor(self.cursor.at(self.ring.at()));
        self.parts = 0;
        self.is_starved = false;
    }

    /// Counts what the kernel has lost.
    #[cold]
    fn count_losses(&self, line: &RxLine) {
        // What it does not tell now, it tells when it is asked next.
        line.count_errors(u64::from(take_drops(self.socket.as_fd()).unwrap_or(0)));
    }

    #[cold]
    fn starve(&mut self, line: &RxLine) {
        if !self.is_starved {
            line.count_no_mbuf(1);
        }
        self.is_starved = true;
    }
}

impl RxDriver for AfPacketRx {
    fn receive<'h>(
        &mut self,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        let (mut count, mut has_lost) = (0, false);
        // At most once around: whoever else writes statuses keeps nobody here.
        for _ in 0..self.ring.count().max(to.len() as u32) {
            let Some(place) = to.get_mut(count) else { break };
            let status = self.ring.status();
            if status & USER == 0 {
                break;
            }
            let header = Header::read(&self.ring, status);
            has_lost |= header.tells_of_loss();
            match self.take(header, home) {
                Taken::All(packet) => {
                    *place = Some(packet);
                    count += 1;
                }
                Taken::Part(packet) => {
                    *place = Some(packet);
                    count += 1;
                    self.parts += 1;
                    continue;
                }
                Taken::NoMbuf => {
                    self.starve(line);
                    break;
                }
                Taken::None => line.count_errors(1),
            }
            self.give_back(line);
        }
        // Once: after a loss each frame says so until the kernel was asked.
        if has_lost {
            self.count_losses(line);
        }
        count
    }
}

/// The packet that lies in the frame, as far as what the header says of it can be.
#[inline(always)]
fn packet_in(ring: &FrameRing, header: Header) -> Result<(Frame, &[u8]), Fault> {
    let vnet = header.vnet_offset().and_then(|at| ring.bytes(at, VNET_BYTES));
    let vnet = vnet.and_then(|bytes| bytes.first_chunk::<VNET_BYTES>()).ok_or(Fault::Malformed)?;
    let frame = header.check(*vnet, ring.frame_size())?;
    let bytes = ring.bytes(frame.offset, frame.len).ok_or(Fault::Malformed)?;
    Ok((frame, bytes))
}

/// Whether a frame that was being given back when its holder died had been. If it is the kernel's, it
/// had. If it is not, it had all the same where the kernel has come around since: then it is newer than
/// the next.
fn was_given_back(ring: &mut FrameRing) -> bool {
    let stamp = |ring: &FrameRing| u64::from(ring.word(16)) << 32 | u64::from(ring.word(20));
    if ring.status() & USER == 0 {
        return true;
    }
    let this = stamp(ring);
    ring.step();
    let is_newer = ring.status() & USER != 0 && stamp(ring) < this;
    ring.step_back();
    is_newer
}

/// A packet of these bytes, one after the other; `None` if there are not as many mbufs.
#[inline(always)]
fn packet_of<'h>(home: &'h MbufHome<'h>, pieces: &[&[u8]]) -> Option<Mbuf<'h>> {
    let mut packet = home.alloc()?;
    for piece in pieces {
        let room = u16::try_from(piece.len()).ok().and_then(|len| packet.append(len).ok());
        match room {
            Some(room) => room.copy_from_slice(piece),
            None => append_parted(&mut packet, home, piece)?,
        }
    }
    Some(packet)
}

/// Appends bytes for which the last segment has no room, in as many as they need.
#[cold]
fn append_parted<'h>(
    packet: &mut Mbuf<'h>,
    home: &'h MbufHome<'h>,
    mut piece: &[u8],
) -> Option<()> {
    while !piece.is_empty() {
        if packet.tailroom() == 0 {
            let next = home.alloc()?;
            if next.tailroom() == 0 {
                return None;
            }
            packet.chain(next).ok()?;
        }
        let len = piece.len().min(usize::from(packet.tailroom()));
        let (now, later) = piece.split_at(len);
        packet.append(len as u16).ok()?.copy_from_slice(now);
        piece = later;
    }
    Some(())
}

/// Bytes before and behind the place where a tag was taken out, and the tag. Where none was, all
/// bytes stand behind.
fn parted<'a>(frame: &Frame, bytes: &'a [u8]) -> (&'a [u8], heapless::Vec<u8, 4>, &'a [u8]) {
    let Some((kind, value)) = frame.vlan else { return (&[], heapless::Vec::new(), bytes) };
    let ([a, b], [c, d]) = (kind.to_be_bytes(), value.to_be_bytes());
    let (before, behind) = bytes.split_at_checked(ADDRESSES).unwrap_or((&[], bytes));
    (before, heapless::Vec::from_array([a, b, c, d]), behind)
}

/// The packet with its tag, and its checksum completed.
fn changed<'h>(home: &'h MbufHome<'h>, frame: &Frame, bytes: &[u8]) -> Option<Mbuf<'h>> {
    let (first, tag, second) = parted(frame, bytes);
    let Some(Checksum { start, at }) = frame.checksum else {
        return packet_of(home, &[first, &tag, second]);
    };
    let (before, behind) = second.split_at_checked(at.checked_sub(first.len())?)?;
    let summed = bytes.get(start..)?;
    if at - start == SCTP_AT {
        let sum = crc32c(summed.get(..SCTP_AT)?, summed.get(SCTP_AT + SCTP_BYTES..)?);
        return packet_of(home, &[first, &tag, before, &sum, behind.get(SCTP_BYTES..)?]);
    }
    let sum = checksum::finish(checksum::sum(summed));
    packet_of(home, &[first, &tag, before, &sum, behind.get(sum.len()..)?])
}

/// The packet, which says that it has a tag.
fn tagged<'h>(mut packet: Mbuf<'h>, frame: &Frame) -> Mbuf<'h> {
    if let Some((_, tag)) = frame.vlan {
        packet.set_flags(packet.flags() | flags::VLAN);
        packet.set_vlan(tag);
    }
    packet
}

#[cfg(test)]
mod tests;
