//! Giving devices to drivers, and taking them away.
//!
//! What is refused is refused before anything is written. Then the kernel is asked in three steps:
//! the old driver lets go, `driver_override` names the new one and the new one is told to take the
//! device; at last the name is wiped, so that the next driver is free to come. If the new driver does
//! not want the device, the old one gets it back. Only a driver for user space is named so: another
//! would take a device that it was not made for, and write to it as if it were.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use rustix::io::Errno;

use super::bind_error::{BindError, Step};
use super::in_use::in_use;
use super::{PciAddress, PciDevice};
use crate::kernel_files::KernelFiles;

/// The drivers that hand a device to user space.
pub const USER_SPACE_DRIVERS: [&str; 3] = ["vfio-pci", "uio_pci_generic", "igb_uio"];

/// What became of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The device.
    pub address: PciAddress,
    /// The driver that it had.
    pub before: Option<String>,
    /// The driver that it has.
    pub after: Option<String>,
}

/// Whether `driver` hands devices to user space.
pub fn is_user_space(driver: &str) -> bool {
    USER_SPACE_DRIVERS.contains(&driver)
}

/// Looks whether the device may be given to `driver`, or with `None` to nobody. Nothing is changed.
///
/// # Errors
/// [`BindError`].
pub fn check(
    kernel: &KernelFiles,
    address: PciAddress,
    driver: Option<&str>,
) -> Result<PciDevice, BindError> {
    if let Some(driver) = driver {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_fit = !driver.is_empty() && !driver.starts_with('.') && driver.bytes().all(is_name);
        if !is_fit || !kernel.sys(&format!("bus/pci/drivers/{driver}")).is_dir() {
            return Err(BindError::NoDriver { driver: driver.to_owned() });
        }
    }
    let device = PciDevice::read(kernel, address)?;
    if device.driver.as_deref() == driver {
        return Ok(device);
    }
    if device.class.is_bridge() {
        return Err(BindError::Bridge { address });
    }
    match in_use(kernel, &device)? {
        Some(by) => Err(BindError::InUse { address, by }),
        None => Ok(device),
    }
}

/// Gives the device to `driver`; does nothing if it has it already. Cost: some twenty small files, and
/// whatever the drivers do, which may take a second.
///
/// # Errors
/// [`BindError`]. If the new driver refuses, the old one has been asked to take the device back.
#[doc(alias = "dpdk-devbind")]
pub fn bind(kernel: &KernelFiles, address: PciAddress, driver: &str) -> Result<Change, BindError> {
    let device = check(kernel, address, Some(driver))?;
    let before = device.driver.clone();
    if before.as_deref() == Some(driver) {
        return Ok(Change { address, after: before.clone(), before });
    }
    release(kernel, &device)?;
    let taken = take(kernel, &device, driver);
    let after = PciDevice::read(kernel, address)?.driver;
    if taken.is_ok() && after.as_deref() == Some(driver) {
        return Ok(Change { address, before, after });
    }
    if let (Some(before), None) = (&before, &after) {
        // What it says is of no use beside the first refusal; what is so now, is read below.
        let _ = take(kernel, &device, before);
    }
    Err(BindError::Refused {
        address,
        driver: driver.to_owned(),
        step: Step::Take,
        errno: taken.err().unwrap_or(Errno::NODEV),
        has_iommu: device.iommu_group.is_some(),
        left_with: PciDevice::read(kernel, address)?.driver,
    })
}

/// Takes the device away from its driver; does nothing if it has none. Cost: as [`bind`].
///
/// # Errors
/// [`BindError`].
pub fn unbind(kernel: &KernelFiles, address: PciAddress) -> Result<Change, BindError> {
    let device = check(kernel, address, None)?;
    release(kernel, &device)?;
    Ok(Change { address, before: device.driver, after: PciDevice::read(kernel, address)?.driver })
}

/// The driver lets go.
fn release(kernel: &KernelFiles, device: &PciDevice) -> Result<(), BindError> {
    let Some(driver) = &device.driver else { return Ok(()) };
    let path = kernel.sys(&format!("bus/pci/drivers/{driver}/unbind"));
    write(&path, &device.address.to_string()).map_err(|errno| BindError::Refused {
        address: device.address,
        driver: driver.clone(),
        step: Step::Release,
        errno,
        has_iommu: device.iommu_group.is_some(),
        left_with: Some(driver.clone()),
    })
}

/// `driver` takes the device, which has none.
fn take(kernel: &KernelFiles, device: &PciDevice, driver: &str) -> Result<(), Errno> {
    let only = device.file("driver_override");
    let bind = kernel.sys(&format!("bus/pci/drivers/{driver}/bind"));
    write(&only, if is_user_space(driver) { driver } else { "\n" })?;
    let taken = write(&bind, &device.address.to_string());
    let wiped = write(&only, "\n");
    taken.and(wiped)
}

/// Writes to a file that is there; sysfs takes no notice of the truncation.
fn write(path: &Path, text: &str) -> Result<(), Errno> {
    let opened = OpenOptions::new().write(true).truncate(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))
}
