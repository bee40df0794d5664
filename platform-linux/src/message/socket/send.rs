//! One datagram out. Never waits: a full receiver is an answer.

use core::mem::MaybeUninit;
use rustix::io::IoSlice;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg_addr};

use super::MessageSocket;
use super::address::address;
use super::receive::DESCRIPTORS_MAX;

/// Why a datagram did not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendFailed {
    /// The receiver's queue is full.
    Full,
    /// Nobody receives there.
    Gone,
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl MessageSocket {
    /// Sends `bytes` and `descriptors` (at most eight) to the socket of `slot`. The receiver gets
    /// copies; the descriptors stay the caller's. Cost: one system call.
    pub(crate) fn send(
        &self,
        slot: u16,
        bytes: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), SendFailed> {
        let to = address(self.dir.as_fd(), slot).map_err(SendFailed::Refused)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        // The space has slack for alignment, so it is no limit by itself.
        let fits = descriptors.len() <= DESCRIPTORS_MAX;
        let rights = SendAncillaryMessage::ScmRights(descriptors);
        if !fits || !(descriptors.is_empty() || control.push(rights)) {
            return Err(SendFailed::Refused(Errno::TOOBIG));
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let sent = retried(|| {
            sendmsg_addr(&self.socket, &to, &[IoSlice::new(bytes)], &mut control, flags)
        });
        match sent {
            Ok(_) => Ok(()),
            Err(Errno::AGAIN | Errno::NOBUFS) => Err(SendFailed::Full),
            Err(Errno::CONNREFUSED | Errno::NOENT) => Err(SendFailed::Gone),
            Err(errno) => Err(SendFailed::Refused(errno)),
        }
    }
}

/// Calls again what a signal interrupted.
pub(super) fn retried<R>(mut call: impl FnMut() -> Result<R, Errno>) -> Result<R, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}
