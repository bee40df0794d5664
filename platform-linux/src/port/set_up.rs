//! `SetUpError`: why a port was not configured, started, given another address, or closed.

use core::fmt;

use phalanx_core::port::PortError;

#[cfg(feature = "std")]
use super::descriptors::DescriptorError;
#[cfg(feature = "std")]
use super::pcap::PcapError;
#[cfg(feature = "std")]
use super::pci::PciPortError;

/// Why a port was not configured, started, given another address, or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetUpError {
    /// The port refused it: it is another process's, or in use, or cannot be so.
    Port(PortError),
    /// What the kernel has to give for it was not had.
    #[cfg(feature = "std")]
    Descriptor(DescriptorError),
    /// Its PCI device would not.
    #[cfg(feature = "std")]
    Pci(PciPortError),
    /// Its capture files are none.
    #[cfg(feature = "std")]
    Files {
        /// The port.
        port: phalanx_core::name::Name,
        /// What is wrong with them.
        error: PcapError,
    },
}

impl fmt::Display for SetUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Descriptor(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Pci(error) => error.fmt(f),
            #[cfg(feature = "std")]
            Self::Files { port, error } => write!(f, "the port {port} cannot run: {error}"),
        }
    }
}

impl core::error::Error for SetUpError {}

impl From<PortError> for SetUpError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

#[cfg(feature = "std")]
impl From<PciPortError> for SetUpError {
    fn from(error: PciPortError) -> Self {
        Self::Pci(error)
    }
}

#[cfg(feature = "std")]
impl From<DescriptorError> for SetUpError {
    fn from(error: DescriptorError) -> Self {
        match error {
            DescriptorError::Port(error) => Self::Port(error),
            other => Self::Descriptor(other),
        }
    }
}
