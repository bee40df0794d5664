//! The tables that people read: as those of `dpdk-devbind --status`, one for each way in which network
//! cards are driven, and one for what is not a network card.

use core::fmt;

use super::facts::{Device, Kind, Report};
use crate::table::{Rows, section};

/// The columns.
const HEAD: [&str; 8] = ["address", "ids", "driver", "interface", "node", "iommu", "use", "name"];

/// Which of them are numbers.
const RIGHT: [usize; 2] = [4, 5];

/// All devices.
pub(super) struct Tables<'a> {
    pub report: &'a Report,
    /// Bridges and the like, too.
    pub is_verbose: bool,
}

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { user_space_drivers, devices } = self.report;
        let table = |f: &mut fmt::Formatter<'_>, title, wanted: &dyn Fn(&Device) -> bool| {
            section(
                f,
                title,
                &HEAD,
                &RIGHT,
                devices.iter().filter(|it| wanted(it)).map(row).collect::<Rows>(),
            )
        };
        let is_card = |it: &Device| it.kind == Kind::Network;
        table(f, "network, driven from user space", &|it| is_card(it) && it.is_user_space())?;
        table(f, "network, driven by the kernel", &|it| {
            is_card(it) && !it.is_user_space() && it.driver.is_some()
        })?;
        table(f, "network, without a driver", &|it| is_card(it) && it.driver.is_none())?;
        let is_other = |it: &Device| matches!(it.kind, Kind::Storage | Kind::Other);
        table(f, "others", &is_other)?;
        if self.is_verbose {
            table(f, "bridges", &|it| it.kind == Kind::Bridge)?;
        }
        for device in devices.iter().filter(|device| device.fault.is_some()) {
            writeln!(f, "\n{}: {}", device.address, device.fault.as_deref().unwrap_or_default())?;
        }
        match user_space_drivers.as_slice() {
            [] => writeln!(f, "\nno driver for user space is loaded: `modprobe vfio-pci`"),
            drivers => writeln!(f, "\ndrivers for user space: {}", drivers.join(", ")),
        }
    }
}

fn row(device: &Device) -> Vec<String> {
    let number = |number: Option<u32>| number.map_or("-".to_owned(), |it| it.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or("-".to_owned());
    let interfaces = (!device.interfaces.is_empty()).then(|| device.interfaces.join(","));
    let class = || format!("class {}", device.class);
    vec![
        device.address.clone(),
        format!("{}:{}", device.vendor, device.device),
        text(&device.driver),
        text(&interfaces),
        number(device.node),
        number(device.iommu_group),
        if device.in_use.is_some() { "active" } else { "-" }.to_owned(),
        device.name.clone().unwrap_or_else(class),
    ]
}
