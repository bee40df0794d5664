//! Why a device was not opened for a group.

use core::fmt;

use phalanx_core::group::ProcessId;
use phalanx_core::lock::LockError;
use phalanx_core::reach::{FollowError, IovaMode, ReachError};

use super::gate::GateError;
use crate::message::NoMessages;
use crate::pci::{PciAddress, PciReadError};
use crate::uio::UioError;
use crate::vfio::VfioError;

/// Why a device was not opened for a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// It could not be looked at.
    Read(PciReadError),
    /// A driver of the kernel's has it, or none.
    Driver {
        /// The device.
        device: PciAddress,
        /// Who has it.
        driver: Option<String>,
    },
    /// VFIO did not hand it over.
    Vfio(VfioError),
    /// UIO did not hand it over.
    Uio(UioError),
    /// Bus addresses of the group are virtual ones, and the device needs physical ones.
    Mode {
        /// The device.
        device: PciAddress,
        /// What the group's are.
        mode: IovaMode,
    },
    /// The table of bus addresses is not to be had.
    Reach(ReachError),
    /// The group's memory could not be mapped for it.
    Follow(FollowError<GateError>),
    /// The group's lock was not had.
    Lock(LockError),
    /// Another process has begun to map memory for devices, in a container of its own.
    Mapper {
        /// The device.
        device: PciAddress,
        /// Who maps.
        mapper: ProcessId,
    },
    /// Others have devices, and the container that this one would have to share is not to be had.
    Sharing {
        /// The device.
        device: PciAddress,
        /// Who was asked.
        whom: ProcessId,
        /// What became of the request.
        why: String,
    },
    /// Who has it is to be asked, and this process has no messages.
    NoMessages {
        /// The device.
        device: PciAddress,
        /// Why there are none.
        why: NoMessages,
    },
    /// Who was asked for it did not hand it over.
    NotHad {
        /// The device.
        device: PciAddress,
        /// Who was asked.
        whom: ProcessId,
        /// What became of the request.
        why: String,
    },
    /// Nobody who lives is known to have it.
    Nobody {
        /// The device.
        device: PciAddress,
    },
    /// This process is in no group.
    NoGroup {
        /// The device.
        device: PciAddress,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Driver { device, driver } => {
                write!(f, "device {device} was asked for and ")?;
                match driver {
                    Some(driver) => write!(f, "the kernel's driver {driver} has it")?,
                    None => f.write_str("no driver has it")?,
                }
                write!(
                    f,
                    "; give it to user space: phalanx bind vfio-pci {device} (without an IOMMU: uio_pci_generic)"
                )
            }
            Self::Vfio(error) => error.fmt(f),
            Self::Uio(error) => error.fmt(f),
            Self::Mode { device, mode } => write!(
                f,
                "device {device} has no IOMMU and needs physical addresses, and this group gives its devices {mode}; start \
                 the group with --iova-mode=pa"
            ),
            Self::Reach(error) => error.fmt(f),
            Self::Follow(error) => error.fmt(f),
            Self::Lock(error) => {
                write!(f, "memory was to be mapped for a device: {error}; then open it again")
            }
            Self::Mapper { device, mapper } => write!(
                f,
                "device {device} was asked for, and the process in slot {} maps memory for devices without a container that \
                 this one could share: it has just begun, then try again; or it has devices of UIO only, then have it open \
                 this one, or open this one before those",
                mapper.slot()
            ),
            Self::Sharing { device, whom, why } => write!(
                f,
                "device {device} was asked for, and must share what is mapped for the devices of the process in slot {}, \
                 which did not hand it over: {why}; try again when that process answers or has ended",
                whom.slot()
            ),
            Self::NoMessages { device, why } => write!(
                f,
                "device {device} is another process's, which hands it over by message, and this process has none: {why}; or \
                 use its port in that process"
            ),
            Self::NotHad { device, whom, why } => write!(
                f,
                "the process in slot {} was asked for device {device} and did not hand it over: {why}; try again, and if that \
                 process is stopped, let it go on or end it",
                whom.slot()
            ),
            Self::Nobody { device } => write!(
                f,
                "device {device} was asked for and no living process of the group has it; wait until its port has an \
                 owner again"
            ),
            Self::NoGroup { device } => write!(
                f,
                "device {device} was asked for and this process is in no group; start the EAL first"
            ),
        }
    }
}

impl core::error::Error for OpenError {}

macro_rules! from {
    ($($of:ident($error:ty)),+) => {$(
        impl From<$error> for OpenError {
            fn from(error: $error) -> Self {
                Self::$of(error)
            }
        }
    )+};
}

from!(
    Read(PciReadError),
    Vfio(VfioError),
    Uio(UioError),
    Reach(ReachError),
    Follow(FollowError<GateError>),
    Lock(LockError)
);
