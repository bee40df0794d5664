//! What drivers in user space need: VFIO with an IOMMU, or UIO; and a TAP device.

use super::{Entry, Host};
use crate::kernel_files::entries;

/// A group of devices that VFIO gives away together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VfioGroup {
    /// Its name: a number, or `noiommu-` and one.
    pub name: String,
    /// Its device file.
    pub entry: Entry,
}

/// The machine's doors to devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Devices {
    /// IOMMUs that are on, by name.
    pub iommus: Vec<String>,
    /// How many groups of devices they keep apart.
    pub iommu_groups: usize,
    /// `/dev/vfio/vfio`.
    pub vfio: Option<Entry>,
    /// Groups with a driver of VFIO's.
    pub vfio_groups: Vec<VfioGroup>,
    /// Modules of VFIO and UIO that are there, built in ones included.
    pub modules: Vec<&'static str>,
    /// `/dev/uio0` and so on.
    pub uio: Vec<Entry>,
    /// `/dev/net/tun`.
    pub tun: Option<Entry>,
}

/// Modules that give devices to user space.
const MODULES: [&str; 5] = ["vfio_pci", "vfio", "uio_pci_generic", "igb_uio", "uio"];

impl Devices {
    pub(super) fn read(host: &Host) -> Self {
        let kernel = host.kernel();
        let names = |below: &str| names(&kernel.sys(below), "");
        let at = |below: String| Entry::at(&host.dev(&below));
        let group = |name: String| Some(VfioGroup { entry: at(format!("vfio/{name}"))?, name });
        let groups = names_in(host, "vfio", "").into_iter();
        let is_group = |name: &String| name != "vfio" && name != "devices";
        let uio = names_in(host, "", "uio").into_iter();
        let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            iommus: names("class/iommu"),
            iommu_groups: names("kernel/iommu_groups").len(),
            vfio: at("vfio/vfio".to_owned()),
            vfio_groups: groups.filter(is_group).filter_map(group).collect(),
            modules: MODULES
                .into_iter()
                .filter(|name| kernel.sys(&format!("module/{name}")).is_dir())
                .collect(),
            uio: uio.filter(is_number).filter_map(|number| at(format!("uio{number}"))).collect(),
            tun: at("net/tun".to_owned()),
        }
    }

    /// Whether a module is there.
    pub fn has_module(&self, name: &str) -> bool {
        self.modules.contains(&name)
    }
}

/// What follows `start` in the names of a directory of devices.
fn names_in(host: &Host, below: &str, start: &str) -> Vec<String> {
    names(&host.dev(below), start)
}

/// What follows `start` in the names of a directory, in order; none if it cannot be read.
fn names(dir: &std::path::Path, start: &str) -> Vec<String> {
    let mut names = entries(dir, start, |rest| Some(rest.to_owned())).unwrap_or_default();
    names.sort();
    names
}
