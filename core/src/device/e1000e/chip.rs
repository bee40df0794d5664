//! `Chip`: which of the two it is, and in what they differ.

use core::fmt;

use super::error::E1000eError;
use crate::port::Port;

/// The word of a port in which its chip stands.
pub(super) const CHIP_WORD: usize = 0;

/// Intel, as a PCI vendor.
const INTEL: u16 = 0x8086;

/// Which chip a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Chip {
    /// PCI, one queue each way.
    I82540em = 0x100e,
    /// PCI Express, two queues each way.
    I82574l = 0x10d3,
}

impl Chip {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::I82540em, Self::I82574l];

    /// The chip with these PCI ids.
    ///
    /// # Errors
    /// [`E1000eError::Unknown`].
    ///
    /// ```
    /// use phalanx_core::device::e1000e::Chip;
    /// assert_eq!(Chip::of_ids(0x8086, 0x10d3)?, Chip::I82574l);
    /// # Ok::<(), phalanx_core::device::e1000e::E1000eError>(())
    /// ```
    pub fn of_ids(vendor: u16, device: u16) -> Result<Self, E1000eError> {
        let known = Self::ALL.into_iter().find(|chip| *chip as u16 == device);
        known.filter(|_| vendor == INTEL).ok_or(E1000eError::Unknown { vendor, device })
    }

    /// What its owner has written down of a port.
    ///
    /// # Errors
    /// [`E1000eError::NotSetUp`], if nobody has.
    pub fn of_port(port: &Port) -> Result<Self, E1000eError> {
        let word = port.driver_word(CHIP_WORD);
        let known = Self::ALL.into_iter().find(|chip| *chip as u64 == word);
        known.ok_or(E1000eError::NotSetUp { port: port.name() })
    }

    /// How many queues it has, each way.
    pub const fn queues(self) -> u16 {
        match self {
            Self::I82540em => 1,
            Self::I82574l => 2,
        }
    }

    /// The longest payload that it takes in bytes.
    pub const fn mtu_max(self) -> u32 {
        match self {
            Self::I82540em => 16_110 - 18,
            Self::I82574l => 9_234 - 18,
        }
    }

    /// Where in the EEPROM register a word's number stands, and the bit that says that it was read.
    pub(super) const fn eeprom(self) -> (u32, u32) {
        match self {
            Self::I82540em => (8, 1 << 4),
            Self::I82574l => (2, 1 << 1),
        }
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::I82540em => "82540EM",
            Self::I82574l => "82574L",
        })
    }
}
