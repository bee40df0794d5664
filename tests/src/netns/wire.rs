//! One end of a wire, frame by frame.

use core::time::Duration;

use phalanx_linux::sys::netdevice::{InterfaceName, index};
use phalanx_linux::sys::packet::{
    ALL_PROTOCOLS, PacketOption, bind_packet, packet_socket, set_packet_option,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::process::PATIENCE;

/// An interface's end: frames go in and come out as they are.
#[derive(Debug)]
pub struct Wire {
    socket: OwnedFd,
}

impl Wire {
    /// Opens it, in the network namespace of this thread.
    pub(super) fn open(interface: &str) -> Self {
        let opened = InterfaceName::new(interface).map(|name| {
            let socket = packet_socket()?;
            let index = index(socket.as_fd(), name)?;
            set_packet_option(socket.as_fd(), PacketOption::IgnoreOutgoing, 1)?;
            bind_packet(socket.as_fd(), index, ALL_PROTOCOLS)?;
            Ok::<_, rustix::io::Errno>(socket)
        });
        match opened {
            Some(Ok(socket)) => Self { socket },
            other => panic!("interface {interface} cannot be opened: {other:?}"),
        }
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// The kernel's.
    pub fn send(&self, frame: &[u8]) -> rustix::io::Result<()> {
        send(&self.socket, frame, SendFlags::empty()).map(|_| ())
    }

    /// The next frame that comes, or `None` if none comes within `patience`.
    pub fn next_within(&self, patience: Duration) -> Option<Vec<u8>> {
        let timeout = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
        let ready = poll(&mut polled, Some(&timeout));
        if !matches!(ready, Ok(1..)) {
            return None;
        }
        let mut bytes = vec![0; 1 << 17];
        let (len, _) = recv(&self.socket, &mut bytes[..], RecvFlags::DONTWAIT).ok()?;
        bytes.truncate(len);
        Some(bytes)
    }

    /// The next frame that comes and begins with `start`; others are passed over.
    ///
    /// # Panics
    /// If none comes for too long.
    pub fn next_with(&self, start: &[u8]) -> Vec<u8> {
        loop {
            match self.next_within(PATIENCE) {
                Some(frame) if frame.starts_with(start) => return frame,
                Some(_) => {}
                None => panic!("no frame that begins with {start:02x?} has come"),
            }
        }
    }
}
