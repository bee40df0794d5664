//! A memory file: sparse, as long as the list may ever grow, filled page by page.
//!
//! The length is the whole range from the start, so every process maps it once.
//! What is committed has memory behind it; the rest is a hole that costs nothing.
//! Hugetlbfs gives `ENOSPC` from `fallocate` when the pool is empty, where a touch
//! would be a SIGBUS: so pages are committed, never just touched.
//!
//! An open [`MemoryFile`] holds a shared `flock`. That is how others know it is in
//! use, so keep the value for as long as the mapping.

use super::dir::{DirectoryLock, page_size_of, try_flock};
use super::file_error::{CommitError, MemoryFileError};
use crate::mapping::Access;
use crate::runtime_dir::{OwnedDir, Room};
use crate::sys::file_len::set_file_len;
use crate::sys::mempolicy::ThreadBinding;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    FallocateFlags, FlockOperation, MemfdFlags, fallocate, flock, fstat, memfd_create,
};
use rustix::io::Errno;

/// Where the page size stands in the flags of `memfd_create`.
const MEMFD_SIZE_SHIFT: u32 = linux_raw_sys::general::MAP_HUGE_SHIFT;

/// Bytes from which on a page is huge: below it files lie on an ordinary file system.
const SMALLEST_HUGE: u64 = 1 << 20;

/// An open memory file.
#[derive(Debug)]
pub struct MemoryFile {
    fd: OwnedFd,
    len: u64,
    page_size: u64,
}

impl Drop for MemoryFile {
    /// Lets the lock go by name: a mapping keeps the open file description, and with it the
    /// lock, alive after the descriptor is closed.
    fn drop(&mut self) {
        // A lock that cannot be let go goes with the process.
        let _ = flock(&self.fd, FlockOperation::Unlock);
    }
}

impl MemoryFile {
    /// Makes `name` in `dir`, `len` bytes long, all of it a hole.
    ///
    /// # Errors
    /// [`MemoryFileError`], except `BeingRemoved` and `NoSuchPageSize`; no file is
    /// left behind.
    pub fn create(dir: &OwnedDir, name: &str, len: u64) -> Result<Self, MemoryFileError> {
        let page_size = page_size_of(dir.as_fd())?;
        check_len(len, page_size)?;
        let _lock = lock(dir)?;
        let fd = dir.create_new(name)?;
        let prepared = try_flock(fd.as_fd(), FlockOperation::NonBlockingLockShared)
            .and_then(|_| set_file_len(&fd, len));
        if let Err(errno) = prepared {
            let _ = dir.unlink(name);
            return Err(errno.into());
        }
        Ok(Self { fd, len, page_size })
    }

