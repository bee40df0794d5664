//! All huge pages of this machine, at one look.

use super::{HugetlbMount, NodePages, PageCount, count, mount, size};
use crate::kernel_files::{KernelFileError, KernelFiles};
use std::path::PathBuf;

/// One page size that this machine's kernel has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HugepageSize {
    /// Bytes.
    pub page_size: u64,
    /// The first writable hugetlbfs mount of this size. Without one, only
    /// in-memory groups (memfd) can use these pages.
    pub mount: Option<PathBuf>,
    /// Pages of the whole machine.
    pub pages: PageCount,
    /// Pages of each NUMA node, by node; empty on a kernel without NUMA.
    pub nodes: Vec<NodePages>,
}

/// All huge pages of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HugepageInfo {
    /// Biggest first; empty if the kernel has none.
    pub sizes: Vec<HugepageSize>,
    /// The size of a mount that names none, bytes.
    pub default_size: Option<u64>,
}

impl HugepageInfo {
    /// Looks at this machine. Counts change under our eyes: who commits pages may
    /// still find none. Cost: a few dozen small files.
    ///
    /// # Errors
    /// [`KernelFileError`]; a kernel without huge pages is an empty list.
    #[doc(alias = "eal_hugepage_info_init")]
    pub fn discover() -> Result<Self, KernelFileError> {
        Self::discover_in(&KernelFiles::real())
    }

    /// Looks at the machine that `kernel` describes.
    ///
    /// # Errors
    /// As [`Self::discover`].
    pub fn discover_in(kernel: &KernelFiles) -> Result<Self, KernelFileError> {
        let default_size = size::default_size(kernel)?;
        let mounts = mount::hugetlb_mounts(kernel, default_size)?;
        let mount_of = |page_size| {
            let fits = |mount: &&HugetlbMount| mount.page_size == page_size && mount.is_writable;
            mounts.iter().find(fits).map(|mount| mount.dir.clone())
        };
        let mut sizes = Vec::new();
        for page_size in size::page_sizes(kernel)? {
            sizes.push(HugepageSize {
                page_size,
                mount: mount_of(page_size),
                pages: PageCount::read(kernel, page_size)?,
                nodes: count::per_node(kernel, page_size)?,
            });
        }
        Ok(Self { sizes, default_size })
    }

    /// What there is of `page_size` (bytes).
    pub fn of_size(&self, page_size: u64) -> Option<&HugepageSize> {
        self.sizes.iter().find(|size| size.page_size == page_size)
    }
}
