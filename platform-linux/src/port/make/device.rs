//! What names a device of which a port is to be made.

use core::fmt;

use crate::eal::options::{Allowed, Options, PciAddress, Vdev};

/// A device of which a port is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Device<'a> {
    /// A driver's own: `--vdev`.
    Virtual(&'a Vdev),
    /// One of the machine: `-a`.
    Pci(&'a Allowed),
}

impl<'a> Device<'a> {
    /// Those of a command line, in the order of their ports' ids.
    pub(super) fn all_of(options: &'a Options) -> Vec<Self> {
        let machine = options.allow.iter().map(Self::Pci);
        machine.chain(options.vdevs.iter().map(Self::Virtual)).collect()
    }

    /// The name of its port.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Virtual(vdev) => vdev.name().to_owned(),
            Self::Pci(device) => device.address().to_string(),
        }
    }
}

/// A device's name, behind the option that names such.
pub(super) struct Named<'a>(pub(super) &'a str);

impl fmt::Display for Named<'_> {
    /// `--vdev net_null0`, `-a 0000:00:11.0`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_pci = PciAddress::parse(self.0).is_ok();
        write!(f, "{} {}", if is_pci { "-a" } else { "--vdev" }, self.0)
    }
}
