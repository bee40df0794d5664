//! Why a group has no memory, in pages: what was wanted, what is free, how to get more.

use core::fmt;

#[cfg(feature = "std")]
use phalanx_core::count::Count;
#[cfg(feature = "std")]
use phalanx_core::lock::JournalFull;
use phalanx_core::lock::LockError;

#[cfg(feature = "std")]
use super::plan::Source;
#[cfg(feature = "std")]
use crate::hugepage::HugeDirError;
use crate::hugepage::{MemoryDirError, MemoryFileError};
#[cfg(feature = "std")]
use crate::kernel_files::KernelFileError;
use crate::runtime_dir::ShownPath;
#[cfg(feature = "std")]
use crate::runtime_dir::{Amount, Room};

/// Why the group's memory could not be made or mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// No page of any usable size is free.
    #[cfg(feature = "std")]
    None {
        /// The sizes that were looked at.
        sources: Vec<Source>,
    },
    /// There are pages, but not enough for what was asked for at start.
    #[cfg(feature = "std")]
    NotEnough {
        /// Bytes that were wanted.
        wanted_bytes: u64,
        /// The smallest page they could have come from; 0 if there is none.
        page_bytes: u64,
        /// The nodes that they could have come from, lowest first.
        nodes: Vec<u32>,
        /// Bytes of all pages that are free there.
        free_bytes: u64,
        /// Whether `--pagesz-mem` keeps some of them from use.
        limited: bool,
    },
    /// Memory of ordinary pages comes from a file system, and that has not so much left.
    #[cfg(feature = "std")]
    Full {
        /// Where it is mounted, or a directory on it.
        path: ShownPath,
        /// Bytes that were wanted at start; 0 if some at all.
        wanted_bytes: u64,
        /// What the file system has.
        room: Room,
    },
    /// The kernel's account of its pages could not be read.
    #[cfg(feature = "std")]
    Kernel(KernelFileError),
    /// `--huge-dir` is not usable.
    #[cfg(feature = "std")]
    HugeDir(HugeDirError),
    /// The directory for memory files is not usable.
    Dir(MemoryDirError),
    /// A memory file is not usable.
    File {
        /// Which.
        path: ShownPath,
        /// Why.
        why: MemoryFileError,
    },
    /// A memory file of the group is gone.
    Gone {
        /// Its path.
        path: ShownPath,
    },
    /// A memory file of the group is shorter than its list.
    Short {
        /// Its path.
        path: ShownPath,
        /// Its length in bytes.
        found: u64,
        /// The list's.
        needed: u64,
    },
    /// A memseg list in the group's tables says something that cannot be.
    Damaged {
        /// Its index.
        list: usize,
    },
    /// The group has a file for each page, which a static worker has no room to hold open.
    #[cfg(not(feature = "std"))]
    FileAPage,
    /// The group's lock was not had.
    Lock(LockError),
    /// The tables refused the lists.
    #[cfg(feature = "std")]
    Tables(String),
}

/// A page size for people: `2 MB`, `1 GB`, `4 KB`.
#[cfg(feature = "std")]
pub(crate) fn size_text(bytes: u64) -> String {
    match bytes {
        0 => "no size".to_owned(),
        b if b.is_multiple_of(1 << 30) => format!("{} GB", b >> 30),
        b if b.is_multiple_of(1 << 20) => format!("{} MB", b >> 20),
        b => format!("{} KB", b >> 10),
    }
}

#[cfg(feature = "std")]
fn how_to_get_more(page_bytes: u64) -> String {
    if page_bytes < 2 << 20 {
        return "free some memory, or ask for less with -m".to_owned();
    }
    format!(
        "get more with `echo N > /sys/kernel/mm/hugepages/hugepages-{}kB/nr_hugepages`, ask for less with -m or \
         --socket-mem, or use --no-huge",
        page_bytes >> 10
    )
}

