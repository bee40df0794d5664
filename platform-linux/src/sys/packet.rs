//! Packet sockets, of which rustix knows the family only: options, rings, and the interface they
//! belong to.
#![expect(
    unsafe_code,
    reason = "setsockopt, getsockopt and bind with structures of packet sockets"
)]

use super::syscall::syscall;
use linux_raw_sys::general::{__NR_bind, __NR_getsockopt, __NR_setsockopt};
use linux_raw_sys::if_packet::{self as raw, packet_mreq, sockaddr_ll, tpacket_req, tpacket_stats};
use linux_raw_sys::net::SOL_PACKET;
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

/// Every protocol there is, as a packet socket takes it in.
pub const ALL_PROTOCOLS: u16 = 0x0003;

/// What a packet socket can be told by one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketOption {
    /// Which form its rings have; 1 is `TPACKET_V2`.
    Version,
    /// Frames that cannot be sent are passed over instead of ending the call.
    Loss,
    /// Each packet comes and goes with a `virtio_net_hdr` before it.
    VnetHeader,
    /// Past the queueing discipline, straight to the device.
    QdiscBypass,
    /// What this host sends itself does not come back.
    IgnoreOutgoing,
    /// The group of sockets that share an interface's packets: `mode << 16 | id`. Asked for, the same.
    Fanout,
}

impl PacketOption {
    const fn number(self) -> usize {
        (match self {
            Self::Version => raw::PACKET_VERSION,
            Self::Loss => raw::PACKET_LOSS,
            Self::VnetHeader => raw::PACKET_VNET_HDR,
            Self::QdiscBypass => raw::PACKET_QDISC_BYPASS,
            Self::IgnoreOutgoing => raw::PACKET_IGNORE_OUTGOING,
            Self::Fanout => raw::PACKET_FANOUT,
        }) as usize
    }
}

/// Which of a socket's two rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingSide {
    /// What comes.
    Rx,
    /// What is sent.
    Tx,
}

/// How a ring is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingRequest {
    /// Bytes of a block, a multiple of the page size.
    pub block_size: u32,
    /// How many blocks.
    pub block_count: u32,
    /// Bytes of a frame, a multiple of 16.
    pub frame_size: u32,
    /// How many frames: as many as go into all blocks.
    pub frame_count: u32,
}

/// A packet socket that takes nothing in yet. Needs `CAP_NET_RAW`. One system call.
///
/// # Errors
/// The kernel's; `EPERM` without the right.
pub fn packet_socket() -> Result<OwnedFd, Errno> {
    socket_with(AddressFamily::PACKET, SocketType::RAW, SocketFlags::CLOEXEC, None)
}

