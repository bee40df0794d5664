//! The sockets of a port: one for each queue, Rx and Tx apart, so that each can be another process's.

use core::fmt;

use phalanx_core::port::{MacAddress, Promiscuous};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with, sockopt};

use super::options::AfPacketArgs;
use crate::sys::errno::Named;
use crate::sys::netdevice::{self, InterfaceName, UP};
use crate::sys::packet::{
    ALL_PROTOCOLS, PacketOption, RingSide, be_promiscuous, bind_packet, packet_option,
    packet_socket, set_packet_option, set_ring,
};

/// `TPACKET_V2`, as the kernel numbers it.
const V2: u32 = 1;

/// Which kind of queue a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What comes.
    Rx,
    /// What is sent.
    Tx,
}

/// Why a port has no socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketError {
    /// The interface is not there.
    NoInterface(InterfaceName),
    /// It is no Ethernet interface.
    NotEthernet(InterfaceName),
    /// This process may not.
    NotAllowed(InterfaceName),
    /// This process may not change what the interface is; what it tried.
    NotToChange {
        /// Which interface.
        interface: InterfaceName,
        /// What was tried.
        doing: &'static str,
    },
    /// The interface does not take such an MTU.
    Mtu {
        /// Which interface.
        interface: InterfaceName,
        /// The MTU.
        mtu: u32,
    },
    /// The interface does not take such an address.
    Mac {
        /// Which interface.
        interface: InterfaceName,
        /// The address.
        mac: MacAddress,
    },
    /// The interface does not take another address while it is up.
    MacWhileUp(InterfaceName),
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

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterface(name) => write!(
                f,
                "there is no interface '{name}' in this network namespace; `ip link` lists those that there are"
            ),
            Self::NotEthernet(name) => {
                write!(
                    f,
                    "interface '{name}' is no Ethernet interface; give one with a MAC address"
                )
            }
            Self::NotAllowed(name) => write!(
                f,
                "this process may not open interface '{name}'; run it as root, or give it CAP_NET_RAW"
            ),
            Self::NotToChange { interface, doing } => write!(
                f,
                "{doing} interface '{interface}' is not this process's right; give it CAP_NET_ADMIN, or do it with \
                 `ip link set {interface}`"
            ),
            Self::Mtu { interface, mtu } => write!(
                f,
                "interface '{interface}' does not take an MTU of {mtu} bytes; `ip -d link show {interface}` says which \
                 ones it takes"
            ),
            Self::Mac { interface, mac } => write!(
                f,
                "interface '{interface}' does not take the address {mac}; give one of a single interface, such as \
                 02:00:00:00:00:01"
            ),
            Self::MacWhileUp(name) => write!(
                f,
                "interface '{name}' does not take another address while it is up; stop what uses it, and `ip link set \
                 {name} down` first"
            ),
            Self::System { interface, doing, errno } => {
                write!(f, "interface '{interface}': {doing} failed: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for SocketError {}

/// What an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: InterfaceName,
    /// Its index, which no later interface of that name has.
    pub index: u32,
    /// Its MAC address.
    pub mac: [u8; 6],
    /// The longest payload, in bytes.
    pub mtu: u32,
}

/// Looks at the interface `name`. Some system calls.
///
/// # Errors
/// [`SocketError`].
pub fn look_at(name: InterfaceName) -> Result<Interface, SocketError> {
    let socket = packet_socket().map_err(|errno| failed(name, "making a socket", errno))?;
    let asked = |doing| move |errno| failed(name, doing, errno);
    let index = netdevice::index(socket.as_fd(), name).map_err(asked("finding it"))?;
    let mac = netdevice::mac(socket.as_fd(), name).map_err(asked("asking for its address"))?;
    let mtu = netdevice::mtu(socket.as_fd(), name).map_err(asked("asking for its MTU"))?;
    let mac = mac.ok_or(SocketError::NotEthernet(name))?;
    Ok(Interface { name, index, mac, mtu })
}

/// Sees to it that the interface is up. Two or three system calls.
///
/// # Errors
/// [`SocketError`].
pub fn bring_up(name: InterfaceName) -> Result<(), SocketError> {
    let socket = control().map_err(|errno| failed(name, "making a socket", errno))?;
    let flags = netdevice::flags(socket.as_fd(), name)
        .map_err(|errno| failed(name, "asking what it is", errno))?;
    if flags & UP != 0 {
        return Ok(());
    }
    netdevice::set_flags(socket.as_fd(), name, flags | UP).map_err(|errno| match errno {
        Errno::PERM | Errno::ACCESS => {
            SocketError::NotToChange { interface: name, doing: "bringing up" }
        }
        errno => failed(name, "bringing it up", errno),
    })
}

/// Gives the interface an MTU. Two system calls.
///
/// # Errors
/// [`SocketError`].
pub fn give_mtu(interface: InterfaceName, mtu: u32) -> Result<(), SocketError> {
    let socket = control().map_err(|errno| failed(interface, "making a socket", errno))?;
    netdevice::set_mtu(socket.as_fd(), interface, mtu).map_err(|errno| match errno {
        Errno::PERM | Errno::ACCESS => {
            SocketError::NotToChange { interface, doing: "changing the MTU of" }
        }
        Errno::INVAL => SocketError::Mtu { interface, mtu },
        errno => failed(interface, "setting its MTU", errno),
    })
}

/// Gives an interface an Ethernet address. Two system calls.
///
/// # Errors
/// [`SocketError`].
pub fn give_mac(interface: InterfaceName, mac: MacAddress) -> Result<(), SocketError> {
    let socket = control().map_err(|errno| failed(interface, "making a socket", errno))?;
    netdevice::set_mac(socket.as_fd(), interface, mac.0).map_err(|errno| match errno {
        Errno::PERM | Errno::ACCESS => {
            SocketError::NotToChange { interface, doing: "changing the address of" }
        }
        Errno::ADDRNOTAVAIL | Errno::INVAL => SocketError::Mac { interface, mac },
        Errno::BUSY => SocketError::MacWhileUp(interface),
        errno => failed(interface, "setting its address", errno),
    })
}

/// A socket by which interfaces are told what to be; it needs no right itself.
fn control() -> Result<OwnedFd, Errno> {
    socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
}

/// The Rx sockets that share what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fanout {
    /// There is only this one.
    Alone,
    /// This is the first of a group, whose number the kernel chooses.
    First,
    /// It is one more of the group with this number.
    Of(u16),
}

