//! `AfPacketTx`: what is to be sent, into the ring.

use phalanx_core::mbuf::{Mbuf, flags};
use phalanx_core::port::{TxDriver, TxLine};
use phalanx_core::sync::Word32;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use super::cursor::{Cursor, resume};
use super::frame::{ADDRESSES, VNET_BYTES};
use super::geometry::Geometry;
use super::ring::{FrameRing, HEADER_BYTES};
use super::socket::{Side, check_socket};
use crate::mapping::MapError;
use crate::sys::netdevice::{InterfaceName, RUNNING, flags as interface_flags, mtu};

/// The frame is the process's.
const AVAILABLE: u32 = 0;
/// It is to be sent.
const SEND_REQUEST: u32 = 1;
/// Bits that say that it is not the process's.
const BUSY: u32 = 0b111;

/// Bytes of an Ethernet header, the shortest frame.
const ETHERNET_BYTES: u32 = 14;
/// Bytes of a VLAN tag.
const TAG_BYTES: u32 = 4;

/// How often the kernel is told of what is to be sent, where it has not sent all of it.
const KICKS: u32 = 3;
/// After how many bursts, one after the other, in which it has sent nothing at all what is in the ring is
/// given up.
const STUCK_MAX: u32 = 1000;
/// After how many bursts the interface is asked again what it takes: one that takes less than before says so
/// to nobody, and the kernel passes over what is too long.
const LOOK_EVERY: u32 = 1024;

/// A Tx queue of an interface: a socket, and its ring.
///
/// Each packet is copied once, into the ring, and the kernel is told of all of a burst by one system
/// call. What it does not take then (its own queues are full) stays in the ring and goes with the next
/// burst, also an empty one.
#[derive(Debug)]
pub struct AfPacketTx {
    socket: OwnedFd,
    ring: FrameRing,
    cursor: Cursor,
    interface: InterfaceName,
    /// The longest packet that goes into a frame.
    room: u32,
    /// The longest that the interface takes, without a tag.
    longest: u32,
    /// In how many bursts, one after the other, the kernel has sent nothing.
    stuck: u32,
    /// The first frame that waited when the kernel had not sent all.
    first: Option<u32>,
    /// After how many bursts the interface is asked what it takes.
    until_look: u32,
}

/// What became of a packet.
enum Put {
    /// It is in the ring.
    Queued,
    /// It can never be sent.
    Unfit,
    /// There is no frame for it now.
    Full,
}

impl AfPacketTx {
    /// The Tx queue of `socket`, bound to `interface`, whose ring was cut as `geometry` says, from where the
    /// last claimant of `line` has left it. What that one left in the ring is sent.
    ///
    /// Cost: some system calls; no allocation.
    ///
    /// # Errors
    /// [`MapError`]; `EINVAL` in it, if this is no such socket.
    pub fn open(
        socket: OwnedFd,
        geometry: Geometry,
        interface: InterfaceName,
        line: &TxLine,
    ) -> Result<Self, MapError> {
        check_socket(socket.as_fd(), Side::Tx).map_err(MapError::Refused)?;
        let ring = FrameRing::map(socket.as_fd(), geometry)?;
        let mut queue = Self::over(socket, ring, geometry, interface, line);
        queue.look();
        queue.flush(line);
        Ok(queue)
    }

    /// The same over words that play the ring, and a descriptor that plays its socket and sends nothing: for
    /// tests of what a claimant leaves that is killed. `None` if the words do not hold it.
    pub fn over_words(
        socket: OwnedFd,
        words: &'static [Word32],
        geometry: Geometry,
        interface: InterfaceName,
        line: &TxLine,
    ) -> Option<Self> {
        let ring = FrameRing::over(words, geometry)?;
        let mut queue = Self::over(socket, ring, geometry, interface, line);
        queue.longest = queue.room;
        queue.flush(line);
        Some(queue)
    }