/// Binds `socket` to the interface with this index, for packets of `protocol` (0: none).
///
/// # Errors
/// The kernel's; `ENODEV` if there is no such interface, `ENETDOWN` if it is down (the socket is
/// bound all the same, and works once it is up).
pub fn bind_packet(socket: BorrowedFd<'_>, interface: u32, protocol: u16) -> Result<(), Errno> {
    let address = sockaddr_ll {
        sll_family: AddressFamily::PACKET.as_raw(),
        sll_protocol: protocol.to_be(),
        sll_ifindex: interface.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let place: *const sockaddr_ll = &address;
    let arguments =
        [socket.as_raw_fd() as usize, place as usize, size_of::<sockaddr_ll>(), 0, 0, 0];
    // SAFETY: the call reads one `sockaddr_ll` through a pointer from a reference that outlives
    // it; it changes the socket and nothing else.
    unsafe { syscall(__NR_bind, arguments) }.map(|_| ())
}

/// Sets a number.
///
/// # Errors
/// The kernel's; `ENOPROTOOPT` of one that does not know the option.
pub fn set_packet_option(
    socket: BorrowedFd<'_>,
    option: PacketOption,
    value: u32,
) -> Result<(), Errno> {
    set(socket, option.number(), &value)
}

/// What a number is.
///
/// # Errors
/// The kernel's; `ENOPROTOOPT` if this is no packet socket.
pub fn packet_option(socket: BorrowedFd<'_>, option: PacketOption) -> Result<u32, Errno> {
    get(socket, option.number(), 0u32)
}

/// Gives `socket` a ring. A socket has each at most once at a time.
///
/// # Errors
/// The kernel's; `ENOMEM` if it has not as much memory, `EINVAL` of a request that does not add up.
pub fn set_ring(socket: BorrowedFd<'_>, side: RingSide, request: RingRequest) -> Result<(), Errno> {
    let option = match side {
        RingSide::Rx => raw::PACKET_RX_RING,
        RingSide::Tx => raw::PACKET_TX_RING,
    };
    let request = tpacket_req {
        tp_block_size: request.block_size,
        tp_block_nr: request.block_count,
        tp_frame_size: request.frame_size,
        tp_frame_nr: request.frame_count,
    };
    set(socket, option as usize, &request)
}

/// Lets the interface take in packets for others as long as `socket` is open.
///
/// # Errors
/// The kernel's.
pub fn be_promiscuous(socket: BorrowedFd<'_>, interface: u32) -> Result<(), Errno> {
    let request = packet_mreq {
        mr_ifindex: interface.cast_signed(),
        mr_type: raw::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set(socket, raw::PACKET_ADD_MEMBERSHIP as usize, &request)
}

/// How many packets did not go into the Rx ring, since this was asked last.
///
/// # Errors
/// The kernel's.
pub fn take_drops(socket: BorrowedFd<'_>) -> Result<u32, Errno> {
    let none = tpacket_stats { tp_packets: 0, tp_drops: 0 };
    get(socket, raw::PACKET_STATISTICS as usize, none).map(|told| told.tp_drops)
}

/// What may be handed to the kernel, and filled by it: numbers side by side, without padding.
trait Plain: Copy {}
impl Plain for u32 {}
impl Plain for tpacket_req {}
impl Plain for packet_mreq {}
impl Plain for tpacket_stats {}

fn set<T: Plain>(socket: BorrowedFd<'_>, option: usize, value: &T) -> Result<(), Errno> {
    let place: *const T = value;
    let level = SOL_PACKET as usize;
    let arguments = [socket.as_raw_fd() as usize, level, option, place as usize, size_of::<T>(), 0];
    // SAFETY: the call reads `size_of::<T>()` bytes, none of them padding (`Plain`), through a
    // pointer from a reference that outlives it; it changes the socket and nothing else.
    unsafe { syscall(__NR_setsockopt, arguments) }.map(|_| ())
}

fn get<T: Plain>(socket: BorrowedFd<'_>, option: usize, mut value: T) -> Result<T, Errno> {
    let mut len = size_of::<T>() as u32;
    let (place, len_place): (*mut T, *mut u32) = (&mut value, &mut len);
    let level = SOL_PACKET as usize;
    let arguments =
        [socket.as_raw_fd() as usize, level, option, place as usize, len_place as usize, 0];
    // SAFETY: the call writes at most `len` bytes, which is `size_of::<T>()`, and `len`, through
    // pointers from unique references that outlive it; any bytes are a `T` (`Plain`).
    unsafe { syscall(__NR_getsockopt, arguments) }?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use rustix::net::{SocketFlags, socketpair};

    #[test]
    fn what_is_no_packet_socket_has_no_such_options() {
        let kind = (AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC);
        let (socket, _) = socketpair(kind.0, kind.1, kind.2, None).unwrap();
        assert!(packet_option(socket.as_fd(), PacketOption::Version).is_err());
        assert!(set_packet_option(socket.as_fd(), PacketOption::Loss, 1).is_err());
        assert!(take_drops(socket.as_fd()).is_err());
        assert!(bind_packet(socket.as_fd(), 1, ALL_PROTOCOLS).is_err());
    }

    #[test]
    fn an_option_is_what_it_was_set_to() {
        // Without the right there is no such socket to ask.
        let Ok(socket) = packet_socket() else { return };
        assert_eq!(set_packet_option(socket.as_fd(), PacketOption::Version, 1), Ok(()));
        assert_eq!(packet_option(socket.as_fd(), PacketOption::Version), Ok(1));
        assert_eq!(take_drops(socket.as_fd()), Ok(0));
        assert_eq!(bind_packet(socket.as_fd(), u32::MAX >> 1, 0), Err(Errno::NODEV));
    }
}
