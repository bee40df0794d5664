//! How many huge pages there are (`ME-3`).
//!
//! A free page may already be promised to a mapping (`resv`), and the kernel may
//! be allowed to make more on demand (`overcommit`, of which `surplus` exist).
//! What can be had is `free - resv + (overcommit - surplus)`. The kernel counts
//! promises for the whole machine only, so the nodes show what is free.

use super::size::size_directory;
use crate::kernel_files::{KernelFileError, KernelFiles, entries, read_number};

/// Pages of one size on the whole machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageCount {
    /// In the pool, used or not.
    pub total: u64,
    /// Not in use.
    pub free: u64,
    /// Of the free ones, promised to mappings.
    pub reserved: u64,
    /// The kernel may make this many more on demand.
    pub overcommit: u64,
    /// So many it has made already.
    pub surplus: u64,
}

/// Pages of one size on one NUMA node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePages {
    /// The node.
    pub node: u32,
    /// In its pool, used or not.
    pub total: u64,
    /// Not in use; some may be promised.
    pub free: u64,
}

impl PageCount {
    /// Reads the counts of `page_size` (bytes).
    ///
    /// # Errors
    /// [`KernelFileError`].
    pub fn read(kernel: &KernelFiles, page_size: u64) -> Result<Self, KernelFileError> {
        let directory = size_directory(kernel, "kernel/mm/hugepages", page_size);
        let number = |file| read_number(&directory.join(file));
        Ok(Self {
            total: number("nr_hugepages")?,
            free: number("free_hugepages")?,
            reserved: number("resv_hugepages")?,
            overcommit: number("nr_overcommit_hugepages")?,
            surplus: number("surplus_hugepages")?,
        })
    }

    /// How many pages can be had at this moment.
    pub fn available(&self) -> u64 {
        let on_demand = self.overcommit.saturating_sub(self.surplus);
        self.free.saturating_sub(self.reserved).saturating_add(on_demand)
    }
}

/// The counts of `page_size` (bytes) on each node, by node; empty without NUMA.
///
/// # Errors
/// [`KernelFileError`].
pub fn per_node(kernel: &KernelFiles, page_size: u64) -> Result<Vec<NodePages>, KernelFileError> {
    let mut nodes =
        match entries(&kernel.sys("devices/system/node"), "node", |id| id.parse::<u32>().ok()) {
            Err(error) if error.is_absent() => return Ok(Vec::new()),
            result => result?,
        };
    nodes.sort_unstable();
    let mut counts = Vec::new();
    for node in nodes {
        let below = format!("devices/system/node/node{node}/hugepages");
        let directory = size_directory(kernel, &below, page_size);
        // A node without memory has no such directory.
        match read_number(&directory.join("free_hugepages")) {
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error),
            Ok(free) => {
                let total = read_number(&directory.join("nr_hugepages"))?;
                counts.push(NodePages { node, total, free });
            }
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: PageCount =
        PageCount { total: 0, free: 0, reserved: 0, overcommit: 0, surplus: 0 };

    #[test]
    fn promised_pages_cannot_be_had() {
        assert_eq!(PageCount { total: 8, free: 5, reserved: 2, ..EMPTY }.available(), 3);
    }

    #[test]
    fn pages_on_demand_can_be_had_until_they_are_made() {
        assert_eq!(PageCount { overcommit: 4, surplus: 1, ..EMPTY }.available(), 3);
    }

    #[test]
    fn counts_that_change_while_they_are_read_do_not_wrap() {
        let count = PageCount { free: 1, reserved: 2, overcommit: 0, surplus: 3, ..EMPTY };
        assert_eq!(count.available(), 0);
    }
}
