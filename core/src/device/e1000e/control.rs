//! `E1000e`: what the owner does with the device as a whole.

use core::fmt;

use super::chip::Chip;
use super::error::E1000eError;
use super::registers as reg;
use crate::device::{Dma, Registers};
use crate::port::{Duplex, Link, LinkState, MacAddress, Promiscuous};
use crate::sync::relax;

/// How often a bit is looked at before it is given up: 100 ms and more, for a look costs a microsecond.
const LOOKS: u32 = 100_000;

/// The longest payload that needs no word about long frames, in bytes.
const MTU_USUAL: u32 = 1500;

/// The control registers of a device. Its port's owner has it, and nobody else.
pub struct E1000e<R, D> {
    pub(super) chip: Chip,
    pub(super) registers: R,
    pub(super) dma: D,
}

impl<R, D> fmt::Debug for E1000e<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "E1000e({})", self.chip)
    }
}

/// What the device has counted since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct E1000eCounts {
    /// Packets that came and were good, whether there was a descriptor for them or not.
    pub received: u64,
    /// Packets that were sent.
    pub sent: u64,
    /// Packets that came and for which the device had no room.
    #[doc(alias = "imissed")]
    pub missed: u64,
    /// How often there was no descriptor for a packet; it may have waited.
    pub no_buffer: u64,
    /// Packets that came damaged, too short or too long.
    pub errors: u64,
}

impl<R: Registers, D: Dma> E1000e<R, D> {
    /// The device behind BAR 0, `registers`. Nothing of it is changed. The platform has let it master the
    /// bus.
    ///
    /// # Errors
    /// [`E1000eError::Bar`], [`E1000eError::Absent`].
    pub fn open(chip: Chip, registers: R, dma: D) -> Result<Self, E1000eError> {
        let found = registers.len();
        if found < reg::BAR_BYTES {
            return Err(E1000eError::Bar { found, needed: reg::BAR_BYTES });
        }
        let it = Self { chip, registers, dma };
        it.check_there()?;
        Ok(it)
    }

    /// Which chip it is.
    pub fn chip(&self) -> Chip {
        self.chip
    }

    fn check_there(&self) -> Result<(), E1000eError> {
        let is_there = self.registers.read32(reg::STATUS) != u32::MAX;
        if is_there { Ok(()) } else { Err(E1000eError::Absent) }
    }

    /// Stops the device and has it be as after power-on: it reads and writes no memory any more. What lay
    /// with it lies in its queues still.
    ///
    /// # Errors
    /// [`E1000eError::Stuck`], [`E1000eError::Absent`]. Looks at a register 100,000 times at most.
    pub fn reset(&self) -> Result<(), E1000eError> {
        self.check_there()?;
        self.write(reg::IMC, u32::MAX);
        self.write(reg::RCTL, 0);
        self.write(reg::TCTL, 0);
        if self.chip == Chip::I82574l {
            let control = self.read(reg::CTRL);
            self.write(reg::CTRL, control | reg::CTRL_MASTER_DISABLE);
            // What is under way may hang: then the reset ends it.
            let _is_idle = self.becomes(reg::STATUS, reg::STATUS_MASTER, 0);
        }
        let control = self.read(reg::CTRL);
        self.write(reg::CTRL, control | reg::CTRL_RST);
        if !self.becomes(reg::CTRL, reg::CTRL_RST, 0) {
            return Err(E1000eError::Stuck);
        }
        self.check_there()?;
        self.write(reg::IMC, u32::MAX);
        let _causes = self.read(reg::ICR);
        if self.chip == Chip::I82574l {
            let control = self.read(reg::CTRL);
            self.write(reg::CTRL, control & !reg::CTRL_MASTER_DISABLE);
        }
        Ok(())
    }

    /// Lets the device receive and send, and have a link. Claimants post what it receives into.
    pub fn start(&self) {
        let control = self.read(reg::CTRL) & !(reg::CTRL_FORCED | reg::CTRL_VME);
        self.write(reg::CTRL, control | reg::CTRL_SLU | reg::CTRL_ASDE);
        let (receive, send) = (self.read(reg::RCTL), self.read(reg::TCTL));
        self.write(reg::TCTL, send | reg::TCTL_EN);
        self.write(reg::RCTL, receive | reg::RCTL_EN);
    }

    /// Has the device neither receive nor send, until it is started again: its queues stay as they are.
    pub fn stop(&self) {
        let (receive, send) = (self.read(reg::RCTL), self.read(reg::TCTL));
        self.write(reg::RCTL, receive & !reg::RCTL_EN);
        self.write(reg::TCTL, send & !reg::TCTL_EN);
    }

