//! The pieces of a device's memory: base address registers.

use super::PciReadError;
use crate::kernel_files::KernelFileError;
use std::path::Path;

/// How many a device has.
pub const BAR_MAX: usize = 6;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "rte_mem_resource")]
pub struct Bar {
    /// Which, 0..6.
    pub index: u8,
    /// Where it lies: a physical address, or a number of a port.
    pub address: u64,
    /// Its length, bytes; never 0.
    pub len: u64,
    /// What it is.
    pub kind: BarKind,
}

/// What a BAR is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarKind {
    /// Memory, which can be mapped.
    Memory,
    /// Memory that may be read ahead.
    Prefetchable,
    /// Ports of x86, which cannot.
    Ports,
}

/// The kernel's flags for a resource.
const PORTS: u64 = 0x100;
const MEMORY: u64 = 0x200;
const PREFETCH: u64 = 0x2000;

/// Reads a device's file `resource`: a line for each, its first byte, its last, and what it is.
pub(super) fn read_bars(path: &Path, text: &str) -> Result<[Option<Bar>; BAR_MAX], PciReadError> {
    let mut bars = [None; BAR_MAX];
    let mut lines = text.lines();
    for (index, slot) in (0..).zip(&mut bars) {
        let Some(line) = lines.next() else { break };
        *slot = read_bar(index, line)
            .ok_or_else(|| PciReadError::File(KernelFileError::not_understood(path, line)))?;
    }
    Ok(bars)
}

/// `Some(None)` if the device does not have this one, or the kernel gave it no place.
fn read_bar(index: u8, line: &str) -> Option<Option<Bar>> {
    let mut words = line.split_whitespace().map(|word| {
        let digits = word.strip_prefix("0x")?;
        u64::from_str_radix(digits, 16).ok()
    });
    let (first, last, flags) = (words.next()??, words.next()??, words.next()??);
    let kind = match flags {
        _ if flags & PORTS != 0 => BarKind::Ports,
        _ if flags & MEMORY != 0 && flags & PREFETCH != 0 => BarKind::Prefetchable,
        _ if flags & MEMORY != 0 => BarKind::Memory,
        _ => return Some(None),
    };
    let len = last.checked_sub(first)?.checked_add(1)?;
    let has_place = last != 0;
    Some(has_place.then_some(Bar { index, address: first, len, kind }))
}
