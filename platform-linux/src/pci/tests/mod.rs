//! A machine's devices, in a tree that looks like sysfs.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

mod binding;
mod configuration;
mod driven;

use super::*;
use crate::kernel_files::KernelFiles;
use crate::sys::test_support::TempDir;

/// A machine with devices that a test describes.
pub(super) struct Machine {
    temp: TempDir,
}

impl Machine {
    pub(super) fn new(label: &str) -> Self {
        let machine = Self { temp: TempDir::new(&format!("pci-{label}")) };
        std::fs::create_dir_all(machine.sys("bus/pci/devices")).unwrap();
        machine.write("proc/self/mountinfo", "");
        machine
    }

    pub(super) fn kernel(&self) -> KernelFiles {
        KernelFiles::at(self.temp.path().join("sys"), self.temp.path().join("proc"))
    }

    pub(super) fn sys(&self, below: &str) -> PathBuf {
        self.temp.path().join("sys").join(below)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        self.temp.write(name, text);
    }

    /// A device with the files that every device has.
    pub(super) fn add(&self, address: &str, ids: [&str; 2], class: &str) {
        let file = |name: &str, text: &str| {
            self.write(&format!("sys/bus/pci/devices/{address}/{name}"), text);
        };
        file("vendor", &format!("0x{}\n", ids[0]));
        file("device", &format!("0x{}\n", ids[1]));
        file("subsystem_vendor", "0x1af4\n");
        file("subsystem_device", "0x1100\n");
        file("class", &format!("0x{class}\n"));
        file("numa_node", "-1\n");
        file("driver_override", "(null)\n");
        file(
            "resource",
            "0x00000000febc0000 0x00000000febdffff 0x0000000000040200\n\
             0x0000000000000000 0x0000000000000000 0x0000000000000000\n\
             0x000000000000c000 0x000000000000c03f 0x0000000000040101\n\
             0x0000000800000000 0x0000000800003fff 0x000000000014220c\n\
             0x0000000000000000 0x0000000000000000 0x0000000000000000\n\
             0x0000000000000000 0x0000000000000000 0x0000000000000000\n\
             0x00000000feb80000 0x00000000febbffff 0x0000000000046200\n",
        );
    }

    pub(super) fn link(&self, address: &str, name: &str, to: &str) {
        let device = self.sys(&format!("bus/pci/devices/{address}"));
        symlink(to, device.join(name)).unwrap();
    }

    pub(super) fn read(&self, address: &str) -> Result<PciDevice, PciReadError> {
        PciDevice::read(&self.kernel(), PciAddress::parse(address).unwrap())
    }
}

#[test]
fn a_device_is_what_its_files_say() {
    let machine = Machine::new("files");
    machine.add("0000:00:11.0", ["8086", "10d3"], "020000");
    machine.write("sys/bus/pci/devices/0000:00:11.0/numa_node", "1\n");
    machine.write("sys/bus/pci/devices/0000:00:11.0/driver_override", "vfio-pci\n");
    machine.link("0000:00:11.0", "driver", "../../../bus/pci/drivers/e1000e");
    machine.link("0000:00:11.0", "iommu_group", "../../../kernel/iommu_groups/7");
    let device = machine.read("00:11.0").unwrap();
    assert_eq!(device.ids.to_string(), "8086:10d3");
    assert!(device.class.is_network() && device.class.sub() == 0x200);
    assert_eq!((device.node, device.iommu_group), (Some(1), Some(7)));
    assert_eq!(device.driver.as_deref(), Some("e1000e"));
    assert_eq!(device.driver_override.as_deref(), Some("vfio-pci"));
}

#[test]
fn what_a_device_does_not_have_is_none() {
    let machine = Machine::new("bare");
    machine.add("0000:00:10.0", ["1234", "11e8"], "00ff00");
    std::fs::remove_file(machine.sys("bus/pci/devices/0000:00:10.0/driver_override")).unwrap();
    let device = machine.read("00:10.0").unwrap();
    assert_eq!((device.node, device.iommu_group), (None, None));
    assert_eq!((device.driver, device.driver_override), (None, None));
    assert!(device.interfaces.is_empty());
}

