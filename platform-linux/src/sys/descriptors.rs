//! What was inherited: what is too much is closed, what is missing is filled in.
#![expect(unsafe_code, reason = "close_range closes what somebody could still use")]

use super::syscall::syscall;
use linux_raw_sys::general::{__NR_close_range, __NR_fcntl, F_GETFD};
use rustix::fd::IntoRawFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// The first descriptor that is not standard.
const FIRST_OTHER: usize = 3;

/// Closes every descriptor of this process from `first` on.
///
/// Cost: one system call.
///
/// # Errors
/// `ENOSYS` before Linux 5.9.
///
/// # Safety
/// Nobody in this process uses such a descriptor any more: the next file opened may get its number.
pub unsafe fn close_from(first: u32) -> Result<(), Errno> {
    // SAFETY: the caller vouches that nobody has any of these.
    unsafe { syscall(__NR_close_range, [first as usize, u32::MAX as usize, 0, 0, 0, 0]) }
        .map(|_| ())
}

/// Opens what is missing of standard input, output and error, so that no file that is opened later gets such a
/// number: a line for standard error would be written into it. What is put there can neither be read nor written.
///
/// Before anything else is opened. Cost: three system calls, and one for each that is missing.
pub fn fill_standard() {
    for number in 0..FIRST_OTHER {
        // SAFETY: asks about a number, whether or not it is a descriptor.
        let found = unsafe { syscall(__NR_fcntl, [number, F_GETFD as usize, 0, 0, 0, 0]) };
        if found.is_err()
            && let Ok(filling) = openat(CWD, c"/", OFlags::PATH, Mode::empty())
        {
            // It is the lowest number that is free, this one: and stays, for as long as the process lives.
            let _ = filling.into_raw_fd();
        }
    }
}
