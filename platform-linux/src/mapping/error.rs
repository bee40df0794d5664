//! What can go wrong with the window. Each error carries the numbers a person
//! needs; addresses print in hexadecimal.

#[cfg(feature = "std")]
use super::maps::Mapped as InTheWay;
#[cfg(not(feature = "std"))]
use crate::runtime_dir::ShownPath as InTheWay;
use crate::sys::errno::Named;
use core::fmt;
use rustix::io::Errno;

/// Why a range of addresses could not be reserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveError {
    /// Start or length is no positive multiple of the alignment, or they overflow.
    Misaligned {
        /// First address asked for.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
        /// What both must be a multiple of.
        align: usize,
    },
    /// Something is mapped in the range already.
    Taken {
        /// First address asked for.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
        /// The first mapping in the way; `None` if `/proc/self/maps` is not readable.
        by: Option<InTheWay>,
    },
    /// The address space has no room: a limit, or an address beyond its end.
    NoAddressSpace {
        /// Length asked for, bytes.
        len: usize,
    },
    /// The kernel placed the range elsewhere: it is older than 4.17.
    KernelTooOld,
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misaligned { base, len, align } => write!(
                f,
                "a range of {len:#x} bytes at {base:#x} was asked for; start and length must be \
                 multiples of {align:#x}, the length not zero, the end below 2^64"
            ),
            Self::Taken { base, len, by } => {
                write!(f, "the window {base:#x}-{:#x} is taken: ", base.saturating_add(*len))?;
                match by {
                    Some(mapped) => write!(f, "{mapped} is mapped there")?,
                    None => f.write_str("something is mapped there (/proc is not readable)")?,
                }
                f.write_str(
                    "; reserve it first thing in main, start the program with `ulimit -s 8192`, \
                     and without a sanitizer that claims these addresses",
                )
            }
            Self::NoAddressSpace { len } => write!(
                f,
                "{len:#x} bytes of address space are not to be had there; raise the limit \
                 (`ulimit -v unlimited`), or choose an address that is far enough from the end of \
                 the address space (--base-virtaddr)"
            ),
            Self::KernelTooOld => f.write_str(
                "this kernel cannot reserve a range without replacing what is there; \
                 use Linux 4.17 or later",
            ),
            Self::Refused(errno) => {
                write!(f, "the kernel refused to reserve address space: {}", Named(*errno))
            }
        }
    }
}

impl core::error::Error for ReserveError {}

/// Why a file could not be mapped, or a part of the window given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapError {
    /// Part of the range lies outside the reservation.
    OutsideReservation {
        /// First address asked for.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
        /// First address of the reservation.
        reserved_base: usize,
        /// Length of the reservation, bytes.
        reserved_len: usize,
    },
    /// Address, length or file offset is no multiple of the file's page size.
    Misaligned {
        /// First address asked for; 0 if the kernel was to choose.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
        /// Offset in the file, bytes.
        offset: u64,
        /// The file's page size, bytes.
        page_size: u64,
    },
    /// The file is not open for the access the mapping needs.
    AccessDenied,
    /// No memory for page tables, or too many mappings.
    OutOfMemory,
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideReservation { base, len, reserved_base, reserved_len } => write!(
                f,
                "{len:#x} bytes at {base:#x} do not lie in the reserved window {reserved_base:#x}-\
                 {:#x}; map inside it only",
                reserved_base.saturating_add(*reserved_len)
            ),
            Self::Misaligned { base, len, offset, page_size } => write!(
                f,
                "{len:#x} bytes at address {base:#x} from file offset {offset:#x} were to be \
                 mapped; each must be a multiple of the file's page size, {page_size:#x}, \
                 and the length not zero"
            ),
            Self::AccessDenied => f.write_str(
                "the file is not open for the access of the mapping; \
                 open it for reading and writing, or map it read-only",
            ),
            Self::OutOfMemory => f.write_str(
                "the kernel has no memory for another mapping; \
                 look at `vm.max_map_count` and at free memory",
            ),
            Self::Refused(errno) => write!(f, "the kernel refused a mapping: {}", Named(*errno)),
        }
    }
}

impl core::error::Error for MapError {}

impl From<Errno> for MapError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ACCESS | Errno::PERM => Self::AccessDenied,
            Errno::NOMEM => Self::OutOfMemory,
            other => Self::Refused(other),
        }
    }
}

/// Why pages could not be brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopulateError {
    /// Part of the range lies outside the reservation.
    OutsideReservation {
        /// First address asked for.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
    },
    /// A page has no memory behind it: a hole of the file with no huge page free,
    /// or beyond the end of the file.
    NotBacked {
        /// First address asked for.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
    },
    /// Part of the range is not mapped with this access.
    NotMapped {
        /// First address asked for.
        base: usize,
        /// Length asked for, bytes.
        len: usize,
    },
    /// Any other answer of the kernel.
    Refused(Errno),
}

impl fmt::Display for PopulateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutsideReservation { base, len } => write!(
                f,
                "{len:#x} bytes at {base:#x} were to be prefaulted but lie outside the window"
            ),
            Self::NotBacked { base, len } => write!(
                f,
                "part of {len:#x} bytes at {base:#x} has no memory behind it and no page is free; \
                 commit the range before prefaulting it"
            ),
            Self::NotMapped { base, len } => write!(
                f,
                "part of {len:#x} bytes at {base:#x} is not mapped with the access asked for, \
                 or memory ran out; map the file there first"
            ),
            Self::Refused(errno) => write!(f, "the kernel refused to prefault: {}", Named(*errno)),
        }
    }
}

impl core::error::Error for PopulateError {}
