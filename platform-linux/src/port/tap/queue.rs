//! The queues of a tap: descriptors, and the packets that go by them.

use core::fmt;

use linux_raw_sys::if_tun::{IFF_MULTI_QUEUE, IFF_NO_PI, IFF_TAP, IFF_TUN_EXCL};
use phalanx_core::mbuf::{Mbuf, MbufHome, flags};
use phalanx_core::port::{RxDriver, RxLine, TxDriver, TxLine};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::io::{Errno, IoSlice, IoSliceMut, readv, writev};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::options::{TapArgs, TapMac};
use crate::sys::errno::Named;
use crate::sys::netdevice::{self, InterfaceName, Stays, UP};

/// The longest frame that a tap gives or takes.
const FRAME_MAX: usize = 65_535 + 18;

/// The most pieces that are written at a time; a packet of more is copied together.
const PIECES_MAX: usize = 16;

/// Why a tap was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapError {
    /// `/dev/net/tun` is not to be had.
    NoDevice(Errno),
    /// This process may not.
    NotAllowed(InterfaceName),
    /// There is an interface of that name, which is not the port's.
    Taken(InterfaceName),
    /// A system call failed.
    System {
        /// Of which interface.
        interface: InterfaceName,
        /// What was tried.
        doing: &'static str,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for TapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDevice(errno) => write!(
                f,
                "/dev/net/tun cannot be opened: {}; load the kernel's module `tun`, or ask for the right",
                Named(*errno)
            ),
            Self::NotAllowed(name) => write!(
                f,
                "this process may not make interface '{name}'; run it as root, or give it CAP_NET_ADMIN"
            ),
            Self::Taken(name) => write!(
                f,
                "there is an interface '{name}' already, and it is not this port's; give another name (iface=NAME)"
            ),
            Self::System { interface, doing, errno } => {
                write!(f, "interface '{interface}': {doing} failed: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for TapError {}

/// Which interface a queue is opened of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attach {
    /// One that is made for it: there is none of that name.
    Make,
    /// One that is there, or is made if it is not.
    More,
}

/// Opens a queue of an interface.
///
/// # Errors
/// [`TapError`].
pub fn open_queue(args: &TapArgs, attach: Attach) -> Result<OwnedFd, TapError> {
    let name = args.interface;
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let queue = open("/dev/net/tun", flags, Mode::empty()).map_err(TapError::NoDevice)?;
    // Without it the kernel would add a queue to a tap that another group or program has, and both would
    // have a part of its packets.
    let alone = if attach == Attach::Make { IFF_TUN_EXCL } else { 0 };
    let kind = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | alone;
    netdevice::tun_attach(queue.as_fd(), name, kind as u16)
        .map_err(|errno| failed(name, "adding a queue", errno))?;
    Ok(queue)
}

/// Gives the interface of `queue` its address and MTU, brings it up, and has it stay if it is to. Returns
/// the address that it has.
///
/// # Errors
/// [`TapError`].
pub fn set_up(queue: BorrowedFd<'_>, args: &TapArgs, mtu: u32) -> Result<[u8; 6], TapError> {
    let name = args.interface;
    let asked = |doing| move |errno| failed(name, doing, errno);
    let control = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None);
    let control = control.map_err(asked("making a socket"))?;
    let control = control.as_fd();
    if let TapMac::Given(mac) = args.mac {
        netdevice::set_mac(control, name, mac).map_err(asked("setting its address"))?;
    }
    netdevice::set_mtu(control, name, mtu).map_err(asked("setting its MTU"))?;
    let flags = netdevice::flags(control, name).map_err(asked("asking what it is"))?;
    netdevice::set_flags(control, name, flags | UP).map_err(asked("bringing it up"))?;
    let mac = netdevice::mac(control, name).map_err(asked("asking for its address"))?;
    // Last, so that what fails before leaves nothing.
    if args.stays == Stays::Always {
        netdevice::tun_persist(queue, Stays::Always).map_err(asked("making it stay"))?;
    }
    Ok(mac.unwrap_or_default())
}

/// Whether `descriptor`, which another process has sent, is a queue of the tap `name`.
///
/// # Errors
/// `EINVAL` if it is not.
pub fn check_tap(descriptor: BorrowedFd<'_>, name: InterfaceName) -> Result<(), Errno> {
    match netdevice::tun_name(descriptor) {
        Ok(found) if found == name => Ok(()),
        _ => Err(Errno::INVAL),
    }
}

fn failed(interface: InterfaceName, doing: &'static str, errno: Errno) -> TapError {
    match errno {
        Errno::PERM | Errno::ACCESS => TapError::NotAllowed(interface),
        Errno::BUSY | Errno::INVAL | Errno::EXIST if doing == "adding a queue" => {
            TapError::Taken(interface)
        }
        errno => TapError::System { interface, doing, errno },
    }
}

/// An Rx queue of a tap: a system call a packet, and one when there is none.
pub struct TapRx {
    queue: OwnedFd,
    /// Where the rest of a packet comes for which one mbuf has no room.
    rest: Box<[u8; FRAME_MAX]>,
}

/// A Tx queue of a tap: a system call a packet.
pub struct TapTx {
    queue: OwnedFd,
    /// Where a packet of very many segments is put together.
    whole: Box<[u8; FRAME_MAX]>,
}