#[test]
fn bars_are_memory_or_ports_and_the_rom_is_none() {
    let machine = Machine::new("bars");
    machine.add("0000:00:11.0", ["8086", "10d3"], "020000");
    let bars = machine.read("00:11.0").unwrap().bars;
    let bar = |index, address, len, kind| Some(Bar { index, address, len, kind });
    assert_eq!(bars[0], bar(0, 0xfebc_0000, 0x2_0000, BarKind::Memory));
    assert_eq!(bars[2], bar(2, 0xc000, 0x40, BarKind::Ports));
    assert_eq!(bars[3], bar(3, 0x8_0000_0000, 0x4000, BarKind::Prefetchable));
    assert_eq!((bars[1], bars[4], bars[5]), (None, None, None));
}

#[test]
fn a_bar_that_ends_before_it_begins_is_refused_with_its_line() {
    let machine = Machine::new("bar-bad");
    machine.add("0000:00:11.0", ["8086", "10d3"], "020000");
    for line in ["0x2000 0x1000 0x200", "0x0 0xffffffffffffffff 0x200", "x", "0x1 0x2", "-1 0 0"] {
        machine.write("sys/bus/pci/devices/0000:00:11.0/resource", &format!("{line}\n"));
        let refused = machine.read("00:11.0").unwrap_err().to_string();
        assert!(refused.contains(line) && refused.contains("0000:00:11.0/resource"), "{refused}");
    }
}

#[test]
fn an_interface_is_found_behind_the_device_or_its_virtio_device() {
    let machine = Machine::new("interfaces");
    machine.add("0000:00:11.0", ["8086", "10d3"], "020000");
    machine.write("sys/bus/pci/devices/0000:00:11.0/net/eth1/mtu", "1500\n");
    machine.add("0000:00:12.0", ["1af4", "1041"], "020000");
    machine.write("sys/bus/pci/devices/0000:00:12.0/virtio0/net/eth0/mtu", "1500\n");
    assert_eq!(machine.read("00:11.0").unwrap().interfaces, ["eth1"]);
    assert_eq!(machine.read("00:12.0").unwrap().interfaces, ["eth0"]);
}

#[test]
fn an_absent_device_is_named() {
    let refused = Machine::new("absent").read("3:0.1").unwrap_err();
    assert_eq!(refused, PciReadError::NoDevice(PciAddress::parse("3:0.1").unwrap()));
    assert!(refused.to_string().contains("no PCI device 0000:03:00.1"), "{refused}");
}

#[test]
fn a_scan_finds_every_device_by_address() {
    let machine = Machine::new("scan");
    for address in ["0000:00:11.0", "10000:e1:00.0", "0000:00:02.1", "0000:00:02.0"] {
        machine.add(address, ["8086", "10d3"], "020000");
    }
    machine.write("sys/bus/pci/devices/strange/vendor", "0x1\n");
    let devices = scan(&machine.kernel()).unwrap();
    let found: Vec<String> = devices.iter().map(|device| device.address.to_string()).collect();
    assert_eq!(found, ["0000:00:02.0", "0000:00:02.1", "0000:00:11.0", "10000:e1:00.0"]);
}

#[test]
fn a_kernel_without_pci_has_no_devices() {
    let kernel = KernelFiles::at("/nowhere/sys", "/nowhere/proc");
    assert_eq!(scan(&kernel), Ok(Vec::new()));
}

#[test]
fn a_device_whose_files_make_no_sense_is_an_error_of_the_scan() {
    let machine = Machine::new("nonsense");
    machine.add("0000:00:11.0", ["80 86", "10d3"], "020000");
    let refused = scan(&machine.kernel()).unwrap_err().to_string();
    assert!(refused.contains("0000:00:11.0/vendor"), "{refused}");
}
