//! Showing a group's zones: to a closure, or as text.

use core::fmt::{self, Write};

use crate::count::Count;
use crate::directory::{self, Found, Kind, ReadError};
use crate::group::Group;

/// Why a dump ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpError {
    /// The directory could not be read.
    Read(ReadError),
    /// The writer refused.
    Write,
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Write => f.write_str(
                "the list of memzones was asked for and its writer took no more; give it room",
            ),
        }
    }
}

impl core::error::Error for DumpError {}

/// Shows `visit` every zone. As [`directory::walk`]: nothing is locked meanwhile, so `visit`
/// may reserve and free.
///
/// # Errors
/// [`ReadError`].
#[doc(alias = "rte_memzone_walk")]
pub fn walk(group: &Group, mut visit: impl FnMut(&Found)) -> Result<(), ReadError> {
    directory::walk(group, |found| {
        if found.kind == Kind::Zone {
            visit(found);
        }
    })
}

/// Writes a line for each zone, and their number and sum (MZ-8).
///
/// # Errors
/// [`DumpError`].
///
/// ```text
/// MProc_port_info      4096 bytes at 0x200040000000 on node 0, 2048 KB pages, of pid 4711
/// 1 memzone, 4096 bytes in all
/// ```
#[doc(alias = "rte_memzone_dump")]
pub fn dump(group: &Group, out: &mut impl Write) -> Result<(), DumpError> {
    let (mut count, mut total, mut written) = (0u32, 0u64, Ok(()));
    walk(group, |found| {
        count += 1;
        total = total.saturating_add(found.len);
        written = written.and_then(|()| line(group, out, found));
    })
    .map_err(DumpError::Read)?;
    written
        .and_then(|()| {
            writeln!(out, "{}, {total} bytes in all", Count::of(count, "memzone", "memzones"))
        })
        .map_err(|_| DumpError::Write)
}

fn line(group: &Group, out: &mut impl Write, found: &Found) -> fmt::Result {
    let Found { name, at, len, node, page_bytes, .. } = found;
    let base = group.window().base().as_ptr().addr() as u64;
    let (at, page_kb) = (base.wrapping_add(at.get()), page_bytes >> 10);
    write!(out, "{name:<20} {len} bytes at {at:#x} on node {node}, {page_kb} KB pages, ")?;
    match found.living_owner(group) {
        None => writeln!(out, "of a process that is gone"),
        Some(pid) => writeln!(out, "of pid {pid}"),
    }
}