/// `PACKET_FANOUT_FLAG_IGNORE_OUTGOING` and `PACKET_FANOUT_FLAG_UNIQUEID`.
const FANOUT_IGNORES_OUTGOING: u32 = 0x4000;
const FANOUT_CHOOSES_NUMBER: u32 = 0x2000;

/// The number of the group of which `socket` is one; `None` if it is alone.
///
/// # Errors
/// The kernel's.
pub fn fanout_of(socket: BorrowedFd<'_>) -> Result<Option<u16>, Errno> {
    let word = packet_option(socket, PacketOption::Fanout)?;
    Ok((word != 0).then_some(word as u16))
}

/// Opens the socket of an Rx queue. With several queues, `fanout` says with whom it shares what comes.
///
/// # Errors
/// [`SocketError`].
pub fn open_rx(
    args: &AfPacketArgs,
    interface: &Interface,
    fanout: Fanout,
    hears: Promiscuous,
) -> Result<OwnedFd, SocketError> {
    let asked = |doing| move |errno| failed(interface.name, doing, errno);
    let socket = packet_socket().map_err(asked("making a socket"))?;
    let fd = socket.as_fd();
    set_packet_option(fd, PacketOption::Version, V2).map_err(asked("asking for TPACKET_V2"))?;
    set_packet_option(fd, PacketOption::VnetHeader, 1)
        .map_err(asked("asking for PACKET_VNET_HDR"))?;
    set_packet_option(fd, PacketOption::IgnoreOutgoing, 1)
        .map_err(asked("asking for PACKET_IGNORE_OUTGOING"))?;
    bind_packet(fd, interface.index, ALL_PROTOCOLS).map_err(asked("binding a socket"))?;
    if hears == Promiscuous::On {
        be_promiscuous(fd, interface.index).map_err(asked("asking for frames for others"))?;
    }
    let group = match fanout {
        Fanout::Alone => None,
        Fanout::First => Some((FANOUT_CHOOSES_NUMBER, 0)),
        Fanout::Of(number) => Some((0, u32::from(number))),
    };
    if let Some((flags, number)) = group {
        let mode = u32::from(args.fanout_mode) | FANOUT_IGNORES_OUTGOING | flags;
        set_packet_option(fd, PacketOption::Fanout, mode << 16 | number)
            .map_err(asked("joining its other queues (PACKET_FANOUT)"))?;
    }
    // Last: what came before it was one of a group went to all of them, and is thrown away now.
    set_ring(fd, RingSide::Rx, args.geometry.request()).map_err(asked("making an Rx ring"))?;
    Ok(socket)
}

