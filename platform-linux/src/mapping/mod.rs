//! The window: one range of addresses, the same in every process.
//!
//! Attaching never depends on luck, because it has two steps:
//!
//! 1. **Reserve** the whole range, first thing in `main`, before any library or
//!    heap can grow into it: [`reserve`]. Nothing can be read or written there
//!    yet, and it costs no memory. If somebody is there already, the error names
//!    who.
//! 2. **Map** files over parts of the reservation:
//!    [`Reservation::map_file_fixed`]. A reservation refuses every range that is
//!    not its own, so a mapping can replace nothing else.
//!
//! An observer needs no particular address: [`reserve_anywhere`] for a whole
//! window, [`map_file_anywhere`] for one file, read-only if it likes.
//!
//! ```text
//!   reservation.rs   reserve, map over it, give back
//!   populate.rs      prefault
//!   file_mapping.rs  one file at any address
//!   maps.rs          who is in the way
//!   error.rs         what can go wrong, in sentences
//! ```
//!
//! # The stack limit
//!
//! The kernel puts its mappings below the stack, as far below as the stack may
//! grow. With the usual limit, or none, that stays far away from the middle of
//! the address space where the window lies. A *finite giant* `RLIMIT_STACK`
//! (tens of TiB: measured at 100 TiB) moves them right into it. So a launcher
//! sets the limit to something ordinary, 8 MiB, before `exec`; inside a process
//! it is too late, its layout is already drawn.
//!
//! No allocation, no `std`: static workers use this folder.

mod error;
mod file_mapping;
mod maps;
mod populate;
mod reservation;
#[cfg(test)]
mod tests;

pub use error::{MapError, PopulateError, ReserveError};
pub use file_mapping::{FileMapping, map_file_anywhere};
pub use maps::{Mapped, first_overlap, mapped_of_line};
#[cfg(feature = "std")]
pub(crate) use populate::bring_in;
pub use populate::is_populating_known;
pub use reservation::{Reservation, reserve, reserve_anywhere};

use rustix::fd::BorrowedFd;
use rustix::mm::ProtFlags;

/// What a mapping may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Loads and stores; the file must be open for reading and writing.
    ReadWrite,
    /// Loads only; a store is a SIGSEGV. The file must be open for reading.
    ReadOnly,
}

impl Access {
    fn protection(self) -> ProtFlags {
        match self {
            Self::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
            Self::ReadOnly => ProtFlags::READ,
        }
    }
}

/// The unit in which `file` is mapped: its huge page size on hugetlbfs, the
/// machine's page size anywhere else.
fn page_size_of(file: BorrowedFd<'_>) -> u64 {
    let page_size = crate::sys::page::page_size() as u64;
    match rustix::fs::fstatfs(file) {
        Ok(stat) if stat.f_type as u32 == linux_raw_sys::general::HUGETLBFS_MAGIC => {
            u64::try_from(stat.f_bsize).unwrap_or(page_size).max(page_size)
        }
        _ => page_size,
    }
}