    /// Opens an existing file of ours.
    ///
    /// # Errors
    /// [`MemoryFileError`], except `Misaligned` and `NoSuchPageSize`.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn open(dir: &OwnedDir, name: &str, access: Access) -> Result<Self, MemoryFileError> {
        let fd = dir.open_file(name, access)?;
        let try_it = || try_flock(fd.as_fd(), FlockOperation::NonBlockingLockShared);
        // Mostly nobody stands in the way, and then the directory need not be locked: who removes a file
        // has locked it for himself before. Who only looks whether it is dead does so for a moment.
        let is_locked = try_it()? || {
            let _nobody_looks = lock(dir)?;
            try_it()?
        };
        let stat = fstat(&fd)?;
        if !is_locked || stat.st_nlink == 0 {
            return Err(MemoryFileError::BeingRemoved { name: name.into() });
        }
        let len = u64::try_from(stat.st_size).unwrap_or_default();
        let page_size = page_size_of(fd.as_fd())?;
        Ok(Self { fd, len, page_size })
    }

    /// Opens an existing file of ours only to look at it: read-only, and without the lock, so that a
    /// cleaner is not kept from what is dead.
    ///
    /// # Errors
    /// [`MemoryFileError`], except `Misaligned`, `BeingRemoved` and `NoSuchPageSize`.
    pub fn open_to_look(dir: &OwnedDir, name: &str) -> Result<Self, MemoryFileError> {
        let fd = dir.open_file(name, Access::ReadOnly)?;
        let len = u64::try_from(fstat(&fd)?.st_size).unwrap_or_default();
        let page_size = page_size_of(fd.as_fd())?;
        Ok(Self { fd, len, page_size })
    }

    /// A file without a name, for in-memory groups: `page_size` of a huge page, or
    /// of an ordinary one. `label` is seen in `/proc/<pid>/maps`.
    ///
    /// # Errors
    /// [`MemoryFileError`]: `Misaligned`, `NoSuchPageSize`, `Refused`.
    #[doc(alias = "--in-memory")]
    pub fn memfd(label: &str, page_size: u64, len: u64) -> Result<Self, MemoryFileError> {
        if !page_size.is_power_of_two() {
            return Err(MemoryFileError::NoSuchPageSize { page_size });
        }
        check_len(len, page_size)?;
        let mut flags = MemfdFlags::CLOEXEC;
        if page_size != rustix::param::page_size() as u64 {
            let log2 = page_size.trailing_zeros();
            flags |= MemfdFlags::HUGETLB | MemfdFlags::from_bits_retain(log2 << MEMFD_SIZE_SHIFT);
        }
        let fd = memfd_create(label, flags).map_err(|errno| match errno {
            Errno::NODEV | Errno::INVAL => MemoryFileError::NoSuchPageSize { page_size },
            errno => errno.into(),
        })?;
        set_file_len(&fd, len)?;
        Ok(Self { fd, len, page_size })
    }

    /// The descriptor, for mapping.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Length of the file, holes included; bytes.
    #[expect(clippy::len_without_is_empty, reason = "a memory file is never empty")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Page size, bytes.
    pub fn page_size(&self) -> u64 {
        self.page_size
    }

    /// Bytes that have memory behind them, whoever committed them.
    ///
    /// # Errors
    /// The kernel's.
    pub fn committed_bytes(&self) -> Result<u64, Errno> {
        let blocks = u64::try_from(fstat(&self.fd)?.st_blocks).unwrap_or_default();
        Ok(blocks.saturating_mul(512))
    }

    /// Puts zeroed memory behind `[offset, offset + len)`, none of which may be
    /// committed: all of it, or on an error nothing. Every process that has mapped
    /// the file has the pages at once.
    ///
    /// Cost: one system call, plus clearing the pages (a 2 MiB page takes some
    /// 100 µs).
    ///
    /// # Errors
    /// [`CommitError`]. On `NoSpace` and `Full` the range is a hole again.
    pub fn commit(&self, offset: u64, len: u64) -> Result<(), CommitError> {
        self.check_range(offset, len)?;
        let result =
            again_if_interrupted(|| fallocate(&self.fd, FallocateFlags::empty(), offset, len));
        result.map_err(|errno| {
            // Hugetlbfs keeps the pages it did get.
            let _ = self.release(offset, len);
            match errno {
                Errno::NOSPC if self.page_size < SMALLEST_HUGE => {
                    CommitError::Full { len, room: Room::of(self.fd.as_fd()) }
                }
                Errno::NOSPC | Errno::NOMEM => {
                    CommitError::NoSpace { len, page_size: self.page_size }
                }
                errno => CommitError::Refused(errno),
            }
        })
    }

    /// As [`Self::commit`], with pages of one NUMA node only.
    ///
    /// # Errors
    /// [`CommitError`]; `NoSpace` also if other nodes have pages.
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub fn commit_on_node(&self, offset: u64, len: u64, node: u32) -> Result<(), CommitError> {
        let _bound = match ThreadBinding::to_node(node) {
            // Without NUMA everything is node 0.
            Err(Errno::NOSYS) if node == 0 => None,
            // A container that may not choose takes what it gets.
            Err(Errno::PERM) => None,
            Err(errno) => return Err(CommitError::NoSuchNode { node, errno }),
            Ok(bound) => Some(bound),
        };
        self.commit(offset, len)
    }

    /// Gives the memory behind `[offset, offset + len)` back; its content is lost
    /// for every process. A later touch is a SIGBUS or a fresh zeroed page.
    ///
    /// # Errors
    /// [`CommitError`], except `NoSpace`, `Full` and `NoSuchNode`.
    pub fn release(&self, offset: u64, len: u64) -> Result<(), CommitError> {
        self.check_range(offset, len)?;
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        again_if_interrupted(|| fallocate(&self.fd, punch, offset, len))
            .map_err(CommitError::Refused)
    }

    /// Hugetlbfs would round an unaligned range; that is never meant.
    fn check_range(&self, offset: u64, len: u64) -> Result<(), CommitError> {
        let page_size = self.page_size;
        if len == 0 || !offset.is_multiple_of(page_size) || !len.is_multiple_of(page_size) {
            return Err(CommitError::Misaligned { offset, len, page_size });
        }
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(CommitError::BeyondEnd { offset, len, file_len: self.len }),
        }
    }
}

fn lock(dir: &OwnedDir) -> Result<DirectoryLock, MemoryFileError> {
    let busy = || MemoryFileError::DirectoryBusy { path: dir.path().into() };
    DirectoryLock::take(dir)?.ok_or_else(busy)
}

fn check_len(len: u64, page_size: u64) -> Result<(), MemoryFileError> {
    if len > 0 && len.is_multiple_of(page_size) {
        Ok(())
    } else {
        Err(MemoryFileError::Misaligned { len, page_size })
    }
}

fn again_if_interrupted(call: impl Fn() -> Result<(), Errno>) -> Result<(), Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}
