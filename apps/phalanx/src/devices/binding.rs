//! Giving devices to drivers. All of them are looked at before the first is touched.

use std::process::ExitCode;

use phalanx_linux::console::say;
use phalanx_linux::eal::options::Shown;
use phalanx_linux::kernel_files::KernelFiles;
use phalanx_linux::pci::{BindError, Change, PciAddress, PciDevice, check, is_user_space, scan};

use super::kernel;
use crate::Failure;
use crate::cli::{BindOptions, UnbindOptions};

/// Runs `bind`.
pub(crate) fn bind(options: &BindOptions) -> Result<ExitCode, Failure> {
    let kernel = kernel(options.sysfs.as_deref());
    let driver = options.driver.as_str();
    let addresses = checked(&kernel, &options.devices, Some(driver))?;
    each(&addresses, |address| phalanx_linux::pci::bind(&kernel, address, driver))?;
    if is_user_space(driver) {
        warn(&kernel, &addresses)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `unbind`.
pub(crate) fn unbind(options: &UnbindOptions) -> Result<ExitCode, Failure> {
    let kernel = kernel(options.sysfs.as_deref());
    let addresses = checked(&kernel, &options.devices, None)?;
    each(&addresses, |address| phalanx_linux::pci::unbind(&kernel, address))?;
    Ok(ExitCode::SUCCESS)
}

/// The devices that were named, by address or by interface, each once.
fn checked(
    kernel: &KernelFiles,
    names: &[String],
    driver: Option<&str>,
) -> Result<Vec<PciAddress>, Failure> {
    let mut addresses = Vec::with_capacity(names.len());
    for name in names {
        let address = named(kernel, name)?;
        if !addresses.contains(&address) {
            check(kernel, address, driver)?;
            addresses.push(address);
        }
    }
    Ok(addresses)
}

fn named(kernel: &KernelFiles, name: &str) -> Result<PciAddress, Failure> {
    let refused = match PciAddress::parse(name) {
        Ok(address) => return Ok(address),
        Err(refused) => refused,
    };
    let devices = scan(kernel)?;
    let device = devices.iter().find(|device| device.interfaces.iter().any(|it| it == name));
    let shown = Shown::<64>::of(name);
    device.map(|device| device.address).ok_or_else(|| {
        Failure::new(format!("'{shown}': {refused}, or an interface that a PCI device has"))
    })
}

/// Changes one after another, and says what has become of each.
fn each(
    addresses: &[PciAddress],
    change: impl Fn(PciAddress) -> Result<Change, BindError>,
) -> Result<(), Failure> {
    for address in addresses {
        let Change { address, before, after } = change(*address)?;
        let driver = |driver: Option<String>| driver.unwrap_or("no driver".to_owned());
        match before == after {
            true => say(format_args!("{address}: {} as before", driver(after)))?,
            false => say(format_args!("{address}: {}, was {}", driver(after), driver(before)))?,
        }
    }
    Ok(())
}

/// What else shares an IOMMU group: VFIO gives the group away only as a whole.
fn warn(kernel: &KernelFiles, addresses: &[PciAddress]) -> Result<(), Failure> {
    let devices = scan(kernel)?;
    let is_ours = |address| addresses.contains(address);
    for device in devices.iter().filter(|device| is_ours(&device.address)) {
        let shares = |other: &&PciDevice| {
            other.iommu_group.is_some()
                && other.iommu_group == device.iommu_group
                && !other.class.is_bridge()
                && other.driver.as_deref().is_some_and(|driver| !is_user_space(driver))
        };
        if let Some(other) = devices.iter().find(shares) {
            say(format_args!(
                "{}: cannot be used before {} is unbound too, which shares its IOMMU group",
                device.address, other.address
            ))?;
        }
    }
    Ok(())
}
