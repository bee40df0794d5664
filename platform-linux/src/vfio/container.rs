//! A container: what its devices reach.
#![expect(unsafe_code, reason = "who maps memory for devices vouches for it")]

use core::fmt;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use super::calls::{Calls, IommuInfo, IommuKind};
use crate::sys::errno::Named;

/// A container that has at least one group.
#[derive(Clone, Debug)]
pub struct Container {
    pub(super) calls: Arc<dyn Calls>,
    pub(super) descriptor: Arc<OwnedFd>,
    pub(super) kind: IommuKind,
    info: Arc<IommuInfo>,
}

/// Why memory was not mapped for devices, or stayed mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// The IOMMU does not reach these addresses.
    OutOfRange {
        /// The first.
        bus: u64,
        /// How many bytes.
        len: u64,
    },
    /// The process may not lock so much memory.
    Limit {
        /// How many bytes were to be mapped.
        len: u64,
    },
    /// The IOMMU takes no more mappings.
    Full,
    /// The kernel refused otherwise.
    Refused {
        /// The first address.
        bus: u64,
        /// How many bytes.
        len: u64,
        /// Its answer.
        errno: Errno,
    },
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { bus, len } => write!(
                f,
                "{len} bytes were to be mapped for devices at {bus:#x}, which this machine's IOMMU does not reach; start \
                 the group with less memory, or with --iova-mode=pa"
            ),
            Self::Limit { len } => write!(
                f,
                "{len} bytes were to be mapped for devices, and the process may not lock so much memory; raise ulimit -l"
            ),
            Self::Full => f.write_str(
                "the IOMMU takes no more mappings; use bigger pages, or raise vfio_iommu_type1.dma_entry_limit",
            ),
            Self::Refused { bus, len, errno } => write!(
                f,
                "{len} bytes were to be mapped for devices at {bus:#x} and the kernel refused: {}; see what it says (dmesg)",
                Named(*errno)
            ),
        }
    }
}

impl core::error::Error for MapError {}

impl Container {
    /// One of a kind that is chosen, or was by the process that handed it over. One system call.
    pub(super) fn of(calls: Arc<dyn Calls>, descriptor: Arc<OwnedFd>, kind: IommuKind) -> Self {
        let info = match kind {
            // Of one that does not say, everything is tried.
            IommuKind::Type1 | IommuKind::Type1V2 => {
                calls.iommu_info(descriptor.as_fd()).unwrap_or_default()
            }
            IommuKind::NoIommu => IommuInfo::default(),
        };
        Self { calls, descriptor, kind, info: Arc::new(info) }
    }

    /// How it translates.
    #[must_use]
    pub fn kind(&self) -> IommuKind {
        self.kind
    }

    /// What its IOMMU can do.
    #[must_use]
    pub fn info(&self) -> &IommuInfo {
        &self.info
    }

    /// Its descriptor.
    #[must_use]
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    /// Lets its devices read and write `len` bytes of this process from `address` on, at `bus`. The pages are
    /// locked until that ends. One system call; the kernel takes some 10 µs for a page.
    ///
    /// # Errors
    /// [`MapError`]. Nothing was mapped then.
    ///
    /// # Safety
    /// As [`Calls::map_dma`].
    pub unsafe fn map(&self, address: usize, bus: u64, len: u64) -> Result<(), MapError> {
        if !self.kind.protects() {
            return Ok(());
        }
        if !self.info.takes(bus, len) {
            return Err(MapError::OutOfRange { bus, len });
        }
        // SAFETY: the caller vouches for it.
        let mapped = unsafe { self.calls.map_dma(self.descriptor.as_fd(), address, bus, len) };
        mapped.map_err(|errno| match errno {
            Errno::NOMEM => MapError::Limit { len },
            Errno::NOSPC => MapError::Full,
            Errno::INVAL if self.info.ranges.is_empty() => MapError::OutOfRange { bus, len },
            errno => MapError::Refused { bus, len, errno },
        })
    }

    /// Takes what was mapped at `bus..bus + len`, in one piece or several, away: its devices reach it no more. How
    /// many bytes that were: the kernel leaves what another process has mapped, one that is dead too.
    /// One system call.
    ///
    /// # Errors
    /// [`MapError`].
    pub fn unmap(&self, bus: u64, len: u64) -> Result<u64, MapError> {
        if !self.kind.protects() {
            return Ok(len);
        }
        let done = self.calls.unmap_dma(self.descriptor.as_fd(), bus, len);
        done.map_err(|errno| MapError::Refused { bus, len, errno })
    }
}