    fn over(
        socket: OwnedFd,
        mut ring: FrameRing,
        geometry: Geometry,
        interface: InterfaceName,
        line: &TxLine,
    ) -> Self {
        let cursor = Cursor::of(socket.as_fd());
        resume(&mut ring, cursor.place(line.cursor()), |ring| ring.status() & BUSY != 0);
        line.set_cursor(cursor.at(ring.at()));
        let room = geometry.tx_room().min(u32::from(u16::MAX));
        let (longest, stuck, first, until_look) = (0, 0, None, LOOK_EVERY);
        Self { socket, ring, cursor, interface, room, longest, stuck, first, until_look }
    }

    /// The socket.
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Asks what the interface takes.
    #[cold]
    fn look(&mut self) {
        self.until_look = LOOK_EVERY;
        // One that is gone takes nothing anyway.
        if let Ok(mtu) = mtu(self.socket.as_fd(), self.interface) {
            self.longest = mtu.saturating_add(ETHERNET_BYTES);
        }
    }

    /// Whether the interface takes a packet of `len` bytes, and a frame does.
    #[inline(always)]
    fn takes(&mut self, len: u32, is_tagged: impl FnOnce() -> bool) -> bool {
        if len >= ETHERNET_BYTES && len <= self.longest && len <= self.room {
            return true;
        }
        self.takes_odd(len, is_tagged())
    }

    #[cold]
    fn takes_odd(&mut self, len: u32, is_tagged: bool) -> bool {
        if len < ETHERNET_BYTES || len > self.room {
            return false;
        }
        self.look();
        len <= self.longest.saturating_add(if is_tagged { TAG_BYTES } else { 0 })
    }

    /// Copies `packet` into the next frame.
    #[inline(always)]
    fn put(&mut self, line: &TxLine, packet: &Mbuf<'_>) -> Put {
        if packet.segments_count() != 1 || packet.flags() & flags::TX_VLAN != 0 {
            return self.put_parted(line, packet);
        }
        let data = packet.data();
        let is_tagged = || matches!(data.get(ADDRESSES..ADDRESSES + 2), Some([0x81, 0x00]));
        if !self.takes(data.len() as u32, is_tagged) {
            return Put::Unfit;
        }
        self.put_pieces(line, data.len(), core::iter::once(data))
    }

    #[cold]
    fn put_parted(&mut self, line: &TxLine, packet: &Mbuf<'_>) -> Put {
        // What the segments hold, not what the header says.
        let len: usize = packet.segments().map(<[u8]>::len).sum();
        let tag = (packet.flags() & flags::TX_VLAN != 0).then(|| packet.vlan().to_be_bytes());
        let Some([a, b]) = tag else {
            if !self.takes(len as u32, || false) {
                return Put::Unfit;
            }
            return self.put_pieces(line, len, packet.segments());
        };
        let mut segments = packet.segments();
        let first = segments.next().and_then(|first| first.split_at_checked(ADDRESSES));
        let Some((addresses, behind)) = first else { return Put::Unfit };
        let len = len + TAG_BYTES as usize;
        if !self.takes(len as u32, || true) {
            return Put::Unfit;
        }
        let tag = [0x81, 0x00, a, b];
        self.put_pieces(line, len, [addresses, &tag, behind].into_iter().chain(segments))
    }

    /// Writes a frame of `len` bytes, which the pieces have, and hands it over.
    #[inline(always)]
    fn put_pieces<'a>(
        &mut self,
        line: &TxLine,
        len: usize,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Put {
        if self.ring.status() & BUSY != AVAILABLE {
            return Put::Full;
        }
        let Some(frame) = self.ring.bytes_mut(HEADER_BYTES, VNET_BYTES + len) else {
            return Put::Unfit;
        };
        // "No checksum is missing, nothing is to be cut, and all of it is header": so the kernel copies the
        // packet instead of pointing into the ring, which is written anew before who receives it on this
        // machine has read it.
        let [low, high] = (len as u16).to_ne_bytes();
        let (header, mut rest) = frame.split_at_mut(VNET_BYTES);
        header.copy_from_slice(&[0, 0, low, high, 0, 0, 0, 0, 0, 0]);
        for piece in pieces {
            let Some((to, behind)) = rest.split_at_mut_checked(piece.len()) else {
                return Put::Unfit;
            };
            to.copy_from_slice(piece);
            rest = behind;
        }
        self.ring.set_word(4, (VNET_BYTES + len) as u32);
        self.hand_over(line, SEND_REQUEST);
        self.ring.step();
        line.set_cursor(self.cursor.at(self.ring.at()));
        Put::Queued
    }

