//! Whether the interfaces of this process's ports are up: rtnetlink says when to look.
//!
//! Nothing that comes by the socket is read: any change of any interface is a reason to ask for the own
//! ones' state anew, so no message can be misunderstood or missed.

use std::sync::Arc;

use phalanx_core::port::{DriverKind, Link, LinkState, Port};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};

use super::open::INDEX_WORD;
use super::owned::Descriptors;
use crate::port::af_packet::AfPacketArgs;
use crate::port::tap::TapArgs;
use crate::sys::netdevice::{self, InterfaceName, RUNNING};

/// `RTMGRP_LINK`: changes of interfaces.
const LINK_CHANGES: u32 = 1;

/// Hears that some interface has changed.
#[derive(Debug)]
pub(crate) struct LinkEar {
    socket: OwnedFd,
    descriptors: Arc<Descriptors>,
}

impl LinkEar {
    /// Begins to listen. Three system calls.
    ///
    /// # Errors
    /// The kernel's.
    pub(crate) fn open(descriptors: Arc<Descriptors>) -> Result<Self, Errno> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, LINK_CHANGES))?;
        Ok(Self { socket, descriptors })
    }

    /// Readable when something has changed.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Looks at the interfaces of own ports, and tells all what has changed.
    pub(crate) fn look(&self) {
        let mut bytes = [0; 4096];
        // Until it is empty; one that overflowed says so once, and is empty then.
        while let Ok(_) | Err(Errno::NOBUFS | Errno::INTR) =
            recv(&self.socket, &mut bytes[..], RecvFlags::DONTWAIT)
        {}
        self.descriptors.look_at_links();
    }
}

/// Tells all what the link of `port`, which is this process's, is now, if it is another.
pub(super) fn tell_link(port: &Port) {
    let link = link_of(port);
    if !port.link().is_like(link) {
        // A port that is another's meanwhile is his to look after.
        let _ = port.set_link(link);
    }
}

/// Whether the interface that `port` stands for is not there, or another has its name.
pub(super) fn is_gone(port: &Port) -> bool {
    link_of(port).is_like(Link::GONE)
}

/// The link of a port that stands for an interface, as the kernel has it.
fn link_of(port: &Port) -> Link {
    let Some(name) = interface_of(port) else { return Link::GONE };
    let kind = (AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC);
    let Ok(socket) = socket_with(kind.0, kind.1, kind.2, None) else { return port.link() };
    let known = port.driver_word(INDEX_WORD);
    if known != 0 && index_of(name).map(u64::from) != Ok(known) {
        return Link::GONE;
    }
    match netdevice::flags(socket.as_fd(), name) {
        Ok(flags) if flags & RUNNING != 0 => Link { state: LinkState::Up, ..Link::VIRTUAL },
        Ok(_) => Link::DOWN,
        Err(_) => Link::GONE,
    }
}

/// The index of an interface.
pub(super) fn index_of(name: InterfaceName) -> Result<u32, Errno> {
    let kind = (AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC);
    let socket = socket_with(kind.0, kind.1, kind.2, None)?;
    netdevice::index(socket.as_fd(), name)
}

/// The interface that `port` stands for.
pub(super) fn interface_of(port: &Port) -> Option<InterfaceName> {
    let args = port.args();
    match port.driver() {
        DriverKind::AfPacket => AfPacketArgs::parse(args.as_str()).ok().map(|args| args.interface),
        DriverKind::Tap => {
            let number = crate::port::device_number(port.name().as_str());
            TapArgs::parse(args.as_str(), number).ok().map(|args| args.interface)
        }
        _ => None,
    }
}
