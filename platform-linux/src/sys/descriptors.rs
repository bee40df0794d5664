//! Closing what was inherited, in one system call.
#![expect(unsafe_code, reason = "close_range closes what somebody could still use")]

use super::syscall::syscall;
use linux_raw_sys::general::__NR_close_range;
use rustix::io::Errno;

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
