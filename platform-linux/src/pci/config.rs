//! A device's configuration space, through its file in sysfs.
//!
//! The kernel shows root all of it, and others its first 64 bytes. Who drives a device through VFIO
//! has VFIO's own view of it, and does not come here.

use core::fmt;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use rustix::io::Errno;

use super::capability::CONFIG_MAX;
use super::{PciAddress, PciDevice};
use crate::sys::errno::Named;

/// The command register.
const COMMAND: u64 = 0x04;
/// The device may read and write memory by itself.
pub const BUS_MASTER: u16 = 1 << 2;
/// The device answers at its BARs of memory.
pub const MEMORY_SPACE: u16 = 1 << 1;
/// The device may not use its interrupt line.
pub const INTX_DISABLE: u16 = 1 << 10;

/// A configuration space, open.
#[derive(Debug)]
pub struct ConfigFile {
    file: File,
    address: PciAddress,
}

/// Why a configuration space could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The device.
    pub address: PciAddress,
    /// The kernel's answer.
    pub errno: Errno,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, errno } = self;
        write!(f, "the configuration of PCI device {address} cannot be used: {}; ", Named(*errno))?;
        f.write_str(match *errno {
            Errno::ACCESS | Errno::PERM => "ask as root",
            _ => "see whether the device is still there",
        })
    }
}

impl core::error::Error for ConfigError {}

impl ConfigFile {
    /// Opens it to look at.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn open(device: &PciDevice) -> Result<Self, ConfigError> {
        Self::open_with(device, OpenOptions::new().read(true))
    }

    /// Opens it to change, too; that takes root.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn open_to_change(device: &PciDevice) -> Result<Self, ConfigError> {
        Self::open_with(device, OpenOptions::new().read(true).write(true))
    }

    fn open_with(device: &PciDevice, options: &OpenOptions) -> Result<Self, ConfigError> {
        let address = device.address;
        let file = options.open(device.file("config"));
        Ok(Self { file: file.map_err(|error| refused(address, &error))?, address })
    }

    /// Every byte that this process may read: 64, 256 or 4096. Cost: two system calls or three.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn snapshot(&self) -> Result<Vec<u8>, ConfigError> {
        let mut bytes = vec![0; CONFIG_MAX];
        let mut len = 0;
        while let Some(rest) = bytes.get_mut(len..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, len as u64) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) => return Err(self.refused(&error)),
            }
        }
        bytes.truncate(len);
        Ok(bytes)
    }

    /// The command register.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn command(&self) -> Result<u16, ConfigError> {
        let mut bytes = [0; 2];
        self.file.read_exact_at(&mut bytes, COMMAND).map_err(|error| self.refused(&error))?;
        Ok(u16::from_le_bytes(bytes))
    }

    /// Changes the bits of `mask` in the command register to those of `bits`; says what it was. Whoever
    /// else writes the register at the same time may be undone: it is the owner's.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn change_command(&self, mask: u16, bits: u16) -> Result<u16, ConfigError> {
        let before = self.command()?;
        let after = (before & !mask) | (bits & mask);
        if after != before {
            let written = self.file.write_all_at(&after.to_le_bytes(), COMMAND);
            written.map_err(|error| self.refused(&error))?;
        }
        Ok(before)
    }

    fn refused(&self, error: &std::io::Error) -> ConfigError {
        refused(self.address, error)
    }
}

fn refused(address: PciAddress, error: &std::io::Error) -> ConfigError {
    let errno = error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error);
    ConfigError { address, errno }
}
