//! Opening and using devices, against a twin of the kernel.

mod opening;
mod using;

use std::os::unix::fs::symlink;
use std::sync::Arc;

use super::twin::{State, Twin};
use super::*;
use crate::device::{Caution, UserDevice};
use crate::eal::options::{VfToken, VfTokenError};
use crate::kernel_files::KernelFiles;
use crate::pci::PciAddress;
use crate::sys::test_support::TempDir;

/// The device that all tests open.
const ADDRESS: &str = "0000:00:10.0";

/// A machine: files that look like sysfs, and a twin.
struct Machine {
    temp: TempDir,
    twin: Arc<Twin>,
    cautions: Vec<Caution>,
}

impl Machine {
    fn new(label: &str, state: State) -> Self {
        let twin = Arc::new(Twin::new(state));
        let machine =
            Self { temp: TempDir::new(&format!("vfio-{label}")), twin, cautions: Vec::new() };
        machine.add(ADDRESS, Some("vfio-pci"), Some(7));
        machine
    }

    fn add(&self, address: &str, driver: Option<&str>, group: Option<u32>) {
        let dir = format!("sys/bus/pci/devices/{address}");
        for (name, text) in [
            ("vendor", "0x1234\n"),
            ("device", "0x11e8\n"),
            ("subsystem_vendor", "0x1af4\n"),
            ("subsystem_device", "0x1100\n"),
            ("class", "0x00ff00\n"),
            ("resource", "0x00000000fea00000 0x00000000feafffff 0x0000000000040200\n"),
        ] {
            self.temp.write(&format!("{dir}/{name}"), text);
        }
        let link = |name: &str, to: String| {
            symlink(to, self.temp.path().join(&dir).join(name)).unwrap();
        };
        if let Some(driver) = driver {
            link("driver", format!("../../drivers/{driver}"));
        }
        if let Some(group) = group {
            link("iommu_group", format!("../../../../kernel/iommu_groups/{group}"));
        }
    }

    fn opening(&self, token: Option<VfToken>) -> Opening {
        let root = self.temp.path();
        let kernel = KernelFiles::at(root.join("sys"), root.join("proc"));
        Opening::new(Arc::clone(&self.twin) as Arc<dyn Calls>, kernel, "/dev/vfio", token)
    }

    fn open(&mut self) -> Result<Arc<VfioDevice>, VfioError> {
        self.open_beside(ADDRESS, &[])
    }

    fn open_beside(
        &mut self,
        address: &str,
        beside: &[Arc<VfioDevice>],
    ) -> Result<Arc<VfioDevice>, VfioError> {
        let address = PciAddress::parse(address).unwrap();
        let opening = self.opening(None);
        let mut hear = |caution| self.cautions.push(caution);
        opening.open(address, beside, None, &mut hear).map(Arc::new)
    }

    fn done(&self) -> Vec<String> {
        self.twin.state.lock().unwrap().done.clone()
    }
}
