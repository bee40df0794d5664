//! Where the socket of a slot is.
//!
//! The kernel takes 107 bytes of path for a socket, and a runtime directory may be longer
//! (W-62). So the path leads through this process's descriptor of that directory:
//! `/proc/self/fd/7/m12`. It needs `/proc`, and nothing else needs to be short.

use core::fmt::Write;

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;

/// Name of the socket of `slot`: `m0` to `m63`.
pub(super) fn file_name(slot: u16) -> heapless::String<8> {
    let mut name = heapless::String::new();
    // At most six bytes.
    let _ = write!(name, "m{slot}");
    name
}

/// The slot whose socket bears `name`.
pub(super) fn slot_of(name: &str) -> Option<u16> {
    let slot = name.strip_prefix('m')?.parse().ok()?;
    (file_name(slot) == name).then_some(slot)
}

/// The address of the socket of `slot` in the directory `dir`. No system call.
pub(super) fn address(dir: BorrowedFd<'_>, slot: u16) -> Result<SocketAddrUnix, Errno> {
    let mut path = heapless::String::<40>::new();
    write!(path, "/proc/self/fd/{}/{}", dir.as_raw_fd(), file_name(slot))
        .map_err(|_| Errno::NAMETOOLONG)?;
    SocketAddrUnix::new(path.as_str())
}
