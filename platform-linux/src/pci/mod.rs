//! PCI devices, as the kernel shows them below `/sys/bus/pci`.
//!
//! Everything here reads and writes small files of sysfs. To use a device is another matter: that
//! takes a driver which hands it to user space, and a process that owns it.
//!
//! | file | what |
//! |---|---|
//! | `address` | where a device is: `0000:03:00.0` |
//! | `device` | what the kernel says of one: ids, class, BARs, node, IOMMU group, driver, interfaces |
//! | `bar` | the pieces of a device's memory |
//! | `scan` | every device of the machine |
//!
//! The root of sysfs is a value ([`KernelFiles`](crate::kernel_files::KernelFiles)), so that a test
//! describes a machine that is not there.

mod address;
#[cfg(feature = "std")]
mod bar;
#[cfg(feature = "std")]
mod device;
#[cfg(feature = "std")]
mod scan;
#[cfg(all(test, feature = "std"))]
mod tests;

pub use address::{PciAddress, PciAddressError};
#[cfg(feature = "std")]
pub use bar::{BAR_MAX, Bar, BarKind};
#[cfg(feature = "std")]
pub use device::{Class, Ids, PciDevice, PciReadError};
#[cfg(feature = "std")]
pub use scan::scan;
