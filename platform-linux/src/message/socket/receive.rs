//! One datagram in: what the kernel delivered, or why it is dropped.
//!
//! The bytes say nothing about descriptors: their number is what the kernel has delivered, each is
//! an owner from the moment it is read, and is closed on every path that drops the datagram
//! (W-27). All are close-on-exec.

use core::mem::MaybeUninit;
use rustix::io::IoSliceMut;

use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};

use super::MessageSocket;
use super::send::retried;

/// Most descriptors beside a message.
pub(crate) const DESCRIPTORS_MAX: usize = 8;

/// A datagram that the kernel delivered whole.
#[derive(Debug)]
pub(crate) struct Datagram<'a> {
    /// Its bytes; at least one.
    pub(crate) bytes: &'a [u8],
    /// What came beside them.
    pub(crate) descriptors: heapless::Vec<OwnedFd, DESCRIPTORS_MAX>,
    /// Who sent it, as the kernel says; 0 if it does not, which is no process's id.
    pub(crate) pid: u32,
}

/// A datagram that is dropped whatever its bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// It has no bytes.
    Empty,
    /// It has more than there was room for.
    TooLong,
    /// It came with more descriptors, or other things, than there was room for.
    TooManyDescriptors,
}

/// What a read came to.
type Received<'a> = Result<Datagram<'a>, (Malformed, u32)>;

impl MessageSocket {
    /// Takes the next datagram, if there is one. `room` is as long as the longest that is right.
    /// A malformed one comes with its sender's process id. Cost: one system call.
    ///
    /// # Errors
    /// The kernel's; nothing was taken then.
    pub(crate) fn receive<'a>(&self, room: &'a mut [u8]) -> Result<Option<Received<'a>>, Errno> {
        let mut space = [MaybeUninit::uninit();
            rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX), ScmCredentials(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        let taken =
            retried(|| recvmsg(&self.socket, &mut [IoSliceMut::new(room)], &mut control, flags));
        let taken = match taken {
            Ok(taken) => taken,
            Err(Errno::AGAIN) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        let mut descriptors = heapless::Vec::new();
        let (mut pid, mut too_many) = (0, false);
        for message in control.drain() {
            match message {
                RecvAncillaryMessage::ScmRights(rights) => {
                    // One that finds no room is closed here.
                    for fd in rights {
                        too_many |= descriptors.push(fd).is_err();
                    }
                }
                RecvAncillaryMessage::ScmCredentials(sender) => {
                    pid = u32::try_from(sender.pid.as_raw_pid()).unwrap_or(0);
                }
                _ => {}
            }
        }
        let malformed = if too_many || taken.flags.contains(ReturnFlags::CTRUNC) {
            Some(Malformed::TooManyDescriptors)
        } else if taken.flags.contains(ReturnFlags::TRUNC) {
            Some(Malformed::TooLong)
        } else {
            (taken.bytes == 0).then_some(Malformed::Empty)
        };
        let bytes = room.get(..taken.bytes).unwrap_or_default();
        Ok(Some(malformed.map_or(Ok(Datagram { bytes, descriptors, pid }), |why| Err((why, pid)))))
    }
}
