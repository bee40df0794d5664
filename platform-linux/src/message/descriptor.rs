//! Descriptors between the standard library's types and rustix's.
//!
//! rustix is built without `std` here, so it has descriptor types of its own. Programs have the
//! standard library's.
#![expect(unsafe_code, reason = "one descriptor, two types for its ownership")]

use std::os::fd::{AsRawFd, FromRawFd};

use rustix::fd::IntoRawFd;

/// The same descriptor, borrowed for as long, as rustix has it.
pub(crate) fn borrowed(fd: std::os::fd::BorrowedFd<'_>) -> rustix::fd::BorrowedFd<'_> {
    // SAFETY: the standard library's borrow keeps it open for the lifetime that is returned.
    unsafe { rustix::fd::BorrowedFd::borrow_raw(fd.as_raw_fd()) }
}

/// The same descriptor, owned, as the standard library has it.
pub(crate) fn owned(fd: rustix::fd::OwnedFd) -> std::os::fd::OwnedFd {
    // SAFETY: `into_raw_fd` gives up the ownership that is taken here.
    unsafe { std::os::fd::OwnedFd::from_raw_fd(fd.into_raw_fd()) }
}

/// The same descriptor, owned, as rustix has it.
pub(crate) fn taken(fd: std::os::fd::OwnedFd) -> rustix::fd::OwnedFd {
    let raw = std::os::fd::IntoRawFd::into_raw_fd(fd);
    // SAFETY: `into_raw_fd` gives up the ownership that is taken here.
    unsafe { rustix::fd::FromRawFd::from_raw_fd(raw) }
}

/// The same descriptor, borrowed for as long, as the standard library has it.
pub(crate) fn lent(fd: rustix::fd::BorrowedFd<'_>) -> std::os::fd::BorrowedFd<'_> {
    let raw = rustix::fd::AsRawFd::as_raw_fd(&fd);
    // SAFETY: rustix's borrow keeps it open for the lifetime that is returned.
    unsafe { std::os::fd::BorrowedFd::borrow_raw(raw) }
}
