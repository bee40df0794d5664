//! Which driver takes a PCI device, by its ids.

use phalanx_core::device::e1000e::Chip;
use phalanx_core::port::DriverKind;

use super::error::PciPortError;
use crate::device::UserDevice;

/// A modern virtio network card.
const VIRTIO: (u16, u16) = (0x1af4, 0x1041);

/// A device that there is a driver for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    E1000e(Chip),
    Virtio,
}

impl Card {
    /// The device with these ids; `None` if no driver here takes it.
    pub(super) fn of_ids(vendor: u16, device: u16) -> Option<Self> {
        match (vendor, device) {
            VIRTIO => Some(Self::Virtio),
            _ => Chip::of_ids(vendor, device).ok().map(Self::E1000e),
        }
    }

    /// What `device` says that it is. A system call.
    pub(super) fn of(device: &dyn UserDevice) -> Result<Self, PciPortError> {
        let mut bytes = [0; 4];
        device.read_config(0, &mut bytes)?;
        let [a, b, c, d] = bytes;
        let (vendor, id) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let unknown = PciPortError::Unknown { device: device.address(), vendor, id };
        Self::of_ids(vendor, id).ok_or(unknown)
    }

    /// Its driver.
    pub(super) const fn driver(self) -> DriverKind {
        match self {
            Self::E1000e(_) => DriverKind::E1000e,
            Self::Virtio => DriverKind::VirtioNet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_devices_have_drivers_and_no_other() {
        assert_eq!(Card::of_ids(0x8086, 0x10d3), Some(Card::E1000e(Chip::I82574l)));
        assert_eq!(Card::of_ids(0x8086, 0x100e), Some(Card::E1000e(Chip::I82540em)));
        assert_eq!(Card::of_ids(0x1af4, 0x1041).map(Card::driver), Some(DriverKind::VirtioNet));
        for (vendor, device) in [(0x1af4, 0x1000), (0x8086, 0x1041), (0x1af4, 0x10d3), (0, 0)] {
            assert_eq!(Card::of_ids(vendor, device), None);
        }
    }
}
