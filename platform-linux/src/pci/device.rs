//! What the kernel says of one device.

use core::fmt;
use std::path::{Path, PathBuf};

use super::PciAddress;
use super::bar::{BAR_MAX, Bar, read_bars};
use crate::kernel_files::{KernelFileError, KernelFiles, entries, read_text};

/// A device, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias = "rte_pci_device")]
pub struct PciDevice {
    /// Where it is.
    pub address: PciAddress,
    /// Who made it, and what it is.
    pub ids: Ids,
    /// What kind of device it is.
    pub class: Class,
    /// Its memory, by index; `None` for those that it does not have.
    pub bars: [Option<Bar>; BAR_MAX],
    /// The NUMA node it is near; `None` if the machine does not say.
    pub node: Option<u32>,
    /// The number of its IOMMU group; `None` without an IOMMU.
    pub iommu_group: Option<u32>,
    /// The driver that has it.
    pub driver: Option<String>,
    /// The only driver that may have it, if one was named.
    pub driver_override: Option<String>,
    /// Network interfaces that its driver has made of it, by name.
    pub interfaces: Vec<String>,
    dir: PathBuf,
}

/// Numbers of makers and devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "rte_pci_id")]
pub struct Ids {
    /// The maker of the chip.
    pub vendor: u16,
    /// The chip.
    pub device: u16,
    /// The maker of the card.
    pub subsystem_vendor: u16,
    /// The card.
    pub subsystem_device: u16,
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.device)
    }
}

/// What kind of device it is: class, subclass and programming interface, a byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Class(pub u32);

impl Class {
    /// The first byte: 2 for what joins networks.
    pub const fn base(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Class and subclass.
    pub const fn sub(self) -> u16 {
        (self.0 >> 8) as u16
    }

    /// Whether it joins networks.
    pub const fn is_network(self) -> bool {
        self.base() == 0x02
    }

    /// Whether it joins buses, and so is nobody's to take away.
    pub const fn is_bridge(self) -> bool {
        self.base() == 0x06
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

/// Why a device could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PciReadError {
    /// There is none at that place.
    NoDevice(PciAddress),
    /// A file of it does not say what it should.
    File(KernelFileError),
}

impl fmt::Display for PciReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDevice(address) => {
                write!(f, "there is no PCI device {address}; see `phalanx devices`")
            }
            Self::File(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PciReadError {}

impl From<KernelFileError> for PciReadError {
    fn from(error: KernelFileError) -> Self {
        Self::File(error)
    }
}

impl PciDevice {
    /// Looks at the device at `address`. Cost: some ten small files.
    ///
    /// # Errors
    /// [`PciReadError`].
    pub fn read(kernel: &KernelFiles, address: PciAddress) -> Result<Self, PciReadError> {
        let dir = kernel.sys(&format!("bus/pci/devices/{address}"));
        if !dir.is_dir() {
            return Err(PciReadError::NoDevice(address));
        }
        let id = |name: &str| match hexadecimal(&dir.join(name)) {
            Ok(value) => Ok(value as u16),
            Err(error) => Err(PciReadError::File(error)),
        };
        let resource = dir.join("resource");
        Ok(Self {
            address,
            ids: Ids {
                vendor: id("vendor")?,
                device: id("device")?,
                subsystem_vendor: id("subsystem_vendor")?,
                subsystem_device: id("subsystem_device")?,
            },
            class: Class(hexadecimal(&dir.join("class"))? & 0xff_ffff),
            bars: read_bars(&resource, &read_text(&resource)?)?,
            node: node(&dir)?,
            iommu_group: target(&dir.join("iommu_group")).and_then(|name| name.parse().ok()),
            driver: target(&dir.join("driver")),
            driver_override: driver_override(&dir)?,
            interfaces: interfaces(&dir),
            dir,
        })
    }

    /// A file of the device's directory in sysfs, e.g. `resource0`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// A number written as `0x8086`.
fn hexadecimal(path: &Path) -> Result<u32, KernelFileError> {
    let text = read_text(path)?;
    let digits = text.trim().strip_prefix("0x");
    let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    value.ok_or_else(|| KernelFileError::not_understood(path, &text))
}

/// The node; a kernel without NUMA has no such file, and one that does not know says -1.
fn node(dir: &Path) -> Result<Option<u32>, KernelFileError> {
    let path = dir.join("numa_node");
    let text = match read_text(&path) {
        Err(error) if error.is_absent() => return Ok(None),
        result => result?,
    };
    let number: i64 =
        text.trim().parse().map_err(|_| KernelFileError::not_understood(&path, &text))?;
    Ok(u32::try_from(number).ok())
}

/// The driver named by `driver_override`, which says `(null)` for none.
fn driver_override(dir: &Path) -> Result<Option<String>, KernelFileError> {
    let text = match read_text(&dir.join("driver_override")) {
        Err(error) if error.is_absent() => return Ok(None),
        result => result?,
    };
    let name = text.trim();
    Ok((!name.is_empty() && name != "(null)").then(|| name.to_owned()))
}

/// The last name of where a link leads.
fn target(link: &Path) -> Option<String> {
    let leads = std::fs::read_link(link).ok()?;
    leads.file_name()?.to_str().map(str::to_owned)
}

/// Interfaces stand in the device's `net`, or in that of a virtio device on it.
fn interfaces(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        interface_dirs(dir).iter().flat_map(|dir| names_in(dir, "")).collect();
    names.sort();
    names
}

fn interface_dirs(dir: &Path) -> Vec<PathBuf> {
    let of_virtio = names_in(dir, "virtio").into_iter().map(|virtio| dir.join(virtio).join("net"));
    core::iter::once(dir.join("net")).chain(of_virtio).collect()
}

fn names_in(dir: &Path, start: &str) -> Vec<String> {
    entries(dir, start, |rest| Some(format!("{start}{rest}"))).unwrap_or_default()
}

/// Whether a device at `dir` has interfaces that sysfs does not show here: another network namespace's.
pub(super) fn has_hidden_interfaces(dir: &Path) -> bool {
    interface_dirs(dir).iter().any(|dir| dir.is_dir() && names_in(dir, "").is_empty())
}
