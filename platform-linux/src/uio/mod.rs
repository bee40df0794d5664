//! UIO by `uio_pci_generic`: devices of a machine without an IOMMU, or that VFIO does not take.
//!
//! The kernel's driver does one thing: it takes the line's interrupt, masks it in the device (bit 10 of the
//! command register) and wakes who reads `/dev/uioN`. Everything else is sysfs: `resourceN` is a BAR,
//! `config` the config space. It lets anybody open the device, any number of times, and whoever closes it, the first or
//! the last, has it do no DMA any more; so a device is locked before it is opened, and who comes second is refused,
//! as far as both see the same `/sys` (a network namespace has its own) or each other's processes. Nothing keeps such a device from any memory of the machine, so the group's
//! memory is given to it by physical addresses, and whoever may use it is root in all but name; that is
//! said first ([`Caution`](crate::device::Caution)).
//!
//! # What the kernel must do
//!
//! The least that this was tried with is Linux 6.1. It stops the device's DMA when `/dev/uioN` is closed: a kernel whose
//! `uio_pci_generic` has no `release` lets a device write on into memory that is freed when its last process was killed. Where
//! the group's memory has no names (`--in-memory`), even then only the order in which the kernel closes what a killed process
//! had, files before memory, keeps it from that; a group that must be sure of it has an IOMMU.
//!
//! It does not ask before it takes a card away: the line's file gives errors from then on, which is heard, and nobody touches
//! the registers any more. Before Linux 5.12 it takes their mappings away, too, and who touches them between is ended by a
//! signal: do not pull cards there.
//!
//! | file | concept |
//! |---|---|
//! | `device.rs` | a device: the same trait as VFIO's |
//! | `pagemap.rs` | where memory is: `/proc/self/pagemap` |
//! | `error.rs` | what can go wrong, in sentences |

mod device;
mod error;
mod pagemap;
#[cfg(test)]
mod tests;

pub use device::{UioDevice, open};
pub use error::UioError;
pub use pagemap::{Pagemap, PagemapError};
