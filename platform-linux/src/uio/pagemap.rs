//! Where memory really is: the physical address of a page, as the kernel tells root.

use core::fmt;

use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, pread};

use crate::sys::errno::Named;
use crate::sys::page::page_size;

/// The bits of an entry that are the page's number; all zero for who may not know.
const NUMBER: u64 = (1 << 55) - 1;
/// The page is in memory.
const PRESENT: u64 = 1 << 63;

/// This process's table of pages.
#[derive(Debug)]
pub struct Pagemap(OwnedFd);

/// Why a physical address is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagemapError {
    /// The kernel does not tell this process.
    Hidden,
    /// Nothing lies at the address.
    Absent {
        /// The address.
        address: usize,
    },
    /// The kernel refused otherwise.
    Refused {
        /// Its answer.
        errno: Errno,
    },
}

impl fmt::Display for PagemapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden => f.write_str(
                "physical addresses were asked for and the kernel does not tell them to this process; run as root, or \
                 use an IOMMU and --iova-mode=va",
            ),
            Self::Absent { address } => {
                write!(f, "the physical address of {address:#x} was asked for, where no memory is")
            }
            Self::Refused { errno } => write!(
                f,
                "physical addresses were asked for and /proc/self/pagemap could not be read: {}",
                Named(*errno)
            ),
        }
    }
}

impl core::error::Error for PagemapError {}

impl Pagemap {
    /// Opens it. One system call.
    ///
    /// # Errors
    /// [`PagemapError`].
    pub fn open() -> Result<Self, PagemapError> {
        match openat(CWD, c"/proc/self/pagemap", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => Ok(Self(file)),
            Err(Errno::ACCESS | Errno::PERM) => Err(PagemapError::Hidden),
            Err(errno) => Err(PagemapError::Refused { errno }),
        }
    }

    /// The physical address of what lies at `address` in this process. It stays that as long as the page
    /// does; only hugepages stay where they are. One system call.
    ///
    /// # Errors
    /// [`PagemapError`].
    #[doc(alias = "rte_mem_virt2phy")]
    pub fn physical(&self, address: usize) -> Result<u64, PagemapError> {
        let page = page_size();
        let mut entry = [0; 8];
        let at = (address / page) as u64 * 8;
        match pread(&self.0, &mut entry, at) {
            Ok(8) => {}
            Ok(_) => return Err(PagemapError::Absent { address }),
            Err(errno) => return Err(PagemapError::Refused { errno }),
        }
        let entry = u64::from_ne_bytes(entry);
        match (entry & PRESENT, entry & NUMBER) {
            (0, _) => Err(PagemapError::Absent { address }),
            (_, 0) => Err(PagemapError::Hidden),
            (_, number) => Ok(number * page as u64 + (address % page) as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_memory_has_no_physical_one() {
        let pagemap = Pagemap::open().unwrap();
        let absent = pagemap.physical(4096);
        assert_eq!(absent, Err(PagemapError::Absent { address: 4096 }));
    }

    #[test]
    fn who_may_know_is_told_and_who_may_not_hears_that() {
        let here = 7_u64;
        let address = core::ptr::from_ref(&here).addr();
        match Pagemap::open().unwrap().physical(address) {
            Ok(physical) => assert_eq!(physical % 4096, address as u64 % 4096),
            Err(why) => assert_eq!(why, PagemapError::Hidden),
        }
    }
}
