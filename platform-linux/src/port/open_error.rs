//! Why a queue was not opened, whichever driver it is of.

use core::fmt;

use phalanx_core::name::Name;
use phalanx_core::port::{DriverKind, Port, QueueError, RingOpenError};

#[cfg(feature = "std")]
use super::descriptors::DescriptorError;
#[cfg(feature = "std")]
use super::pcap::PcapError;
#[cfg(feature = "std")]
use super::pci::PciPortError;
#[cfg(feature = "std")]
use crate::mapping::MapError;

/// Why a queue was not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The queue was not had.
    Queue(QueueError),
    /// A ring of net_ring was not had.
    Ring(RingOpenError),
    /// What the kernel has open for the queue was not had.
    #[cfg(feature = "std")]
    Descriptor(DescriptorError),
    /// The queue's ring could not be mapped.
    #[cfg(feature = "std")]
    Mapping {
        /// The port.
        port: Name,
        /// Why.
        why: MapError,
    },
    /// A file of net_pcap was not opened.
    #[cfg(feature = "std")]
    Pcap(PcapError),
    /// The port's PCI device was not had.
    #[cfg(feature = "std")]
    Pci(PciPortError),
    /// This program does not have the port's driver.
    NoDriver {
        /// The port.
        port: Name,
        /// Its driver.
        driver: DriverKind,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(error) => error.fmt(f),
            Self::Ring(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Descriptor(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Mapping { port, why } => {
                write!(
                    f,
                    "a queue of the port {port} was to be opened and its ring could not be mapped: {why}"
                )
            }
            #[cfg(feature = "std")]
            Self::Pcap(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Pci(error) => error.fmt(f),
            Self::NoDriver { port, driver } => write!(
                f,
                "a queue of the port {port} was to be opened and this program does not have its driver {driver}; use \
                 a program with a standard library, or another port"
            ),
        }
    }
}

impl core::error::Error for OpenError {}

impl From<QueueError> for OpenError {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
    }
}

#[cfg(feature = "std")]
impl From<DescriptorError> for OpenError {
    fn from(error: DescriptorError) -> Self {
        Self::Descriptor(error)
    }
}

impl From<RingOpenError> for OpenError {
    fn from(error: RingOpenError) -> Self {
        Self::Ring(error)
    }
}

#[cfg(feature = "std")]
impl From<PcapError> for OpenError {
    fn from(error: PcapError) -> Self {
        Self::Pcap(error)
    }
}

#[cfg(feature = "std")]
impl From<PciPortError> for OpenError {
    fn from(error: PciPortError) -> Self {
        Self::Pci(error)
    }
}

impl OpenError {
    /// This program does not have the driver of `port`.
    pub(super) fn no_driver(port: &Port) -> Self {
        Self::NoDriver { port: port.name(), driver: port.driver() }
    }
}
