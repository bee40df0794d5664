//! `DeviceError`: why the ports of devices were not made.

use core::fmt;

use phalanx_core::memzone::ZoneError;
use phalanx_core::name::Name;
use phalanx_core::port::{PortError, Somebody};

use super::device::Named;
use crate::eal::options::PciAddress;
use crate::port::descriptors::DescriptorError;
use crate::port::devices::Listing;
use crate::port::pcap::PcapError;
use crate::port::pci::PciPortError;

/// Why the ports of devices were not made. None of them was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// A port was not made, found or joined.
    Port {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: PortError,
    },
    /// The files of a net_pcap port are none.
    Pcap {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: PcapError,
    },
    /// The group has a port of that name, and with other arguments.
    Differs {
        /// The port.
        name: Name,
        /// The arguments on this process's command line.
        given: String,
        /// Those that it has.
        found: String,
        /// Who owns it.
        owner: Somebody,
    },
    /// The port that another is to be joined with is not there.
    NoPeer {
        /// The port that names it.
        name: String,
        /// The port that it names.
        peer: String,
    },
    /// This process does with a device of the machine what the group does not.
    Listing {
        /// The device.
        device: PciAddress,
        /// What this process's command line says.
        listing: Listing,
        /// What the group's says; `None` if it does not name the device.
        group_says: Option<Listing>,
    },
    /// The interface that a port stands for is not to be had.
    Interface {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: DescriptorError,
    },
    /// The PCI device of a port is not to be had.
    Pci {
        /// The device, as it was named.
        device: String,
        /// Why.
        error: PciPortError,
    },
    /// The devices of the machine could not be written down.
    List(ZoneError),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { device, error } => write!(f, "{}: {error}", Named(device)),
            Self::Pcap { device, error } => write!(f, "{}: {error}", Named(device)),
            Self::Differs { name, given, found, owner } => write!(
                f,
                "{} was given with {} and the group's port of that name, owned by {owner}, has {}; leave \
                 the option out, for ports are learned from the group, or give the same",
                Named(name.as_str()),
                Shown(given),
                Shown(found)
            ),
            Self::NoPeer { name, peer } => write!(
                f,
                "--vdev {name} was to be joined with {peer} and there is no such port; give --vdev {peer} too"
            ),
            Self::Listing { device, listing, group_says } => {
                let (option, other) = match listing {
                    Listing::Allowed => ("-a", "leaves it alone (-b)"),
                    Listing::Blocked => ("-b", "uses it (-a)"),
                };
                let group = match group_says {
                    Some(_) => other,
                    None => "was started without it",
                };
                write!(
                    f,
                    "{option} {device} was given and the group {group}; leave the option out, for devices are learned \
                     from the group"
                )
            }
            Self::Interface { device, error } => write!(f, "{}: {error}", Named(device)),
            Self::Pci { device, error } => write!(f, "{}: {error}", Named(device)),
            Self::List(error) => error.fmt(f),
        }
    }
}

/// Arguments, or that there are none.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no arguments");
        }
        // The group's are words that any of its processes may have written.
        let plain = self.0.chars().map(|it| if it.is_control() { '?' } else { it });
        write!(f, "'{}'", plain.collect::<String>())
    }
}

impl core::error::Error for DeviceError {}
