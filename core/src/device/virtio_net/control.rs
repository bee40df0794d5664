//! `VirtioNet`: what the owner does with the device as a whole.

use core::fmt;

use super::error::VirtioError;
use super::registers::{self as reg, features, status};
use crate::device::{Dma, Registers};
use crate::port::{Duplex, Link, LinkState, MacAddress};
use crate::sync::relax;

/// How often a bit is looked at before it is given up: 100 ms and more, for a look costs a microsecond.
pub(super) const LOOKS: u32 = 100_000;

/// The longest payload, where the device says none.
const MTU_MAX: u32 = 9216;

/// The most queues each way whose numbers, and that of the control queue, are numbers.
const PAIRS_MAX: u16 = 0x7fff;

/// The regions that a device's capabilities name, each as registers of their own. A platform parses them.
#[derive(Clone, Copy, Debug)]
pub struct VirtioRegions<R> {
    /// What all devices have.
    pub common: R,
    /// Where the device is told of queues.
    pub notify: R,
    /// Bytes from a queue's place in there to the next one's.
    pub notify_multiplier: u32,
    /// What the device of this kind has.
    pub device: R,
    /// Why it interrupts, where its interrupts are a line.
    pub interrupt: R,
}

/// The control registers of a device. Its port's owner has it, and nobody else.
pub struct VirtioNet<R, D> {
    pub(super) regions: VirtioRegions<R>,
    pub(super) dma: D,
}

impl<R, D> fmt::Debug for VirtioNet<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VirtioNet")
    }
}

impl<R: Registers, D: Dma> VirtioNet<R, D> {
    /// The device behind these regions. Nothing of it is changed. The platform has let it master the bus.
    ///
    /// # Errors
    /// [`VirtioError::Region`], [`VirtioError::Absent`].
    pub fn open(regions: VirtioRegions<R>, dma: D) -> Result<Self, VirtioError> {
        let needed = [
            ("common", regions.common.len(), reg::COMMON_BYTES),
            ("notify", regions.notify.len(), 2),
            ("device", regions.device.len(), reg::DEVICE_BYTES),
            ("interrupt", regions.interrupt.len(), 1),
        ];
        for (which, found, needed) in needed {
            if found < needed {
                return Err(VirtioError::Region { which, found, needed });
            }
        }
        let it = Self { regions, dma };
        if it.status() == u8::MAX { Err(VirtioError::Absent) } else { Ok(it) }
    }

    /// Stops the device and has it be as after power-on: it reads and writes no memory any more. What lay
    /// with it lies in its queues still.
    ///
    /// # Errors
    /// [`VirtioError::Stuck`], [`VirtioError::Absent`]. Looks at a register 100,000 times at most.
    pub fn reset(&self) -> Result<(), VirtioError> {
        self.set_status(0);
        for _ in 0..LOOKS {
            match self.status() {
                0 => return Ok(()),
                u8::MAX => return Err(VirtioError::Absent),
                _ => relax(),
            }
        }
        Err(VirtioError::Stuck)
    }

    /// Agrees on features with a device that was reset. Returns these.
    pub(super) fn negotiate(&self) -> Result<u64, VirtioError> {
        self.set_status(status::ACKNOWLEDGE);
        self.set_status(status::ACKNOWLEDGE | status::DRIVER);
        let offered = self.offered();
        if offered & features::VERSION_1 == 0 {
            self.set_status(status::FAILED);
            return Err(VirtioError::Legacy { offered });
        }
        let mut wanted = offered & features::ALL;
        if offered & features::CTRL_VQ == 0 {
            // What is told by the control queue.
            wanted &= !(features::CTRL_RX | features::MQ);
        }
        let common = &self.regions.common;
        for (half, bits) in [(0, wanted as u32), (1, (wanted >> 32) as u32)] {
            common.write32(reg::DRIVER_FEATURE_SELECT, half);
            common.write32(reg::DRIVER_FEATURE, bits);
        }
        let agreed = status::ACKNOWLEDGE | status::DRIVER | status::FEATURES_OK;
        self.set_status(agreed);
        if self.status() != agreed {
            self.set_status(status::FAILED);
            return Err(VirtioError::Features { wanted });
        }
        Ok(wanted)
    }

    pub(super) fn offered(&self) -> u64 {
        let common = &self.regions.common;
        let half = |half| {
            common.write32(reg::DEVICE_FEATURE_SELECT, half);
            u64::from(common.read32(reg::DEVICE_FEATURE))
        };
        half(1) << 32 | half(0)
    }

    /// Whether it offers all of `features`. Changes which features a register shows, and nothing else.
    fn offers(&self, features: u64) -> bool {
        self.offered() & features == features
    }

    /// Its MAC address.
    ///
    /// # Errors
    /// [`VirtioError::NoMac`].
    pub fn mac(&self) -> Result<MacAddress, VirtioError> {
        let device = &self.regions.device;
        let bytes = || core::array::from_fn(|at| device.read8(reg::NET_MAC + at));
        let said = if self.offers(features::MAC) { self.steadily(bytes) } else { None };
        let is_station = |bytes: &[u8; 6]| {
            let [first, ..] = bytes;
            first & 1 == 0 && *bytes != [0; 6]
        };
        said.filter(is_station).map(MacAddress).ok_or(VirtioError::NoMac)
    }

    /// The longest payload that it takes, in bytes.
    pub fn mtu_max(&self) -> u32 {
        let said = || self.regions.device.read16(reg::NET_MTU);
        let said = if self.offers(features::MTU) { self.steadily(said) } else { None };
        said.map_or(MTU_MAX, |mtu| u32::from(mtu).min(MTU_MAX))
    }

    /// How many queues it has, each way. Those behind the first may be there only once it is agreed that there
    /// are several.
    pub fn queues_max(&self) -> u16 {
        let said = || self.regions.device.read16(reg::NET_PAIRS);
        let several = self.offers(features::MQ | features::CTRL_VQ);
        let said = if several { self.steadily(said) } else { None };
        said.map_or(1, |pairs| pairs.clamp(1, PAIRS_MAX))
    }

    /// Its link as it is now. Up, where it cannot say; down, if it [has failed](Self::needs_reset).
    pub fn link(&self) -> Link {
        match self.status() {
            u8::MAX => return Link::GONE,
            it if it & status::NEEDS_RESET != 0 => return Link::DOWN,
            _ => {}
        }
        let is_up = || self.regions.device.read16(reg::NET_STATUS) & reg::NET_STATUS_LINK_UP != 0;
        if self.offers(features::STATUS) && self.steadily(is_up) != Some(true) {
            return Link::DOWN;
        }
        Link { state: LinkState::Up, speed: 0, duplex: Duplex::Full, changes: 0 }
    }

    /// What `read` says of the device's region while that does not change; `None` if it never holds still.
    fn steadily<T>(&self, read: impl Fn() -> T) -> Option<T> {
        let generation = || self.regions.common.read8(reg::GENERATION);
        for _ in 0..16 {
            let (before, value) = (generation(), read());
            if generation() == before {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn status(&self) -> u8 {
        self.regions.common.read8(reg::STATUS)
    }

    pub(super) fn set_status(&self, status: u8) {
        self.regions.common.write8(reg::STATUS, status);
    }
}