    /// Its MAC address: what its registers say, else its EEPROM.
    ///
    /// # Errors
    /// [`E1000eError::NoMac`].
    pub fn mac(&self) -> Result<MacAddress, E1000eError> {
        let (low, high) = (self.read(reg::RAL), self.read(reg::RAH));
        let [a, b, c, d] = low.to_le_bytes();
        let [e, f, ..] = high.to_le_bytes();
        let said = Some(MacAddress([a, b, c, d, e, f]));
        let said = said.filter(|mac| high & reg::RAH_VALID != 0 && is_station(*mac));
        said.or_else(|| self.mac_in_eeprom()).ok_or(E1000eError::NoMac)
    }

    fn mac_in_eeprom(&self) -> Option<MacAddress> {
        let word = |number: u32| {
            let (shift, done) = self.chip.eeprom();
            self.write(reg::EERD, number << shift | reg::EERD_START);
            let is_read = self.becomes(reg::EERD, done, done);
            is_read.then(|| ((self.read(reg::EERD) >> 16) as u16).to_le_bytes())
        };
        let ([a, b], [c, d], [e, f]) = (word(0)?, word(1)?, word(2)?);
        Some(MacAddress([a, b, c, d, e, f])).filter(|mac| is_station(*mac))
    }

    /// Has it receive what is sent to `mac`.
    pub fn set_mac(&self, mac: MacAddress) {
        let MacAddress([a, b, c, d, e, f]) = mac;
        // Not half of one address and half of another.
        self.write(reg::RAH, 0);
        self.write(reg::RAL, u32::from_le_bytes([a, b, c, d]));
        self.write(reg::RAH, u32::from_le_bytes([e, f, 0, 0]) | reg::RAH_VALID);
    }

    /// Its link as it is now. One register.
    pub fn link(&self) -> Link {
        let status = self.read(reg::STATUS);
        if status == u32::MAX {
            return Link::GONE;
        }
        if status & reg::STATUS_LINK_UP == 0 {
            return Link::DOWN;
        }
        let speed = match status >> 6 & 3 {
            0 => 10,
            1 => 100,
            _ => 1000,
        };
        let is_full = status & reg::STATUS_FULL_DUPLEX != 0;
        let duplex = if is_full { Duplex::Full } else { Duplex::Half };
        Link { state: LinkState::Up, speed, duplex, changes: 0 }
    }

    /// Whether it receives frames for others.
    #[doc(alias = "rte_eth_promiscuous_enable")]
    pub fn set_promiscuous(&self, promiscuous: Promiscuous) {
        let receive = self.read(reg::RCTL) & !reg::RCTL_PROMISCUOUS;
        let bits = match promiscuous {
            Promiscuous::On => reg::RCTL_PROMISCUOUS,
            Promiscuous::Off => 0,
        };
        self.write(reg::RCTL, receive | bits);
    }

    /// The longest payload that it shall take, in bytes.
    ///
    /// # Errors
    /// [`E1000eError::Mtu`]; it is as it was.
    #[doc(alias = "rte_eth_dev_set_mtu")]
    pub fn set_mtu(&self, mtu: u32) -> Result<(), E1000eError> {
        if mtu == 0 || mtu > self.chip.mtu_max() {
            return Err(E1000eError::Mtu { asked: mtu, chip: self.chip });
        }
        let receive = self.read(reg::RCTL) & !reg::RCTL_LONG;
        let bits = if mtu > MTU_USUAL { reg::RCTL_LONG } else { 0 };
        self.write(reg::RCTL, receive | bits);
        Ok(())
    }

    /// What it has counted since this was called last. Eight registers, which are zero after.
    #[doc(alias = "rte_eth_stats_get")]
    pub fn take_counts(&self) -> E1000eCounts {
        // Of one that was pulled, nothing.
        let count = |at| Some(self.read(at)).filter(|it| *it != u32::MAX).map_or(0, u64::from);
        let damaged = [reg::CRC_ERRORS, reg::RX_ERRORS, reg::TOO_SHORT, reg::TOO_LONG];
        E1000eCounts {
            received: count(reg::RX_GOOD),
            sent: count(reg::TX_GOOD),
            missed: count(reg::MISSED),
            no_buffer: count(reg::NO_BUFFER),
            errors: damaged.into_iter().map(count).sum(),
        }
    }

    #[inline]
    pub(super) fn read(&self, at: usize) -> u32 {
        self.registers.read32(at)
    }

    #[inline]
    pub(super) fn write(&self, at: usize, value: u32) {
        self.registers.write32(at, value);
    }

    /// Whether the bits of `mask` become `wanted` in time.
    fn becomes(&self, at: usize, mask: u32, wanted: u32) -> bool {
        for _ in 0..LOOKS {
            if self.read(at) & mask == wanted {
                return true;
            }
            relax();
        }
        false
    }
}

/// Whether it is the address of one station, and not nought.
fn is_station(MacAddress(bytes): MacAddress) -> bool {
    let [first, ..] = bytes;
    first & 1 == 0 && bytes != [0; 6]
}
