//! How the process behind a pidfd ended (`PIDFD_GET_INFO`, kernel 6.15 and later), which neither
//! rustix nor linux-raw-sys has yet.
#![expect(unsafe_code, reason = "one ioctl that fills a structure")]

use super::syscall::syscall;
use linux_raw_sys::general::__NR_ioctl;
use rustix::fd::{AsRawFd, BorrowedFd};

/// The kernel's `struct pidfd_info`, first version.
#[repr(C)]
#[derive(Debug, Default)]
struct Info {
    /// What is asked for; after the call, what was answered.
    mask: u64,
    cgroup: u64,
    /// Ids of the process and of its user.
    ids: [u32; 11],
    exit_code: i32,
}

const _: () = assert!(size_of::<Info>() == 64, "PIDFD_INFO_SIZE_VER0");

/// The bit of `mask` that stands for `exit_code`.
const INFO_EXIT: u64 = 1 << 3;

/// `_IOWR(0xff, 11, struct pidfd_info)`.
const GET_INFO: usize = 3 << 30 | size_of::<Info>() << 16 | 0xff << 8 | 11;

/// The status that `wait` gave the parent; `None` if it has not asked, the process lives, or the
/// kernel is older. One system call.
pub fn exit_status(pidfd: BorrowedFd<'_>) -> Option<i32> {
    let mut info = Info { mask: INFO_EXIT, ..Info::default() };
    let place: *mut Info = &mut info;
    let arguments = [pidfd.as_raw_fd() as usize, GET_INFO, place as usize, 0, 0, 0];
    // SAFETY: the call reads and writes one `Info` of the size that its number names, through a
    // pointer from a unique reference that outlives it; it changes nothing else.
    unsafe { syscall(__NR_ioctl, arguments) }.ok()?;
    (info.mask & INFO_EXIT != 0).then_some(info.exit_code)
}
