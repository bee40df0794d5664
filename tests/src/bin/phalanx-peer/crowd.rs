//! Something else in the window, before the EAL comes.
#![expect(unsafe_code, reason = "maps a file at a place of its choice")]

use phalanx_core::window;
use phalanx_linux::mapping::{Access, reserve};
use rustix::fd::AsFd;
use rustix::fs::{Mode, OFlags, open};

/// Bytes of the mapping: one page.
const BYTES: usize = 4096;

/// Maps the first page of the file at `path` into the middle of the window, for good.
pub(crate) fn take_place(path: &str) -> Result<(), String> {
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let file = file.map_err(|errno| format!("{path} cannot be opened: {errno}"))?;
    let place = window::BASE + window::LEN / 2;
    let place = reserve(place, BYTES).map_err(|error| error.to_string())?;
    // SAFETY: the page was reserved just now and nothing refers to it; nobody will read it, so it
    // does not matter what others write to the file.
    unsafe { place.map_file_fixed(file.as_fd(), place.base(), BYTES, Access::ReadOnly, 0) }
        .map_err(|error| error.to_string())
}
