//! Why a device could not be opened by VFIO: each reason with its remedy.

use core::fmt;

use rustix::io::Errno;

use crate::pci::{PciAddress, PciReadError};
use crate::sys::errno::Named;

/// A device of an IOMMU group, and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDevice {
    /// Where it is.
    pub address: PciAddress,
    /// Its driver.
    pub driver: Option<String>,
}

impl fmt::Display for GroupDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.driver {
            Some(driver) => write!(f, "{} ({driver})", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// Why a device was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VfioError {
    /// The device could not be looked at.
    Read(PciReadError),
    /// Another driver has it, or none.
    Driver(GroupDevice),
    /// VFIO is not there.
    NoVfio {
        /// The file that should be.
        path: String,
    },
    /// Its files are not this process's to open.
    Denied {
        /// The file.
        path: String,
    },
    /// No IOMMU stands before the device.
    NoIommu {
        /// The device.
        device: PciAddress,
    },
    /// The kernel has no file for the device's group.
    NoGroup {
        /// The device.
        device: PciAddress,
        /// The file.
        path: String,
    },
    /// Another process has the group open.
    Busy {
        /// The device.
        device: PciAddress,
        /// The file.
        path: String,
    },
    /// Kernel drivers have other devices of the group.
    NotViable {
        /// The device.
        device: PciAddress,
        /// The group's number.
        group: u32,
        /// The others.
        others: Vec<GroupDevice>,
    },
    /// Interrupts are not remapped, so a device could interrupt as any other.
    UnsafeInterrupts {
        /// The device.
        device: PciAddress,
    },
    /// The kernel speaks another version.
    Version {
        /// Which.
        version: u32,
    },
    /// The kernel has no kind of IOMMU that would do.
    NoKind,
    /// The device is a virtual function, whose physical one asks for another token.
    Token {
        /// The device.
        device: PciAddress,
    },
    /// The kernel refused otherwise.
    Refused {
        /// The device.
        device: PciAddress,
        /// What was asked.
        doing: &'static str,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for VfioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Driver(GroupDevice { address, driver }) => {
                write!(f, "device {address} was asked for and ")?;
                match driver {
                    Some(driver) => write!(f, "the kernel's driver {driver} has it")?,
                    None => f.write_str("no driver has it")?,
                }
                write!(f, "; give it to VFIO: phalanx bind vfio-pci {address}")
            }
            Self::NoVfio { path } => write!(
                f,
                "there is no {path}, so the kernel has no VFIO; load it: modprobe vfio-pci"
            ),
            Self::Denied { path } => write!(
                f,
                "{path} is not this user's to open; run as root, or give it: chown USER {path}"
            ),
            Self::NoIommu { device } => write!(
                f,
                "no IOMMU stands before device {device}; switch it on (firmware, and intel_iommu=on or amd_iommu=on for \
                 the kernel), or do without protection: \
                 echo 1 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
            ),
            Self::NoGroup { device, path } => write!(
                f,
                "there is no {path} for device {device}, so VFIO does not have it yet; give it to VFIO: phalanx bind \
                 vfio-pci {device}"
            ),
            Self::Busy { device, path } => write!(
                f,
                "another process has device {device}, or one of its IOMMU group, open ({path}); end it, or join its \
                 group and let it own the device"
            ),
            Self::NotViable { device, group, others } => {
                write!(f, "device {device} is in IOMMU group {group} with ")?;
                for (i, other) in others.iter().enumerate() {
                    write!(f, "{}{other}", if i == 0 { "" } else { ", " })?;
                }
                if others.is_empty() {
                    f.write_str("another")?;
                }
                f.write_str(
                    ", which kernel drivers have; all devices of a group go to VFIO or to nobody: phalanx bind vfio-pci",
                )?;
                others.iter().try_for_each(|other| write!(f, " {}", other.address))
            }
            Self::UnsafeInterrupts { device } => write!(
                f,
                "the IOMMU before device {device} does not remap interrupts, so it could raise any; switch remapping on \
                 (intremap=on), or trust the device: \
                 echo 1 > /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
            ),
            Self::Version { version } => write!(
                f,
                "the kernel has version {version} of VFIO's interface and Phalanx speaks version 0; it is too new"
            ),
            Self::NoKind => f.write_str(
                "the kernel's VFIO has no IOMMU of type 1; load it: modprobe vfio_iommu_type1",
            ),
            Self::Token { device } => write!(
                f,
                "device {device} is a virtual function whose physical function has a token, and another was given, or \
                 none; give that: --vfio-vf-token UUID"
            ),
            Self::Refused { device, doing, errno } => {
                write!(
                    f,
                    "device {device} was asked for and {doing} failed: {}; see what the kernel says (dmesg), or give it to \
                     VFIO anew: phalanx bind vfio-pci {device}",
                    Named(*errno)
                )
            }
        }
    }
}

impl core::error::Error for VfioError {}

impl From<PciReadError> for VfioError {
    fn from(error: PciReadError) -> Self {
        Self::Read(error)
    }
}
