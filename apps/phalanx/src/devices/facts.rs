//! What there is to say of each device.

use phalanx_linux::kernel_files::KernelFiles;
use phalanx_linux::pci::{
    BarKind, CapabilityFault, ConfigFile, PciDevice, USER_SPACE_DRIVERS, capabilities,
    extended_capabilities, in_use, is_user_space, scan,
};
use serde::Serialize;

use super::names::Names;
use crate::Failure;

/// All devices, and the drivers that could hand them to user space.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Those of the kernel's drivers for user space that are loaded.
    pub user_space_drivers: Vec<&'static str>,
    pub devices: Vec<Device>,
}

/// A device.
#[derive(Debug, Serialize)]
pub(super) struct Device {
    pub address: String,
    pub vendor: String,
    pub device: String,
    pub class: String,
    /// What its maker calls it, if the machine has a list of names.
    pub name: Option<String>,
    pub kind: Kind,
    pub driver: Option<String>,
    pub driver_override: Option<String>,
    pub interfaces: Vec<String>,
    /// What it is used for.
    pub in_use: Option<String>,
    /// The NUMA node it is near.
    pub node: Option<u32>,
    pub iommu_group: Option<u32>,
    pub bars: Vec<Bar>,
    /// The numbers of its capabilities; of the extended ones only for root.
    pub capabilities: Vec<u16>,
    pub extended_capabilities: Vec<u16>,
    /// What is wrong with the device or its list of capabilities.
    pub fault: Option<String>,
}

/// Where a device stands among the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Network,
    Storage,
    Bridge,
    Other,
}

/// A piece of a device's memory.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    pub index: u8,
    pub address: String,
    pub len: u64,
    pub kind: &'static str,
}

impl Device {
    /// Whether its driver hands it to user space.
    pub(super) fn is_user_space(&self) -> bool {
        self.driver.as_deref().is_some_and(is_user_space)
    }
}

/// Looks at every device.
pub(super) fn gather(kernel: &KernelFiles) -> Result<Report, Failure> {
    let devices = scan(kernel)?;
    let names = Names::read(&devices);
    let is_loaded = |name: &&str| kernel.sys(&format!("bus/pci/drivers/{name}")).is_dir();
    Ok(Report {
        user_space_drivers: USER_SPACE_DRIVERS.into_iter().filter(is_loaded).collect(),
        devices: devices
            .iter()
            .map(|device| of(kernel, &names, device))
            .collect::<Result<_, Failure>>()?,
    })
}

fn of(kernel: &KernelFiles, names: &Names, device: &PciDevice) -> Result<Device, Failure> {
    let (plain, extended, fault) = listed(device);
    let bars = device.bars.iter().flatten().map(|bar| Bar {
        index: bar.index,
        address: format!("{:#x}", bar.address),
        len: bar.len,
        kind: match bar.kind {
            BarKind::Memory => "memory",
            BarKind::Prefetchable => "prefetchable memory",
            BarKind::Ports => "ports",
        },
    });
    Ok(Device {
        address: device.address.to_string(),
        vendor: format!("{:04x}", device.ids.vendor),
        device: format!("{:04x}", device.ids.device),
        class: device.class.to_string(),
        name: names.of(device.ids),
        kind: match device.class.base() {
            0x01 => Kind::Storage,
            0x02 => Kind::Network,
            0x06 => Kind::Bridge,
            _ => Kind::Other,
        },
        driver: device.driver.clone(),
        driver_override: device.driver_override.clone(),
        interfaces: device.interfaces.clone(),
        in_use: in_use(kernel, device)?.map(|by| by.to_string()),
        node: device.node,
        iommu_group: device.iommu_group,
        bars: bars.collect(),
        capabilities: plain,
        extended_capabilities: extended,
        fault,
    })
}

/// The capabilities, and what is wrong with their list. That another user than root cannot see them is
/// no fault of the device.
fn listed(device: &PciDevice) -> (Vec<u16>, Vec<u16>, Option<String>) {
    let config = match ConfigFile::open(device).and_then(|config| config.snapshot()) {
        Ok(config) => config,
        Err(error) => return (Vec::new(), Vec::new(), Some(error.to_string())),
    };
    let (mut plain, mut extended, mut fault) = (Vec::new(), Vec::new(), None);
    for (walk, ids) in
        [(capabilities(&config), &mut plain), (extended_capabilities(&config), &mut extended)]
    {
        for found in walk {
            match found {
                Ok(capability) => ids.push(capability.id),
                Err(CapabilityFault::Unreadable { .. }) => {}
                Err(error) => fault = fault.or(Some(error.to_string())),
            }
        }
    }
    (plain, extended, fault)
}
