//! Hugepages of 2 MB: how many are free, where they are mounted, and one test at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Need, unmet};

/// Bytes of the pages that the tests use.
const PAGE_BYTES: u64 = 2 << 20;

/// Held by the test that uses hugepages: two that take them at once could each find too few.
static TURN: Mutex<()> = Mutex::new(());

/// A test's turn with the machine's free hugepages.
#[derive(Debug)]
pub struct Hugepages {
    mount: PathBuf,
    free: u64,
    _turn: MutexGuard<'static, ()>,
}

impl Hugepages {
    /// Where hugetlbfs is mounted with pages of 2 MB.
    pub fn mount(&self) -> &Path {
        &self.mount
    }

    /// How many pages were free at the start of the turn.
    pub fn free(&self) -> u64 {
        self.free
    }
}

/// At least `pages` free hugepages of 2 MB, and a mount for them. One test of a test program has
/// them at a time; cargo runs one test program at a time.
///
/// # Panics
/// If there are fewer, and must be more.
#[must_use]
pub fn hugepages(pages: u64) -> Option<Hugepages> {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let Some(mount) = mounts.lines().find_map(|line| mount_of_2_mb(line, default_size())) else {
        return unmet(Need::Hugepages, "no hugetlbfs with pages of 2 MB is mounted");
    };
    let free = count("free_hugepages").saturating_sub(count("resv_hugepages"));
    if free < pages {
        return unmet(Need::Hugepages, &format!("{free} of {pages} pages of 2 MB are free"));
    }
    Some(Hugepages { mount, free, _turn: turn })
}

/// One of the kernel's counts of these pages; 0 if the kernel has none.
fn count(what: &str) -> u64 {
    let path = format!("/sys/kernel/mm/hugepages/hugepages-{}kB/{what}", PAGE_BYTES >> 10);
    fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Bytes of a page where a mount names no size.
fn default_size() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Hugepagesize:"));
    let kilobytes =
        line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

/// The mount point, if a line of `/proc/mounts` is a hugetlbfs with pages of 2 MB.
fn mount_of_2_mb(line: &str, default_size: u64) -> Option<PathBuf> {
    let mut words = line.split(' ').skip(1);
    let (point, kind, options) = (words.next()?, words.next()?, words.next()?);
    let size = options.split(',').find_map(|option| option.strip_prefix("pagesize="));
    let is_2_mb = size.map_or(default_size == PAGE_BYTES, |size| size == "2M");
    (kind == "hugetlbfs" && is_2_mb).then(|| point.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_counts_by_its_page_size_or_by_the_default() {
        let named = "nodev /huge hugetlbfs rw,relatime,pagesize=2M 0 0";
        assert_eq!(mount_of_2_mb(named, 1 << 30), Some("/huge".into()));
        let unnamed = "nodev /huge hugetlbfs rw,relatime 0 0";
        assert_eq!(mount_of_2_mb(unnamed, PAGE_BYTES), Some("/huge".into()));
        assert_eq!(mount_of_2_mb(unnamed, 1 << 30), None);
        let other = "nodev /huge hugetlbfs rw,relatime,pagesize=1024M 0 0";
        assert_eq!(mount_of_2_mb(other, PAGE_BYTES), None);
        assert_eq!(mount_of_2_mb("tmpfs /tmp tmpfs rw 0 0", PAGE_BYTES), None);
    }
}