    #[inline(always)]
    fn hand_over(&mut self, line: &TxLine, status: u32) {
        line.set_cursor(self.cursor.handing(self.ring.at()));
        self.ring.set_status(status);
    }

    /// Whether something in the ring waits to be sent. What waits lies before the next frame.
    #[inline(always)]
    fn has_waiting(&mut self) -> bool {
        self.ring.step_back();
        let status = self.ring.status();
        self.ring.step();
        status & SEND_REQUEST != 0
    }

    /// Tells the kernel to send what waits.
    #[inline(always)]
    fn flush(&mut self, line: &TxLine) {
        if self.has_waiting() {
            self.kick(line);
        }
    }

    fn kick(&mut self, line: &TxLine) {
        let sent = send(&self.socket, &[], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        if sent.is_ok() && !self.has_waiting() {
            self.first = None;
            return;
        }
        self.kick_again(line, sent.err());
    }

    /// The kernel has not sent all.
    #[cold]
    fn kick_again(&mut self, line: &TxLine, mut refused: Option<Errno>) {
        for _ in 1..KICKS {
            if matches!(refused, Some(Errno::NETDOWN | Errno::NXIO | Errno::NODEV)) {
                return self.take_back(line);
            }
            if !self.has_waiting() {
                self.first = None;
                return;
            }
            refused = send(&self.socket, &[], SendFlags::DONTWAIT | SendFlags::NOSIGNAL).err();
        }
        if self.has_moved() {
            self.stuck = 0;
            return;
        }
        self.stuck += 1;
        // Its own queues are full for a moment; or nobody is there to take anything.
        let is_up = interface_flags(self.socket.as_fd(), self.interface)
            .is_ok_and(|flags| flags & RUNNING != 0);
        if !is_up || self.stuck >= STUCK_MAX {
            self.look();
            self.take_back(line);
        }
    }

    /// Whether the kernel has sent something since this was asked last, of a ring in which something waits:
    /// the first frame that does is another.
    fn has_moved(&mut self) -> bool {
        let next = self.ring.at();
        // From the next to be written on, which is the oldest: a frame that was sent may wait anew.
        for _ in 0..self.ring.count() {
            if self.ring.status() & BUSY == SEND_REQUEST {
                break;
            }
            self.ring.step();
        }
        let first = Some(self.ring.at());
        self.ring.seek(next);
        core::mem::replace(&mut self.first, first) != first
    }

    /// Takes back what waits, and counts it as dropped: the kernel's next frame is then this
    /// process's next, as it was before.
    fn take_back(&mut self, line: &TxLine) {
        let mut taken = 0;
        for _ in 0..self.ring.count() {
            self.ring.step_back();
            if self.ring.status() & BUSY != SEND_REQUEST {
                self.ring.step();
                break;
            }
            self.hand_over(line, AVAILABLE);
            taken += 1;
        }
        line.set_cursor(self.cursor.at(self.ring.at()));
        line.count_dropped(taken);
        self.stuck = 0;
        self.first = None;
    }
}

impl TxDriver for AfPacketTx {
    fn send(&mut self, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        if self.until_look == 0 {
            self.look();
        }
        self.until_look -= 1;
        let mut count = 0;
        for place in packets.iter_mut() {
            if let Some(packet) = place {
                match self.put(line, packet) {
                    Put::Queued => {}
                    Put::Unfit => line.count_dropped(1),
                    Put::Full => break,
                }
                *place = None;
                count += 1;
            }
        }
        self.flush(line);
        count
    }
}

#[cfg(test)]
mod tests;