/// Opens the socket of a Tx queue. It takes nothing in.
///
/// # Errors
/// [`SocketError`].
pub fn open_tx(args: &AfPacketArgs, interface: &Interface) -> Result<OwnedFd, SocketError> {
    let asked = |doing| move |errno| failed(interface.name, doing, errno);
    let socket = packet_socket().map_err(asked("making a socket"))?;
    let fd = socket.as_fd();
    set_packet_option(fd, PacketOption::Version, V2).map_err(asked("asking for TPACKET_V2"))?;
    set_packet_option(fd, PacketOption::VnetHeader, 1)
        .map_err(asked("asking for PACKET_VNET_HDR"))?;
    set_packet_option(fd, PacketOption::Loss, 1).map_err(asked("asking for PACKET_LOSS"))?;
    set_packet_option(fd, PacketOption::QdiscBypass, u32::from(args.qdisc_bypass))
        .map_err(asked("asking for PACKET_QDISC_BYPASS"))?;
    // What is on its way counts as its buffer. Without the right to have a larger one, a burst may take
    // several calls.
    let _ = sockopt::set_socket_send_buffer_size_force(fd, args.geometry.bytes() * 2);
    set_ring(fd, RingSide::Tx, args.geometry.request()).map_err(asked("making a Tx ring"))?;
    bind_packet(fd, interface.index, 0).map_err(asked("binding a socket"))?;
    Ok(socket)
}

/// Whether `socket`, which another process has sent, is one whose ring can be mapped as `side`'s.
///
/// # Errors
/// `EINVAL` if it is not.
pub fn check_socket(socket: BorrowedFd<'_>, side: Side) -> Result<(), Errno> {
    let is_packets = sockopt::socket_domain(socket) == Ok(AddressFamily::PACKET)
        && sockopt::socket_type(socket) == Ok(SocketType::RAW)
        && packet_option(socket, PacketOption::Version) == Ok(V2)
        && packet_option(socket, PacketOption::VnetHeader) == Ok(1);
    // Only that of a Tx queue passes over what it cannot send.
    let passes_over = packet_option(socket, PacketOption::Loss) == Ok(1);
    match is_packets && passes_over == (side == Side::Tx) {
        true => Ok(()),
        false => Err(Errno::INVAL),
    }
}

fn failed(interface: InterfaceName, doing: &'static str, errno: Errno) -> SocketError {
    match errno {
        Errno::NODEV | Errno::NXIO => SocketError::NoInterface(interface),
        Errno::PERM | Errno::ACCESS => SocketError::NotAllowed(interface),
        errno => SocketError::System { interface, doing, errno },
    }
}
