//! `Control`: the owner's half of either driver.

use std::sync::Arc;

use phalanx_core::device::e1000e::{Chip, E1000e, E1000eError, E1000eSetup};
use phalanx_core::device::virtio_net::{VirtioError, VirtioNet, VirtioRegions, VirtioSetup};
use phalanx_core::device::{Heard, Hearing};
use phalanx_core::mbuf::MbufHome;
use phalanx_core::port::{Link, MacAddress, Port, PortSetup};
use phalanx_core::reach::Reach;

use super::card::Card;
use super::error::PciPortError;
use super::owned::SET_UP_WORD;
use super::part::BarPart;
use super::regions::{Region, Regions};
use crate::device::{Devices, UserDevice};
use crate::pci::PciAddress;

/// The control registers of a device, by whichever driver.
#[derive(Debug)]
pub(super) struct Control {
    address: PciAddress,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    E1000e(E1000e<BarPart, Reach>),
    Virtio(VirtioNet<BarPart, Reach>),
}

/// What a device is, as far as its port's creator must know.
#[derive(Clone, Copy, Debug)]
pub(super) struct CardFacts {
    pub(super) mac: Option<MacAddress>,
    pub(super) queues: u16,
    pub(super) mtu_max: u32,
}

/// The registers of BAR 0.
pub(super) fn e1000e_registers(
    devices: &Devices,
    device: &Arc<dyn UserDevice>,
) -> Result<BarPart, PciPortError> {
    Ok(BarPart::whole(devices.bar(device, 0, 1)?))
}

/// A region of a virtio device.
pub(super) fn region(
    devices: &Devices,
    device: &Arc<dyn UserDevice>,
    Region { bar, at, len }: Region,
) -> Result<BarPart, PciPortError> {
    let mapped = devices.bar(device, bar, u64::from(at) + u64::from(len))?;
    Ok(BarPart::of(mapped, at as usize, len as usize))
}

impl Control {
    /// Has the registers of a device that this process owns. Nothing of it is changed.
    pub(super) fn open(
        devices: &Devices,
        device: &Arc<dyn UserDevice>,
    ) -> Result<Self, PciPortError> {
        let (address, reach) = (device.address(), devices.reach()?);
        let kind = match Card::of(&**device)? {
            Card::E1000e(chip) => {
                let opened = E1000e::open(chip, e1000e_registers(devices, device)?, reach);
                Kind::E1000e(
                    opened.map_err(|error| PciPortError::E1000e { device: address, error })?,
                )
            }
            Card::Virtio => {
                let regions = Regions::of(&**device)?;
                let regions = VirtioRegions {
                    common: region(devices, device, regions.common)?,
                    notify: region(devices, device, regions.notify)?,
                    notify_multiplier: regions.notify_multiplier,
                    device: region(devices, device, regions.device)?,
                    interrupt: region(devices, device, regions.interrupt)?,
                };
                let opened = VirtioNet::open(regions, reach);
                Kind::Virtio(
                    opened.map_err(|error| PciPortError::Virtio { device: address, error })?,
                )
            }
        };
        Ok(Self { address, kind })
    }

    fn e1000e(&self, error: E1000eError) -> PciPortError {
        PciPortError::E1000e { device: self.address, error }
    }

    fn virtio(&self, error: VirtioError) -> PciPortError {
        PciPortError::Virtio { device: self.address, error }
    }

    pub(super) fn facts(&self) -> CardFacts {
        // One that has no address is given one made of its port's id.
        match &self.kind {
            Kind::E1000e(it) => CardFacts {
                mac: it.mac().ok(),
                queues: it.chip().queues(),
                mtu_max: it.chip().mtu_max(),
            },
            Kind::Virtio(it) => {
                CardFacts { mac: it.mac().ok(), queues: it.queues_max(), mtu_max: it.mtu_max() }
            }
        }
    }

    /// Refuses what the device cannot be given, before the port is changed.
    pub(super) fn check(&self, port: &Port, setup: &PortSetup) -> Result<(), PciPortError> {
        let (asked, max) = (setup.mtu.unwrap_or(port.facts().mtu), self.facts().mtu_max);
        match &self.kind {
            Kind::E1000e(it) if asked > max => {
                Err(self.e1000e(E1000eError::Mtu { asked, chip: it.chip() }))
            }
            Kind::Virtio(_) if asked > max => Err(self.virtio(VirtioError::Mtu { asked, max })),
            Kind::Virtio(it) if setup.rx_queues != setup.tx_queues => {
                let (rx, tx, max) = (setup.rx_queues, setup.tx_queues, it.queues_max());
                Err(self.virtio(VirtioError::Queues { rx, tx, max }))
            }
            _ => Ok(()),
        }
    }

