//! Huge pages: which there are, and the files that memory comes from.
//!
//! A memseg list (one page size, one NUMA node) is one sparse file, mapped whole by
//! every process at attach. Growing is [`MemoryFile::commit`], shrinking is
//! [`MemoryFile::release`]; nobody has to be asked or told (decision 3).
//!
//! ```text
//!   what the machine has              the files
//!     size.rs    page sizes (ME-1)      dir.rs    <hugedir>/phalanx-<uid>
//!     mount.rs   hugetlbfs (ME-2)       name.rs   <prefix>.<group>.<list>[.<page>]
//!     count.rs   free pages (ME-3)      file.rs   create, open, commit, release (ME-9)
//!     info.rs    all three at a look
//!                                       dead.rs   files that nobody holds (ME-4, W-16)
//! ```
//!
//! # Living beside DPDK
//!
//! A DPDK process that starts removes every `*map_*` file in the *root* of the
//! mount whose `flock` it can get, whosever it is (`W-16`). Ours lie in a directory
//! of their own, and every process holds a shared `flock` on each for as long as it
//! has the file open. We in turn remove only files of the asked prefix, in our own
//! directory, that nobody holds.

#[cfg(feature = "std")]
pub mod count;
#[cfg(feature = "std")]
mod dead;
mod dir;
mod file;
mod file_error;
#[cfg(feature = "std")]
mod info;
#[cfg(feature = "std")]
pub mod mount;
mod name;
#[cfg(feature = "std")]
pub mod size;
#[cfg(test)]
mod tests;

#[cfg(feature = "std")]
pub use count::{NodePages, PageCount};
#[cfg(feature = "std")]
pub use dead::{DeadFilesError, dead_files, memory_files, remove_dead_files};
pub use dir::{MemoryDir, MemoryDirError};
pub use file::MemoryFile;
pub use file_error::{CommitError, MemoryFileError};
#[cfg(feature = "std")]
pub use info::{HugepageInfo, HugepageSize};
#[cfg(feature = "std")]
pub use mount::{HugeDir, HugeDirError, HugetlbMount, check_huge_dir};
pub use name::{MemoryFileName, NameError};
