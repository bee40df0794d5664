//! `PciPortError`: why the port of a PCI device was not made, set up or used.

use core::fmt;

use phalanx_core::device::e1000e::E1000eError;
use phalanx_core::device::virtio_net::VirtioError;
use phalanx_core::name::Name;

use crate::device::{OpenError, UseError};
use crate::pci::{CapabilityFault, PciAddress, PciReadError};
use crate::uio::UioError;
use crate::vfio::VfioError;

/// Why the port of a PCI device was not made, set up or used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PciPortError {
    /// The device could not be looked at.
    Read(PciReadError),
    /// No driver here takes it.
    Unknown {
        /// The device.
        device: PciAddress,
        /// Who made it.
        vendor: u16,
        /// What it is.
        id: u16,
    },
    /// It was not had from the kernel, or from who has it.
    Open(Box<OpenError>),
    /// Something of it could not be used.
    Use(Box<UseError>),
    /// Its list of capabilities is broken.
    Capabilities {
        /// The device.
        device: PciAddress,
        /// What is wrong.
        fault: CapabilityFault,
    },
    /// A virtio device names no region of this kind that can be used.
    Region {
        /// The device.
        device: PciAddress,
        /// Which.
        which: &'static str,
    },
    /// net_e1000e cannot.
    E1000e {
        /// The device.
        device: PciAddress,
        /// Why.
        error: E1000eError,
    },
    /// net_virtio cannot.
    Virtio {
        /// The device.
        device: PciAddress,
        /// Why.
        error: VirtioError,
    },
    /// This process owns the port and does not have its device (yet).
    NotHad {
        /// The port.
        port: Name,
    },
    /// The device was pulled, or has failed.
    Gone {
        /// The port.
        port: Name,
    },
}

impl PciPortError {
    /// Whether the device does not reach a queue's memory.
    pub(super) fn is_of_reach(&self) -> bool {
        matches!(
            self,
            Self::E1000e { error: E1000eError::Unreachable { .. }, .. }
                | Self::Virtio { error: VirtioError::Unreachable { .. }, .. }
        )
    }
}

impl fmt::Display for PciPortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Unknown { device, vendor, id } => write!(
                f,
                "device {device} is a {vendor:04x}:{id:04x}, which no driver here takes; there are net_e1000e (8086:10d3, \
                 8086:100e) and net_virtio (1af4:1041, a modern virtio card)"
            ),
            Self::Open(error) => error.fmt(f),
            Self::Use(error) => error.fmt(f),
            Self::Capabilities { device, fault } => write!(f, "device {device}: {fault}"),
            Self::Region { device, which } => write!(
                f,
                "device {device} was to be a virtio card and names no {which} registers that can be used; it is not a \
                 modern one, or broken"
            ),
            Self::E1000e { device, error } => write!(f, "device {device}: {error}"),
            Self::Virtio { device, error } => write!(f, "device {device}: {error}"),
            Self::NotHad { port } => write!(
                f,
                "the device of the port {port} is not this process's yet: who had it may be ending still, or somebody \
                 outside of the group has it; try again, see `phalanx devices`"
            ),
            Self::Gone { port } => write!(
                f,
                "the device of the port {port} was pulled, or has failed; let go of its queues, and close the port"
            ),
        }
    }
}

impl PciPortError {
    /// Whether there is no such device any more: the kernel has none, or it does not even answer for its configuration.
    pub(super) fn is_of_none(&self) -> bool {
        match self {
            Self::Gone { .. } | Self::Read(PciReadError::NoDevice(_)) => true,
            Self::Open(error) => matches!(
                **error,
                OpenError::Read(PciReadError::NoDevice(_))
                    | OpenError::Uio(UioError::Read(PciReadError::NoDevice(_)))
                    | OpenError::Vfio(VfioError::Read(PciReadError::NoDevice(_)))
            ),
            _ => false,
        }
    }

    /// Whether the device answers no more.
    pub(crate) fn is_gone(&self) -> bool {
        let is_absent = matches!(
            self,
            Self::E1000e { error: E1000eError::Absent, .. }
                | Self::Virtio { error: VirtioError::Absent, .. }
        );
        is_absent || self.is_of_none()
    }

    /// Whether some process has the device open: perhaps one that is about to let go of it.
    pub(crate) fn is_busy(&self) -> bool {
        let Self::Open(error) = self else { return false };
        matches!(
            **error,
            OpenError::Vfio(VfioError::Busy { .. }) | OpenError::Uio(UioError::Busy { .. })
        )
    }
}

impl core::error::Error for PciPortError {}

impl From<PciReadError> for PciPortError {
    fn from(error: PciReadError) -> Self {
        Self::Read(error)
    }
}

impl From<OpenError> for PciPortError {
    fn from(error: OpenError) -> Self {
        Self::Open(Box::new(error))
    }
}

impl From<UseError> for PciPortError {
    fn from(error: UseError) -> Self {
        Self::Use(Box::new(error))
    }
}
