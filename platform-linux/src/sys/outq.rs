//! How much of what a socket has sent nobody has taken in yet (`SIOCOUTQ`), which rustix lacks.
#![expect(unsafe_code, reason = "one ioctl that fills an integer")]

use super::syscall::syscall;
use linux_raw_sys::general::__NR_ioctl;
use rustix::fd::{AsRawFd, BorrowedFd};

/// `SIOCOUTQ`, the number of `TIOCOUTQ`.
const OUTQ: usize = 0x5411;

/// Whether every datagram that went out of `socket` has been received, or gone with its receiver.
/// `true` as well if the kernel does not tell. One system call.
pub fn is_taken_in(socket: BorrowedFd<'_>) -> bool {
    let mut bytes: i32 = 0;
    let place: *mut i32 = &mut bytes;
    let arguments = [socket.as_raw_fd() as usize, OUTQ, place as usize, 0, 0, 0];
    // SAFETY: the call writes one `i32` through a pointer from a unique reference that outlives
    // it; it changes nothing else.
    let told = unsafe { syscall(__NR_ioctl, arguments) };
    told.is_err() || bytes == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::AsFd;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    #[test]
    fn a_datagram_is_out_until_it_is_received_or_its_receiver_is_gone() {
        let pair = || {
            socketpair(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap()
        };
        let (from, to) = pair();
        assert!(is_taken_in(from.as_fd()));
        rustix::io::write(&from, b"news").unwrap();
        assert!(!is_taken_in(from.as_fd()));
        rustix::io::read(&to, &mut [0u8; 8][..]).unwrap();
        assert!(is_taken_in(from.as_fd()));
        let (from, to) = pair();
        rustix::io::write(&from, b"news").unwrap();
        drop(to);
        assert!(is_taken_in(from.as_fd()));
    }
}
