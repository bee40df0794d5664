//! Every device of the machine.

use super::{PciAddress, PciDevice, PciReadError};
use crate::kernel_files::{KernelFiles, entries};

/// Looks at every PCI device, by address; a kernel without PCI has none. One that goes away
/// meanwhile is left out. Cost: some ten small files a device.
///
/// # Errors
/// [`PciReadError`].
///
/// ```
/// use phalanx_linux::kernel_files::KernelFiles;
/// let devices = phalanx_linux::pci::scan(&KernelFiles::real())?;
/// assert!(devices.is_sorted_by_key(|device| device.address));
/// # Ok::<(), phalanx_linux::pci::PciReadError>(())
/// ```
#[doc(alias = "rte_pci_scan")]
pub fn scan(kernel: &KernelFiles) -> Result<Vec<PciDevice>, PciReadError> {
    let directory = kernel.sys("bus/pci/devices");
    let mut addresses = match entries(&directory, "", |name| PciAddress::parse(name).ok()) {
        Err(error) if error.is_absent() => return Ok(Vec::new()),
        result => result?,
    };
    addresses.sort_unstable();
    let mut devices = Vec::with_capacity(addresses.len());
    for address in addresses {
        match PciDevice::read(kernel, address) {
            Ok(device) => devices.push(device),
            Err(_) if !directory.join(address.to_string()).exists() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(devices)
}
