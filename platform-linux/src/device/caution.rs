//! What is said before a device is opened that nothing keeps from memory.

use core::fmt;

use crate::pci::PciAddress;

/// Why nothing keeps a device from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unprotected {
    /// VFIO hands it over without an IOMMU.
    NoIommu,
    /// UIO does.
    Uio,
}

/// A device is about to be opened without an IOMMU: what a user should know first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caution {
    /// Which device.
    pub device: PciAddress,
    /// How.
    pub way: Unprotected,
}

impl fmt::Display for Caution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.way {
            Unprotected::NoIommu => "VFIO's no-IOMMU mode",
            Unprotected::Uio => "UIO",
        };
        write!(
            f,
            "device {} is opened by {by}, and no IOMMU contains it: it, and every process that writes its registers, can \
             read and write all memory of this machine, the kernel's too; reserve pages of 1 GB at boot only, for to have \
             one later the kernel may move pages that the device writes",
            self.device
        )
    }
}
