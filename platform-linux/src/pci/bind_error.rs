//! Why a device was not given to a driver, or taken away from one.

use core::fmt;

use rustix::io::Errno;

use super::in_use::{Advice, InUse};
use super::{PciAddress, PciReadError};
use crate::eal::options::Shown;
use crate::kernel_files::KernelFileError;
use crate::sys::errno::Named;

/// Why a device was not given to a driver, or taken away from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindError {
    /// The device, or what it is used for, could not be looked at.
    Unread(PciReadError),
    /// The kernel has no driver of that name.
    NoDriver {
        /// The name.
        driver: String,
    },
    /// It joins buses: what is behind it would be gone too.
    Bridge {
        /// The device.
        address: PciAddress,
    },
    /// It is used.
    InUse {
        /// The device.
        address: PciAddress,
        /// For what.
        by: InUse,
    },
    /// The kernel refused.
    Refused {
        /// The device.
        address: PciAddress,
        /// The driver that was asked.
        driver: String,
        /// What it was asked to do.
        step: Step,
        /// The kernel's answer.
        errno: Errno,
        /// Whether the device is behind an IOMMU.
        has_iommu: bool,
        /// The driver that the device has now.
        left_with: Option<String>,
    },
}

/// What a driver is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To let go of a device.
    Release,
    /// To take one.
    Take,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(error) => error.fmt(f),
            Self::NoDriver { driver } => write!(
                f,
                "the kernel has no PCI driver '{}'; load its module first (`modprobe`)",
                Shown::<64>::of(driver)
            ),
            Self::Bridge { address } => write!(
                f,
                "PCI device {address} is a bridge, and everything behind it would be lost; name the device behind it"
            ),
            Self::InUse { address, by } => {
                write!(f, "PCI device {address} stays as it is: {by}; {}", Advice(by))
            }
            Self::Refused { address, driver, step, errno, has_iommu, left_with } => {
                let (verb, errno) = (step.verb(), Named(*errno));
                write!(f, "driver {driver} does not {verb} PCI device {address}: {errno}; ")?;
                f.write_str(advice(driver, *step, errno.0, *has_iommu))?;
                match left_with {
                    Some(left) => write!(f, "; {left} has it now"),
                    None => f.write_str("; no driver has it now"),
                }
            }
        }
    }
}

impl core::error::Error for BindError {}

impl Step {
    const fn verb(self) -> &'static str {
        match self {
            Self::Release => "let go of",
            Self::Take => "take",
        }
    }
}

fn advice(driver: &str, step: Step, errno: Errno, has_iommu: bool) -> &'static str {
    match (step, errno) {
        (_, Errno::ACCESS | Errno::PERM) => "ask as root",
        (Step::Take, _) if driver == "vfio-pci" && !has_iommu => {
            "it is behind no IOMMU: switch that on (`phalanx doctor` says how), or use uio_pci_generic"
        }
        (Step::Take, Errno::NODEV) => "it is not made for this device; name one that is",
        _ => "the kernel's log says more (`dmesg`)",
    }
}

impl From<PciReadError> for BindError {
    fn from(error: PciReadError) -> Self {
        Self::Unread(error)
    }
}

impl From<KernelFileError> for BindError {
    fn from(error: KernelFileError) -> Self {
        Self::Unread(PciReadError::File(error))
    }
}
