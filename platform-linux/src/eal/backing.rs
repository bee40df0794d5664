//! What is behind a memseg list: one sparse file, or in legacy mode one file a page.

use phalanx_core::platform::CommitError;
use rustix::io::Errno;

use crate::hugepage::{self, MemoryFile};

/// The biggest page that is no hugepage.
const SMALL: u64 = 64 << 10;

/// The open memory files of one list. Each holds a shared lock for as long as it is open, so
/// that no cleaner, a real DPDK's included, takes it for a dead process's (ME-4).
#[derive(Debug)]
pub(super) enum Backing {
    /// One file for the whole list; it grows and shrinks.
    Sparse {
        /// The file.
        file: MemoryFile,
        /// The node its pages come from.
        node: u32,
    },
    /// One file a page, all of them there from the start.
    #[cfg(feature = "std")]
    Pages {
        /// The files, by page.
        files: Vec<MemoryFile>,
    },
}

impl Backing {
    /// Puts memory behind a range of the list.
    pub(super) fn commit(&self, at: u64, len: u64) -> Result<(), CommitError> {
        match self {
            // Small pages are not bound to a node (MZ-3).
            Self::Sparse { file, .. } if file.page_size() <= SMALL => {
                file.commit(at, len).map_err(|error| why(error, None))
            }
            Self::Sparse { file, node } => {
                file.commit_on_node(at, len, *node).map_err(|error| why(error, Some(*node)))
            }
            // All of it has been there from the start.
            #[cfg(feature = "std")]
            Self::Pages { .. } => Ok(()),
        }
    }

    /// Gives the memory of a range back. What the kernel does not take back stays backed and
    /// is used when the range is committed again.
    pub(super) fn release(&self, at: u64, len: u64) {
        match self {
            Self::Sparse { file, .. } => {
                let _ = file.release(at, len);
            }
            #[cfg(feature = "std")]
            Self::Pages { .. } => {}
        }
    }
}

fn why(error: hugepage::CommitError, node: Option<u32>) -> CommitError {
    match error {
        hugepage::CommitError::NoSpace { page_size, .. } => {
            CommitError::NotEnough { free: free_bytes(page_size, node) }
        }
        hugepage::CommitError::Full { room, .. } => {
            CommitError::NotEnough { free: room.free_bytes }
        }
        hugepage::CommitError::Refused(errno) | hugepage::CommitError::NoSuchNode { errno, .. } => {
            CommitError::System(errno.raw_os_error())
        }
        _ => CommitError::System(Errno::INVAL.raw_os_error()),
    }
}

/// What the kernel says is free of a page size at this moment, on one node of several; 0 if it does
/// not say.
#[cfg(feature = "std")]
fn free_bytes(page_size: u64, node: Option<u32>) -> u64 {
    let Ok(info) = hugepage::HugepageInfo::discover() else { return 0 };
    let Some(size) = info.of_size(page_size) else { return 0 };
    let own = size.nodes.iter().find(|it| size.nodes.len() > 1 && Some(it.node) == node);
    own.map_or(size.pages.available(), |it| it.free).saturating_mul(page_size)
}

/// A static worker reads no tables of the kernel, and may be forbidden to.
#[cfg(not(feature = "std"))]
fn free_bytes(_: u64, _: Option<u32>) -> u64 {
    0
}
