//! UIO by `uio_pci_generic`: devices of a machine without an IOMMU, or that VFIO does not take.
//!
//! The kernel's driver does one thing: it takes the line's interrupt, masks it in the device (bit 10 of the
//! command register) and wakes who reads `/dev/uioN`. Everything else is sysfs: `resourceN` is a BAR,
//! `config` the config space. It lets anybody open the device, any number of times, and whoever closes it, the first or
//! the last, has it do no DMA any more; so a device is locked, and who comes second is refused. Nothing keeps such a device from any memory of the machine, so the group's
//! memory is given to it by physical addresses, and whoever may use it is root in all but name; that is
//! said first ([`Caution`](crate::device::Caution)).
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
