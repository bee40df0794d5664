//! `Opened`: a device that is open before its port is there.

use std::sync::Arc;

use phalanx_core::port::{PortConfig, QUEUES_MAX};

use super::card::Card;
use super::control::Control;
use super::error::PciPortError;
use crate::device::{self, Caution, Devices, OpenError, UserDevice};
use crate::kernel_files::KernelFiles;
use crate::pci::{PciAddress, PciDevice};

/// A device that this process has opened to make a port of it. Let go of, unless the port is made.
#[derive(Debug)]
pub(crate) struct Opened {
    devices: Arc<Devices>,
    address: PciAddress,
    driver: Card,
    node: Option<u32>,
    /// `None` once it is the port's.
    it: Option<(Arc<dyn UserDevice>, Control)>,
}

impl Opened {
    /// Opens the device at `address`, for the driver that takes it. It does no DMA yet. What a user should
    /// know first, `caution` is told.
    ///
    /// # Errors
    /// [`PciPortError`]; nothing is open then.
    pub(crate) fn open(
        address: PciAddress,
        caution: &mut dyn FnMut(Caution),
    ) -> Result<Self, PciPortError> {
        let found = PciDevice::read(&KernelFiles::real(), address)?;
        let (vendor, id) = (found.ids.vendor, found.ids.device);
        let unknown = PciPortError::Unknown { device: address, vendor, id };
        let driver = Card::of_ids(vendor, id).ok_or(unknown)?;
        let devices = device::devices().ok_or(OpenError::NoGroup { device: address })?;
        let device = devices.open(address, caution)?;
        let mut this = Self { devices, address, driver, node: found.node, it: None };
        match Control::open(&this.devices, &device) {
            Ok(control) => {
                this.it = Some((device, control));
                Ok(this)
            }
            Err(why) => {
                this.devices.close(address);
                Err(why)
            }
        }
    }

    /// What its port is to be.
    pub(crate) fn config<'a>(&self, args: &'a str) -> PortConfig<'a> {
        let usual = PortConfig { args, node: self.node, ..PortConfig::new(self.driver.driver()) };
        let Some((_, control)) = &self.it else { return usual };
        let facts = control.facts();
        // A device may have more than any port.
        let queues = facts.queues.min(QUEUES_MAX as u16);
        PortConfig {
            mac: facts.mac,
            rx_max: queues,
            tx_max: queues,
            mtu: usual.mtu.min(facts.mtu_max),
            ..usual
        }
    }

    /// It is its port's.
    pub(super) fn take(&mut self) -> Option<(Arc<dyn UserDevice>, Control)> {
        self.it.take()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.it.take().is_some() {
            self.devices.close(self.address);
        }
    }
}
