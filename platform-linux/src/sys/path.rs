//! Opening and looking at what has a short path.
//!
//! The kernel wants a zero byte behind a path. rustix puts it there too, but without an allocator it keeps room
//! for the longest path of all on the stack, two pages at each call, and a static worker's stack is dear: each page
//! that its start uses has to be brought in.

use core::ffi::CStr;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, Stat, openat, statat};
use rustix::io::Errno;

/// Longest path, bytes.
pub(crate) const LONGEST: usize = 256;

/// Room for one.
type Room = [u8; LONGEST + 1];

/// Opens `path` relative to `dir`. One system call.
///
/// # Errors
/// The kernel's; `ENAMETOOLONG` if it has more than [`LONGEST`] bytes, `EINVAL` if one of them is zero.
#[cfg_attr(not(feature = "std"), inline(never))]
pub(crate) fn open_at(
    dir: BorrowedFd<'_>,
    path: &str,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    openat(dir, ended(path, &mut [0; LONGEST + 1])?, flags, mode)
}

/// What lies at `path` relative to `dir`, be it a link. One system call.
///
/// # Errors
/// As [`open_at`].
#[cfg_attr(not(feature = "std"), inline(never))]
pub(crate) fn look_at(dir: BorrowedFd<'_>, path: &str) -> Result<Stat, Errno> {
    statat(dir, ended(path, &mut [0; LONGEST + 1])?, AtFlags::SYMLINK_NOFOLLOW)
}

/// `path` with its zero byte, in a `room` of zeros.
fn ended<'a>(path: &str, room: &'a mut Room) -> Result<&'a CStr, Errno> {
    let place = room.get_mut(..path.len()).filter(|place| place.len() <= LONGEST);
    place.ok_or(Errno::NAMETOOLONG)?.copy_from_slice(path.as_bytes());
    let ended = CStr::from_bytes_until_nul(room).map_err(|_| Errno::INVAL)?;
    if ended.count_bytes() == path.len() { Ok(ended) } else { Err(Errno::INVAL) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::CWD;

    fn open(path: &str) -> Result<OwnedFd, Errno> {
        open_at(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
    }

    #[test]
    fn what_has_a_path_is_opened_and_what_has_none_is_not() {
        assert!(open("/").is_ok());
        assert!(look_at(CWD, "/").is_ok());
        assert_eq!(open("/nonexistent").err(), Some(Errno::NOENT));
        assert_eq!(open("").err(), Some(Errno::NOENT));
    }

    #[test]
    fn the_longest_path_is_the_kernels_and_a_longer_one_or_half_of_one_is_not() {
        let longest = "/.".repeat(LONGEST / 2);
        assert!(open(&longest).is_ok());
        assert_eq!(open(&format!("{longest}/")).err(), Some(Errno::NAMETOOLONG));
        assert_eq!(open("/\0etc").err(), Some(Errno::INVAL));
    }
}
