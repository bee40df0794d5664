//! How much room a file system has left: what a sentence about a full one says.
//!
//! A memory file system is full long before the machine is: `/dev/shm` has 64 MB in most containers, a
//! session's directory a tenth of the memory. The kernel then says `ENOSPC`, which names neither.

use core::fmt;
use rustix::fd::BorrowedFd;
use rustix::fs::{StatFs, fstatfs, statfs};

/// What a file system has, and has left for this user, at one moment.
///
/// ```
/// use phalanx_linux::runtime_dir::Room;
/// let room = Room { free_bytes: 0, all_bytes: 64 << 20, free_files: 9, all_files: 4096 };
/// assert_eq!(room.to_string(), "0 KB of 64 MB free, and 9 of 4096 files");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes that are free.
    pub free_bytes: u64,
    /// Bytes in all.
    pub all_bytes: u64,
    /// How many files more it can have.
    pub free_files: u64,
    /// How many in all; 0 if nothing but bytes limits them.
    pub all_files: u64,
}

impl Room {
    /// Asks the file system that `file` lies on; all 0 if it does not say. Cost: one system call.
    pub fn of(file: BorrowedFd<'_>) -> Self {
        fstatfs(file).map(|stat| Self::from_kernel(&stat)).unwrap_or_default()
    }

    /// The same by path.
    pub fn at(path: &str) -> Self {
        statfs(path).map(|stat| Self::from_kernel(&stat)).unwrap_or_default()
    }

    pub(crate) fn from_kernel(stat: &StatFs) -> Self {
        let block = u64::try_from(stat.f_bsize).unwrap_or(0);
        Self {
            free_bytes: stat.f_bavail.saturating_mul(block),
            all_bytes: stat.f_blocks.saturating_mul(block),
            free_files: stat.f_ffree,
            all_files: stat.f_files,
        }
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} free", Amount(self.free_bytes), Amount(self.all_bytes))?;
        match self.all_files {
            0 => Ok(()),
            all => write!(f, ", and {} of {all} files", self.free_files),
        }
    }
}

/// Bytes for people: in KB, MB or GB, rounded down where it is not exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount(pub u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |unit: u64| self.0 >= 10 * unit || (self.0 > 0 && self.0.is_multiple_of(unit));
        match self.0 {
            bytes if fits(1 << 30) => write!(f, "{} GB", bytes >> 30),
            bytes if fits(1 << 20) => write!(f, "{} MB", bytes >> 20),
            bytes => write!(f, "{} KB", bytes >> 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_that_counts_no_files_names_none() {
        let room = Room { free_bytes: 20 << 30, all_bytes: 40 << 30, free_files: 0, all_files: 0 };
        assert_eq!(room.to_string(), "20 GB of 40 GB free");
    }

    #[test]
    fn an_amount_is_exact_or_has_two_digits() {
        for (bytes, text) in [
            (0, "0 KB"),
            (2 << 20, "2 MB"),
            ((2 << 20) + 1, "2048 KB"),
            (1 << 30, "1 GB"),
            (3000 << 20, "3000 MB"),
            (u64::MAX, "17179869183 GB"),
        ] {
            assert_eq!(Amount(bytes).to_string(), text);
        }
    }

    #[test]
    fn a_file_system_that_is_there_has_bytes() {
        assert!(Room::at("/tmp").all_bytes > 0);
        assert_eq!(Room::at("/nowhere"), Room::default());
    }
}