#[cfg(feature = "std")]
fn none_free(f: &mut fmt::Formatter<'_>, sources: &[Source]) -> fmt::Result {
    f.write_str("there is no hugepage to use:")?;
    if sources.is_empty() {
        f.write_str(
            " 0 are reserved, or no hugetlbfs is mounted (mount -t hugetlbfs none /dev/hugepages);",
        )?;
    }
    for source in sources {
        let size = size_text(source.page_bytes);
        if source.limit == Some(0) {
            write!(f, " those of {size} are switched off by --pagesz-mem;")?;
            continue;
        }
        let free: u64 = source.nodes.iter().map(|(_, bytes)| bytes / source.page_bytes).sum();
        write!(f, " {free} of {size} are free")?;
        match &source.dir {
            Some(dir) => write!(f, " (mounted at {});", dir.display())?,
            None => f.write_str(";")?,
        }
    }
    let smallest = sources.last().map_or(2 << 20, |source| source.page_bytes);
    write!(f, " {}", how_to_get_more(smallest))
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            Self::None { sources } => none_free(f, sources),
            #[cfg(feature = "std")]
            Self::NotEnough { wanted_bytes, page_bytes, nodes, free_bytes, limited } => {
                let pages = wanted_bytes.div_ceil((*page_bytes).max(1));
                let were = if pages == 1 { "was" } else { "were" };
                let pages = Count::of(pages, "page", "pages");
                write!(f, "{pages} of {} {were} wanted", size_text(*page_bytes))?;
                match nodes.as_slice() {
                    [] => {}
                    [node] => write!(f, " on node {node}")?,
                    [first, others @ ..] => {
                        write!(f, " on nodes {first}")?;
                        others.iter().try_for_each(|node| write!(f, ",{node}"))?;
                    }
                }
                write!(f, " and {} are free", free_bytes / (*page_bytes).max(1))?;
                match limited {
                    true => f.write_str(
                        ", of which --pagesz-mem allows fewer; raise that limit or ask for less",
                    ),
                    false => write!(f, "; {}", how_to_get_more(*page_bytes)),
                }
            }
            #[cfg(feature = "std")]
            Self::Full { path, wanted_bytes, room } => {
                match wanted_bytes {
                    0 => f.write_str("memory was wanted")?,
                    bytes => write!(f, "{} of memory were wanted", Amount(*bytes))?,
                }
                write!(
                    f,
                    " in {path}, and its file system is full ({room}); remove something there, make it bigger \
                     (mount -o remount,size=SIZE {path}), or ask for less with -m"
                )
            }
            #[cfg(feature = "std")]
            Self::Kernel(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::HugeDir(error) => error.fmt(f),
            Self::Dir(error) => error.fmt(f),
            // It names the path itself.
            Self::File { why: MemoryFileError::File(error), .. } => error.fmt(f),
            Self::File { path, why } => write!(f, "memory file {path}: {why}"),
            Self::Gone { path } => write!(
                f,
                "the group's memory file {path} is gone; somebody removed it: end the group's processes and start anew"
            ),
            Self::Short { path, found, needed } => write!(
                f,
                "the group's memory file {path} has {found} bytes and must have {needed}; somebody cut it: \
                 end the group's processes and run `phalanx clean`"
            ),
            Self::Damaged { list } => write!(
                f,
                "memseg list {list} of the group is damaged; end its processes and run `phalanx clean`"
            ),
            #[cfg(not(feature = "std"))]
            Self::FileAPage => f.write_str(
                "the group's memory has a file for each page (--legacy-mem), and a static worker cannot hold so many \
                 open; start the primary without --legacy-mem, or use a worker with a standard library",
            ),
            Self::Lock(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Tables(why) => write!(f, "the group's tables refused its memory: {why}"),
        }
    }
}

impl core::error::Error for MemoryError {}

macro_rules! from {
    ($($variant:ident($error:ty)),+ $(,)?) => {$(
        impl From<$error> for MemoryError {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
from! { Dir(MemoryDirError), Lock(LockError) }
#[cfg(feature = "std")]
from! { Kernel(KernelFileError), HugeDir(HugeDirError) }

#[cfg(feature = "std")]
impl From<JournalFull> for MemoryError {
    fn from(error: JournalFull) -> Self {
        Self::Tables(error.to_string())
    }
}
