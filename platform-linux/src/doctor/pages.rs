//! Hugepages by size and node, and who may use their mounts.

use super::{Entry, Place, Reading};
use crate::hugepage::mount::hugetlb_mounts;
use crate::hugepage::{HugepageInfo, HugetlbMount};
use crate::kernel_files::KernelFiles;

/// All hugepages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// Sizes and counts.
    pub info: HugepageInfo,
    /// Every mount, in the order of mounting.
    pub mounts: Vec<HugeMount>,
}

/// A mount, and what this user may do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HugeMount {
    /// The mount.
    pub mount: HugetlbMount,
    /// Its directory; none if it cannot be seen.
    pub entry: Option<Entry>,
    /// Whether this user can have files there.
    pub is_usable: bool,
}

impl Pages {
    pub(super) fn read(kernel: &KernelFiles) -> Reading<Self> {
        let info = HugepageInfo::discover_in(kernel)?;
        let mounts = hugetlb_mounts(kernel, info.default_size)?;
        Ok(Self { info, mounts: mounts.into_iter().map(looked_at).collect() })
    }

    /// Mounts of pages of `page_size` bytes.
    pub fn mounts_of(&self, page_size: u64) -> impl Iterator<Item = &HugeMount> {
        self.mounts.iter().filter(move |it| it.mount.page_size == page_size)
    }
}

fn looked_at(mount: HugetlbMount) -> HugeMount {
    let place = Place::at(mount.dir.clone());
    let is_usable = mount.is_writable && place.is_usable();
    HugeMount { mount, entry: place.entry, is_usable }
}