impl fmt::Debug for TapRx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TapRx").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl fmt::Debug for TapTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TapTx").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl TapRx {
    /// The Rx queue behind `queue`. Allocates 64 KB.
    pub fn new(queue: OwnedFd) -> Self {
        // It may have come without: the flag is the open file's.
        let _ = fcntl_setfl(&queue, OFlags::NONBLOCK);
        Self { queue, rest: Box::new([0; FRAME_MAX]) }
    }

    /// The descriptor, which is readable when a packet is there.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }

    /// The next packet; `None` if there is none, or it could not be had.
    fn next<'h>(&mut self, line: &RxLine, home: &'h MbufHome<'h>) -> Option<Mbuf<'h>> {
        // First, so that what there is no mbuf for stays where it is.
        let Some(mut packet) = home.alloc() else {
            line.count_no_mbuf(1);
            return None;
        };
        let room = packet.tailroom();
        let first = packet.append(room).ok()?;
        let mut pieces = [IoSliceMut::new(first), IoSliceMut::new(&mut self.rest[..])];
        let len = readv(&self.queue, &mut pieces).ok()?;
        let Some(behind) = len.checked_sub(usize::from(room)) else {
            packet.trim(room - len as u16).ok()?;
            return Some(packet);
        };
        let filled = append(&mut packet, home, self.rest.get(..behind).unwrap_or_default());
        if filled.is_none() {
            line.count_no_mbuf(1);
        }
        filled.map(|()| packet)
    }
}

/// Appends bytes in as many segments as they need.
fn append<'h>(packet: &mut Mbuf<'h>, home: &'h MbufHome<'h>, mut bytes: &[u8]) -> Option<()> {
    while !bytes.is_empty() {
        let mut segment = home.alloc()?;
        let len = bytes.len().min(usize::from(segment.tailroom()));
        if len == 0 {
            return None;
        }
        let (now, later) = bytes.split_at(len);
        segment.append(len as u16).ok()?.copy_from_slice(now);
        packet.chain(segment).ok()?;
        bytes = later;
    }
    Some(())
}

impl RxDriver for TapRx {
    fn receive<'h>(
        &mut self,
        line: &RxLine,
        home: &'h MbufHome<'h>,
        to: &mut [Option<Mbuf<'h>>],
    ) -> usize {
        let mut count = 0;
        for place in to.iter_mut() {
            let Some(packet) = self.next(line, home) else { break };
            *place = Some(packet);
            count += 1;
        }
        count
    }
}

impl TapTx {
    /// The Tx queue behind `queue`. Allocates 64 KB.
    pub fn new(queue: OwnedFd) -> Self {
        let _ = fcntl_setfl(&queue, OFlags::NONBLOCK);
        Self { queue, whole: Box::new([0; FRAME_MAX]) }
    }

    /// Writes a packet; `false` if it is to be tried again.
    fn put(&mut self, line: &TxLine, packet: &Mbuf<'_>) -> bool {
        let data = packet.data();
        let is_plain = packet.segments_count() == 1 && packet.flags() & flags::TX_VLAN == 0;
        let written = if is_plain && data.len() <= FRAME_MAX {
            writev(&self.queue, &[IoSlice::new(data)])
        } else {
            self.put_parted(packet)
        };
        match written {
            Ok(_) => true,
            Err(Errno::AGAIN | Errno::NOBUFS | Errno::INTR) => false,
            // Too short, too long, or the interface is down or gone.
            Err(_) => {
                line.count_dropped(1);
                true
            }
        }
    }

    #[cold]
    fn put_parted(&mut self, packet: &Mbuf<'_>) -> Result<usize, Errno> {
        let mut segments = packet.segments();
        let first = segments.next().unwrap_or_default();
        let [a, b] = packet.vlan().to_be_bytes();
        let tag = [0x81, 0x00, a, b];
        let (addresses, tag, behind) = match packet.flags() & flags::TX_VLAN {
            0 => (first, &[][..], &[][..]),
            _ => {
                let (addresses, behind) = first.split_at_checked(12).ok_or(Errno::INVAL)?;
                (addresses, &tag[..], behind)
            }
        };
        let pieces = [addresses, tag, behind].into_iter().chain(segments);
        if packet.segments_count() as usize + 2 <= PIECES_MAX {
            let mut slices: heapless::Vec<IoSlice<'_>, PIECES_MAX> = heapless::Vec::new();
            slices.extend(pieces.take(PIECES_MAX).map(IoSlice::new));
            return writev(&self.queue, &slices);
        }
        let mut len = 0;
        for piece in pieces {
            let place = self.whole.get_mut(len..len + piece.len()).ok_or(Errno::MSGSIZE)?;
            place.copy_from_slice(piece);
            len += piece.len();
        }
        writev(&self.queue, &[IoSlice::new(self.whole.get(..len).unwrap_or_default())])
    }
}

impl TxDriver for TapTx {
    fn send(&mut self, line: &TxLine, packets: &mut [Option<Mbuf<'_>>]) -> usize {
        let mut count = 0;
        for place in packets.iter_mut() {
            if let Some(packet) = place {
                if !self.put(line, packet) {
                    break;
                }
                *place = None;
                count += 1;
            }
        }
        count
    }
}
