//! What can go wrong with a memory file.

use crate::runtime_dir::{Amount, FileError, Room, ShownPath};
use crate::sys::errno::Named;
use core::fmt;
use phalanx_core::count::Count;
use rustix::io::Errno;

/// Why there is no memory file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryFileError {
    /// The file cannot be made or opened, or is not ours.
    File(FileError),
    /// The length is not a positive multiple of the page size.
    Misaligned {
        /// Length asked for, bytes.
        len: u64,
        /// Page size, bytes.
        page_size: u64,
    },
    /// Another process has held the lock of the directory for too long.
    DirectoryBusy {
        /// The directory.
        path: ShownPath,
    },
    /// A cleaner holds the file; it is about to be removed.
    BeingRemoved {
        /// The file.
        name: ShownPath,
    },
    /// The kernel has no pages of this size.
    NoSuchPageSize {
        /// Page size asked for, bytes.
        page_size: u64,
    },
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for MemoryFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Misaligned { len, page_size } => write!(
                f,
                "a memory file of {len} bytes was asked for; \
                 its length must be a positive multiple of the page size, {page_size}"
            ),
            Self::DirectoryBusy { path } => write!(
                f,
                "another process keeps {path} locked; look for a stopped process of this user"
            ),
            Self::BeingRemoved { name } => write!(
                f,
                "memory file {name} belongs to no living group and is being removed; \
                 start the primary again"
            ),
            Self::NoSuchPageSize { page_size } => write!(
                f,
                "this kernel has no pages of {page_size} bytes; \
                 use one of the sizes in /sys/kernel/mm/hugepages"
            ),
            Self::Refused(errno) => {
                write!(f, "the kernel refused a memory file: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for MemoryFileError {}

impl From<FileError> for MemoryFileError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<Errno> for MemoryFileError {
    fn from(errno: Errno) -> Self {
        Self::Refused(errno)
    }
}

/// Why memory could not be committed or released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitError {
    /// Offset or length is no multiple of the page size, or the length is zero.
    Misaligned {
        /// Offset asked for, bytes.
        offset: u64,
        /// Length asked for, bytes.
        len: u64,
        /// Page size, bytes.
        page_size: u64,
    },
    /// The range reaches beyond the end of the file.
    BeyondEnd {
        /// Offset asked for, bytes.
        offset: u64,
        /// Length asked for, bytes.
        len: u64,
        /// Length of the file, bytes.
        file_len: u64,
    },
    /// The file is on no hugetlbfs, and its file system is full.
    Full {
        /// Length asked for, bytes.
        len: u64,
        /// What the file system has.
        room: Room,
    },
    /// There are not enough free hugepages.
    NoSpace {
        /// Length asked for, bytes.
        len: u64,
        /// Page size, bytes.
        page_size: u64,
    },
    /// The NUMA node does not exist, or this process may not use it.
    NoSuchNode {
        /// The node.
        node: u32,
        /// The kernel's answer.
        errno: Errno,
    },
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misaligned { offset, len, page_size } => write!(
                f,
                "{len} bytes at offset {offset} are not whole pages; \
                 both must be multiples of {page_size}, the length not zero"
            ),
            Self::BeyondEnd { offset, len, file_len } => write!(
                f,
                "{len} bytes at offset {offset} reach beyond the memory file of {file_len} bytes; \
                 the list is full, make it larger at start"
            ),
            Self::Full { len, room } => write!(
                f,
                "{} of memory are not to be had, because the memory file's file system is full ({room}); \
                 remove something there, or make it bigger, for example: \
                 mount -o remount,size=SIZE /dev/shm",
                Amount(*len)
            ),
            Self::NoSpace { len, page_size } => write!(
                f,
                "{} and not so many of {page_size} bytes are free; reserve more, for example: \
                 echo N > /sys/kernel/mm/hugepages/hugepages-{}kB/nr_hugepages",
                Count::of(len / page_size, "page was wanted", "pages were wanted"),
                page_size / 1024
            ),
            Self::NoSuchNode { node, errno } => write!(
                f,
                "memory of NUMA node {node} is not to be had: {}; \
                 use a node that is online and allowed",
                Named(*errno)
            ),
            Self::Refused(errno) => {
                write!(f, "the kernel refused to change a memory file: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for CommitError {}
