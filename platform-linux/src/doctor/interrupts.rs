//! Which interrupts go where.

use super::Reading;
use super::text::cpus;
use crate::kernel_files::{KernelFiles, read_text};
use phalanx_core::group::CpuSet;

/// An interrupt with a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupt {
    /// Its number.
    pub number: u32,
    /// What handles it, as the driver calls itself.
    pub name: String,
    /// The CPUs that it may go to.
    pub allowed: CpuSet,
    /// Those that it goes to now.
    pub effective: CpuSet,
}

/// Interrupts that devices raise, by number. Timers and calls between CPUs have no number, and
/// cannot be sent elsewhere. Cost: two small files each.
///
/// # Errors
/// If their table cannot be read; one that cannot be asked is left out.
pub fn interrupts(kernel: &KernelFiles) -> Reading<Vec<Interrupt>> {
    let table = read_text(&kernel.proc("interrupts"))?;
    Ok(table.lines().filter_map(|line| interrupt(kernel, line)).collect())
}

/// Reads ` 36:  0  469743  PCI-MSIX-0000:00:02.0  1-edge  virtio1-req.0`.
fn interrupt(kernel: &KernelFiles, line: &str) -> Option<Interrupt> {
    let (number, rest) = line.split_once(':')?;
    let number: u32 = number.trim().parse().ok()?;
    let file = |name: &str| kernel.proc(&format!("irq/{number}/{name}"));
    let allowed = cpus(&file("smp_affinity_list")).ok()?;
    let effective = cpus(&file("effective_affinity_list")).unwrap_or_default();
    Some(Interrupt {
        number,
        name: rest.split_whitespace().last().unwrap_or_default().to_owned(),
        allowed,
        // A kernel that does not say where it goes sends it anywhere it may.
        effective: if effective.is_empty() { allowed } else { effective },
    })
}
