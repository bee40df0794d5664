//! VFIO: devices behind an IOMMU, handed to this process.
//!
//! ```text
//!   container (/dev/vfio/vfio)   one for the group: what is mapped here, all its devices reach
//!     └─ IOMMU group (/dev/vfio/N)   what the IOMMU cannot tell apart: all of it or nothing
//!          └─ device                 regions (BARs, config space), interrupts
//! ```
//!
//! A device's descriptor keeps it open: it is reset when the last one is closed, in whichever process. So
//! everyone who has a queue of it has its descriptor ([`Devices::find`](crate::device::Devices::find)), and the owner's
//! death does not stop it.
//!
//! Without an IOMMU (`vfio.enable_unsafe_noiommu_mode`) the kernel hands a device over all the same. That is
//! said first ([`Caution`](crate::device::Caution)), because then a device, and whoever writes its registers, reaches all
//! memory of the machine.
//!
//! | file | concept |
//! |---|---|
//! | `calls.rs` | what is asked: a trait, so that a twin can answer |
//! | `kernel.rs` | the kernel's answers: the ioctls and their structures |
//! | `capabilities.rs` | what the IOMMU can do |
//! | `container.rs` | a container: its kind, its mappings |
//! | `group.rs` | opening a group, and every reason why not |
//! | `device.rs` | a device: regions, interrupts, reset |
//! | `error.rs` | what can go wrong, in sentences |

mod calls;
mod capabilities;
mod container;
mod device;
mod error;
mod group;
mod kernel;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin;

pub use calls::{
    Calls, DeviceInfo, GroupStatus, IommuInfo, IommuKind, IrqInfo, IrqOrder, RegionInfo,
};
pub use container::{Container, MapError};
pub use device::VfioDevice;
pub use error::{GroupDevice, VfioError};
pub use group::Opening;
pub use kernel::Kernel;
