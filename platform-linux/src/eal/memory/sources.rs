//! What memory there is: hugepages by size and node, or small pages on a memory file system.

use std::path::{Path, PathBuf};

use rustix::fs::statfs;

use super::MemoryError;
use super::plan::Source;
use crate::eal::options::Options;
use crate::hugepage::{HugepageInfo, HugepageSize, check_huge_dir};
use crate::numa::Topology;

/// Small pages come and go by so many bytes at a time.
const SMALL_GRAIN: u64 = 2 << 20;

/// Where small pages are taken from by name: memory, not a disk.
const SHARED_MEMORY: &str = "/dev/shm";

/// The hugepages that the options allow, biggest first. Several dozen small files are read.
pub(super) fn hugepages(options: &Options) -> Result<Vec<Source>, MemoryError> {
    let info = HugepageInfo::discover()?;
    let chosen = match &options.huge_dir {
        Some(path) => Some(check_huge_dir(Path::new(path.as_str())).map_err(MemoryError::HugeDir)?),
        None => None,
    };
    let mut sources = Vec::new();
    // A size of which the machine has no page, and makes none on demand, is none.
    let exists = |size: &&HugepageSize| size.pages.total > 0 || size.pages.overcommit > 0;
    for size in info.sizes.iter().filter(exists) {
        let dir = match &chosen {
            Some(dir) if dir.page_size == size.page_size => Some(dir.path.clone()),
            Some(_) => continue,
            None => size.mount.clone(),
        };
        if dir.is_some() || is_private(options) {
            sources.push(source(size, dir.filter(|_| !is_private(options)), options));
        }
    }
    Ok(sources)
}

/// Whether the group has no files: nobody else could find them (OP-13, OP-14).
fn is_private(options: &Options) -> bool {
    options.in_memory || options.no_shconf
}

fn source(size: &HugepageSize, dir: Option<PathBuf>, options: &Options) -> Source {
    let limit = options.pagesz_mem.iter().find(|limit| limit.page_bytes == size.page_size);
    let all = size.pages.available();
    // The kernel may make pages on demand, but does not say on which node.
    let nodes = match size.nodes.as_slice() {
        [] => vec![(0, all.saturating_mul(size.page_size))],
        [one] => vec![(one.node, all.saturating_mul(size.page_size))],
        many => {
            many.iter().map(|node| (node.node, node.free.saturating_mul(size.page_size))).collect()
        }
    };
    Source {
        page_bytes: size.page_size,
        grain_bytes: size.page_size,
        dir,
        nodes,
        limit: limit.map(|limit| limit.limit_bytes),
    }
}

/// Small pages, which every machine has.
pub(super) fn small_pages(options: &Options, topology: &Topology, fallback_dir: &str) -> Source {
    let dir = [SHARED_MEMORY, fallback_dir]
        .into_iter()
        .find(|dir| Path::new(dir).is_dir())
        .unwrap_or("/tmp");
    let free = statfs(dir)
        .map_or(0, |stat| stat.f_bavail.saturating_mul(u64::try_from(stat.f_bsize).unwrap_or(0)));
    let limit = options.pagesz_mem.iter().find(|limit| limit.page_bytes == 4096);
    let first = topology.nodes().first().map_or(0, |node| node.id);
    Source {
        page_bytes: 4096,
        grain_bytes: SMALL_GRAIN,
        dir: (!is_private(options)).then(|| PathBuf::from(dir)),
        // One list: small pages are not bound to a node (MZ-3).
        nodes: vec![(first, free)],
        limit: limit.map(|limit| limit.limit_bytes),
    }
}
