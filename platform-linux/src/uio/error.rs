//! Why a device could not be opened by UIO: each reason with its remedy.

use core::fmt;

use rustix::io::Errno;

use crate::eal::options::Shown;
use crate::pci::{Driving, PciAddress, PciReadError};
use crate::sys::errno::Named;

/// Why a device was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UioError {
    /// The device could not be looked at.
    Read(PciReadError),
    /// Another driver has it, or none.
    Driver {
        /// The device.
        device: PciAddress,
        /// Who has it.
        driver: Option<String>,
    },
    /// The driver has made no `/dev/uioN` of it.
    NoFile {
        /// The device.
        device: PciAddress,
    },
    /// A file of it is not this process's to open.
    Denied {
        /// The device.
        device: PciAddress,
        /// The file.
        path: String,
    },
    /// Another process has it open.
    Busy {
        /// The device.
        device: PciAddress,
        /// The file.
        path: String,
        /// One that has, if this user may see it.
        by: Option<Box<Driving>>,
    },
    /// The kernel refused otherwise.
    Refused {
        /// The device.
        device: PciAddress,
        /// Which file was to be opened.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl fmt::Display for UioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Driver { device, driver } => {
                write!(f, "device {device} was asked for by UIO and ")?;
                match driver {
                    Some(driver) => write!(f, "the driver {driver} has it")?,
                    None => f.write_str("no driver has it")?,
                }
                write!(f, "; give it to UIO: phalanx bind uio_pci_generic {device}")
            }
            Self::NoFile { device } => write!(
                f,
                "the kernel has made no /dev/uioN of device {device}; give it to UIO anew: phalanx bind \
                 uio_pci_generic {device}"
            ),
            Self::Denied { device, path } => write!(
                f,
                "device {device} was asked for and {path} is not this user's to open; run as root, for whoever drives a \
                 device without an IOMMU can do all that root can"
            ),
            Self::Busy { device, path, by } => {
                match by.as_deref() {
                    Some(Driving { pid, name, prefix }) => {
                        write!(f, "process {pid} ({}) ", Shown::<32>::of(name))?;
                        if let Some(prefix) = prefix {
                            write!(f, "of group '{prefix}' ")?;
                        }
                    }
                    None => f.write_str("another process ")?,
                }
                write!(
                    f,
                    "has device {device} open ({path}); end it, or join its group and let it own the device"
                )
            }
            Self::Refused { device, path, errno } => {
                write!(
                    f,
                    "device {device} was asked for and {path} did not open: {}; see what the kernel says (dmesg), or give it to \
                     UIO anew: phalanx bind uio_pci_generic {device}",
                    Named(*errno)
                )
            }
        }
    }
}

impl core::error::Error for UioError {}

impl From<PciReadError> for UioError {
    fn from(error: PciReadError) -> Self {
        Self::Read(error)
    }
}
