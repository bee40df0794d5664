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
//! | `config` | the configuration space; `capability`: the list in it, which is not trusted |
//! | `in_use` | what a device is used for: routes, bridges, mounts; `driven`: by processes that drive it |
//! | `bind` | giving devices to drivers, and taking them away; `bind_error`: why not |
//!
//! The root of sysfs is a value ([`KernelFiles`](crate::kernel_files::KernelFiles)), so that a test
//! describes a machine that is not there.

mod address;
#[cfg(feature = "std")]
mod bar;
#[cfg(feature = "std")]
mod bind;
#[cfg(feature = "std")]
mod bind_error;
mod capability;
#[cfg(feature = "std")]
mod config;
#[cfg(feature = "std")]
mod device;
#[cfg(feature = "std")]
mod driven;
#[cfg(feature = "std")]
mod in_use;
#[cfg(feature = "std")]
mod scan;
#[cfg(all(test, feature = "std"))]
mod tests;

pub use address::{PciAddress, PciAddressError};
#[cfg(feature = "std")]
pub use bar::{BAR_MAX, Bar, BarKind};
#[cfg(feature = "std")]
pub use bind::{Change, USER_SPACE_DRIVERS, bind, check, is_user_space, unbind};
#[cfg(feature = "std")]
pub use bind_error::{BindError, Step};
pub use capability::{
    CONFIG_MAX, Capabilities, Capability, CapabilityFault, capabilities, extended_capabilities,
};
#[cfg(feature = "std")]
pub use config::{BUS_MASTER, ConfigError, ConfigFile, INTX_DISABLE, MEMORY_SPACE};
#[cfg(feature = "std")]
pub use device::{Class, Ids, PciDevice, PciReadError};
#[cfg(feature = "std")]
pub use driven::{Driving, driven_by};
#[cfg(feature = "std")]
pub use in_use::{InUse, in_use, routed_interfaces};
#[cfg(feature = "std")]
pub use scan::scan;
