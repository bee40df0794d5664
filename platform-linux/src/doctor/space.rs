//! Whether the window's addresses are free: in this process, and in what it starts.
//!
//! The kernel puts a program's mappings below the stack, as far below as the stack may grow, less a
//! random amount. So a limit on the stack that is giant but not "unlimited" moves them into the
//! window, in every process that inherits it (see [`crate::mapping`]).

use super::{Limits, Reading};
use crate::kernel_files::{KernelFiles, read_number, read_text};
use crate::mapping::{Mapped, mapped_of_line};
use core::ops::Range;
use phalanx_core::window;

/// The addresses that a program of 64 bits has on x86.
const TASK_BYTES: u64 = 0x7fff_ffff_f000;

/// Between the stack and the mappings there is always as much.
const GAP_MIN: u64 = 128 << 20;

/// And never more.
const GAP_MAX: u64 = TASK_BYTES / 6 * 5;

/// What the stack's own random place and guard take: 16 GiB and a megabyte.
const STACK_PAD: u64 = (16 << 30) + (1 << 20);

/// How far down from the top a program may have mapped before it reserves the window.
const BELOW_TOP: u64 = 64 << 30;

/// Random bits of a mapping's page number, where the kernel does not say.
const RANDOM_BITS: u64 = 28;

/// The window's addresses.
#[derive(Debug, Clone)]
pub struct AddressSpace {
    /// What this process has mapped there; none if nothing.
    pub in_the_way: Reading<Option<Mapped>>,
    /// Where the kernel puts mappings of what this process starts, by its stack limit.
    pub placement: Reading<Placement>,
}

/// Where a new program's mappings may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Lowest and highest address.
    pub addresses: Range<u64>,
    /// Whether the window is among them.
    pub hits_window: bool,
}

impl Placement {
    /// With `stack` bytes of stack (`None` without limit) and so many random bits.
    ///
    /// ```
    /// use phalanx_linux::doctor::Placement;
    /// assert!(!Placement::of(Some(8 << 20), 28).hits_window);
    /// assert!(!Placement::of(None, 28).hits_window);
    /// assert!(Placement::of(Some(95 << 40), 28).hits_window);
    /// ```
    pub fn of(stack: Option<u64>, random_bits: u64) -> Self {
        let gap = stack.unwrap_or(u64::MAX).saturating_add(STACK_PAD).clamp(GAP_MIN, GAP_MAX);
        let highest = TASK_BYTES - gap;
        let random = 4096_u64.checked_shl(random_bits as u32).unwrap_or(u64::MAX);
        let lowest = highest.saturating_sub(random).saturating_sub(BELOW_TOP);
        let (base, end) = (window::BASE as u64, (window::BASE + window::LEN) as u64);
        Self { addresses: lowest..highest, hits_window: lowest < end && base < highest }
    }
}

impl AddressSpace {
    pub(super) fn read(kernel: &KernelFiles) -> Self {
        let bits = read_number(&kernel.proc("sys/vm/mmap_rnd_bits")).unwrap_or(RANDOM_BITS);
        let placement = |limits: Limits| Placement::of(limits.stack.soft, bits);
        Self { in_the_way: in_the_way(kernel), placement: Limits::read(kernel).map(placement) }
    }
}

fn in_the_way(kernel: &KernelFiles) -> Reading<Option<Mapped>> {
    let window = window::BASE..window::BASE + window::LEN;
    let text = read_text(&kernel.proc("self/maps"))?;
    let mut mapped = text.lines().filter_map(mapped_of_line);
    Ok(mapped.find(|it| it.start < window.end && window.start < it.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_lie_where_they_were_measured() {
        // Stack in TiB, and an address that a program was seen to have.
        for (stack, seen) in [
            (Some(8 << 20), 0x7efc_0000_0000),
            (Some(64 << 40), 0x3efe_8000_0000),
            (Some(100 << 40), 0x1afc_8000_0000),
            (Some(126 << 40), 0x1456_0000_0000),
            (None, 0x1456_0000_0000),
        ] {
            let placement = Placement::of(stack, 28);
            assert!(placement.addresses.contains(&seen), "{stack:?}: {placement:x?}");
        }
    }

    #[test]
    fn more_random_bits_reach_further_down() {
        assert!(!Placement::of(Some(90 << 40), 28).hits_window);
        assert!(Placement::of(Some(90 << 40), 32).hits_window);
        assert!(!Placement::of(None, 32).hits_window);
        assert!(!Placement::of(Some(8 << 20), 32).hits_window);
    }
}