    /// Has nobody open a queue of `port` until its device is set up again.
    pub(super) fn refuse_queues(&self, port: &Port) -> Result<(), PciPortError> {
        port.set_driver_word(SET_UP_WORD, 0).map_err(|error| match &self.kind {
            Kind::E1000e(_) => self.e1000e(error.into()),
            Kind::Virtio(_) => self.virtio(error.into()),
        })
    }

    /// Resets the device and gives it the port's queues, as many descriptors each as the port's arguments say.
    pub(super) fn set_up(
        &self,
        port: &Port,
        home: Option<&MbufHome<'_>>,
    ) -> Result<(), PciPortError> {
        let args = port.args();
        let size = |key| args.value(key).and_then(|text| text.parse().ok());
        let (rx, tx) = (size("rx_size"), size("tx_size"));
        match &self.kind {
            Kind::E1000e(it) => {
                let usual = E1000eSetup::default();
                let setup = E1000eSetup {
                    rx_size: rx.unwrap_or(usual.rx_size),
                    tx_size: tx.unwrap_or(usual.tx_size),
                };
                it.setup(port, &setup, home).map_err(|error| self.e1000e(error))
            }
            Kind::Virtio(it) => {
                let usual = VirtioSetup::default();
                let setup = VirtioSetup {
                    rx_size: rx.unwrap_or(usual.rx_size),
                    tx_size: tx.unwrap_or(usual.tx_size),
                };
                it.setup(port, &setup, home).map_err(|error| self.virtio(error))
            }
        }
    }

    /// Whether the device has the port's queues still.
    pub(super) fn is_set_up(&self, port: &Port) -> bool {
        match &self.kind {
            Kind::E1000e(it) => it.is_set_up(port) == Ok(true),
            Kind::Virtio(it) => it.is_set_up(port) == Ok(true),
        }
    }

    /// Lets the device, which is set up, receive and send.
    pub(super) fn start(&self, port: &Port) -> Result<(), PciPortError> {
        match &self.kind {
            Kind::E1000e(it) => {
                Chip::of_port(port).map_err(|error| self.e1000e(error))?;
                it.start();
                Ok(())
            }
            Kind::Virtio(it) => it.start(port).map_err(|error| self.virtio(error)),
        }
    }

    /// Has the device receive no more. A virtio device cannot be told: it fills what it has.
    pub(super) fn stop(&self) {
        if let Kind::E1000e(it) = &self.kind {
            it.stop();
        }
    }

    /// Stops the device for good; all that lay with it goes back. `keep_off` keeps it from memory, once nobody has a
    /// queue, and says whether that is so.
    pub(super) fn shut_down(
        &self,
        port: &Port,
        home: Option<&MbufHome<'_>>,
        keep_off: impl FnOnce() -> bool,
    ) -> Result<(), PciPortError> {
        match &self.kind {
            Kind::E1000e(it) => {
                let done = it.shut_down_kept_off(port, home, keep_off);
                done.map_err(|error| self.e1000e(error))
            }
            Kind::Virtio(it) => {
                let done = it.shut_down_kept_off(port, home, keep_off);
                done.map_err(|error| self.virtio(error))
            }
        }
    }

    pub(super) fn set_mac(&self, mac: MacAddress) -> Result<(), PciPortError> {
        match &self.kind {
            Kind::E1000e(it) => {
                it.set_mac(mac);
                Ok(())
            }
            Kind::Virtio(_) => Err(self.virtio(VirtioError::NoControl)),
        }
    }

    pub(super) fn link(&self) -> Link {
        match &self.kind {
            Kind::E1000e(it) => it.link(),
            Kind::Virtio(it) => it.link(),
        }
    }

    /// Whether the device has failed, and is to be set up anew. An e1000e does not say.
    pub(super) fn has_failed(&self, port: &Port) -> bool {
        match &self.kind {
            Kind::E1000e(_) => false,
            Kind::Virtio(it) => it.has_failed(port),
        }
    }

    /// Counts for `port` what the device had no room for, and what came damaged, since this was called last. A virtio
    /// device does not say.
    pub(super) fn take_counts(&self, port: &Port) {
        if let Kind::E1000e(it) = &self.kind {
            let counts = it.take_counts();
            port.count_missed(counts.missed);
            port.count_damaged(counts.errors);
        }
    }

    /// Has it interrupt when its link changes, and Rx queues that are armed; nobody, with `None`.
    pub(super) fn hear_by(
        &self,
        port: &Port,
        hearing: Option<Hearing>,
    ) -> Result<(), PciPortError> {
        match &self.kind {
            Kind::E1000e(it) => it.hear_by(port, hearing).map_err(|error| self.e1000e(error)),
            Kind::Virtio(it) => it.hear_by(port, hearing).map_err(|error| self.virtio(error)),
        }
    }

    /// Takes note of an interrupt by what is heard of the device as a whole.
    pub(super) fn acknowledge(&self) -> Heard {
        match &self.kind {
            Kind::E1000e(it) => it.acknowledge(),
            Kind::Virtio(it) => it.acknowledge(),
        }
    }
}
