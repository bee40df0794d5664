//! Devices of UIO, in a tree that looks like sysfs and `/dev`.

use std::os::unix::fs::symlink;
use std::sync::Arc;

use phalanx_core::device::Registers;

use super::*;
use crate::device::{
    BarError, BusMaster, Caution, DeviceReach, InterruptKind, Place, UseError, UserDevice,
    set_bus_master,
};
use crate::kernel_files::KernelFiles;
use crate::pci::PciAddress;
use crate::sys::test_support::TempDir;

const ADDRESS: &str = "0000:00:10.0";

/// A machine with one device, whose BAR 0 has 4096 bytes.
struct Machine(TempDir);

impl Machine {
    fn new(label: &str, driver: &str) -> Self {
        let machine = Self(TempDir::new(&format!("uio-{label}")));
        for (name, text) in [
            ("vendor", "0x1234\n"),
            ("device", "0x11e8\n"),
            ("subsystem_vendor", "0x1af4\n"),
            ("subsystem_device", "0x1100\n"),
            ("class", "0x00ff00\n"),
            (
                "resource",
                "0x00000000fea00000 0x00000000fea00fff 0x0000000000040200\n\
                 0x000000000000c000 0x000000000000c03f 0x0000000000040101\n",
            ),
            ("resource0", &"\0".repeat(4096)),
            ("config", &"\0".repeat(256)),
            ("uio/uio3/name", "uio_pci_generic\n"),
        ] {
            machine.0.write(&format!("sys/bus/pci/devices/{ADDRESS}/{name}"), text);
        }
        machine.0.write("dev/uio3", "\x05\0\0\0");
        let link = machine.0.path().join(format!("sys/bus/pci/devices/{ADDRESS}/driver"));
        symlink(format!("../../drivers/{driver}"), link).unwrap();
        machine
    }

    fn open(&self) -> Result<(Arc<UioDevice>, Vec<Caution>), UioError> {
        let root = self.0.path();
        let kernel = KernelFiles::at(root.join("sys"), root.join("proc"));
        let address = PciAddress::parse(ADDRESS).unwrap();
        let mut cautions = Vec::new();
        let device =
            open(&kernel, &root.join("dev"), address, &mut |caution| cautions.push(caution))?;
        Ok((Arc::new(device), cautions))
    }
}

#[test]
fn a_device_is_opened_after_a_user_was_told_what_that_means() {
    let (device, cautions) = Machine::new("open", "uio_pci_generic").open().unwrap();
    assert_eq!(device.reach(), DeviceReach::Everything);
    let [caution] = cautions[..] else { panic!("{cautions:?}") };
    assert!(caution.to_string().contains("read and write all memory of this machine"));
}

#[test]
fn a_device_of_another_driver_or_without_a_file_is_refused() {
    let refused = Machine::new("driver", "e1000e").open().unwrap_err();
    assert!(refused.to_string().contains("e1000e has it; give it to UIO"), "{refused}");
    let machine = Machine::new("no-file", "uio_pci_generic");
    let uio = machine.0.path().join(format!("sys/bus/pci/devices/{ADDRESS}/uio"));
    std::fs::remove_dir_all(uio).unwrap();
    let refused = machine.open().unwrap_err();
    assert!(refused.to_string().contains("no /dev/uioN"), "{refused}");
    let machine = Machine::new("no-dev", "uio_pci_generic");
    std::fs::remove_file(machine.0.path().join("dev/uio3")).unwrap();
    let refused = machine.open().unwrap_err();
    assert!(matches!(refused, UioError::Refused { .. }), "{refused}");
}

#[test]
fn a_device_that_is_open_is_refused_to_all_others_until_its_last_holder_has_closed_it() {
    let machine = Machine::new("busy", "uio_pci_generic");
    let (device, _) = machine.open().unwrap();
    let (bars, descriptors) = device.descriptors();
    let handed = descriptors.iter().map(|it| it.try_clone_to_owned().unwrap()).collect();
    let adopted = UioDevice::adopt(device.address(), &bars, handed).unwrap();
    let refused = machine.open().unwrap_err();
    assert!(matches!(refused, UioError::Busy { by: None, .. }), "{refused:?}");
    assert!(refused.to_string().contains("another process has device 0000:00:10.0 open"));
    drop(device);
    machine.0.write("proc/30/comm", "mp_server\n");
    machine.0.write("proc/30/fd/none", "");
    let fd = machine.0.path().join("proc/30/fd");
    symlink("/dev/uio3", fd.join("5")).unwrap();
    symlink("/run/phalanx/late/group", fd.join("6")).unwrap();
    let refused = machine.open().unwrap_err().to_string();
    let who = "process 30 (mp_server) of group 'late' has device 0000:00:10.0 open (";
    assert!(refused.starts_with(who) && refused.ends_with("let it own the device"), "{refused}");
    drop(adopted);
    let refused = machine.open().unwrap_err().to_string();
    assert!(refused.starts_with(who), "a program that locks nothing: {refused}");
    std::fs::remove_dir_all(machine.0.path().join("proc/30")).unwrap();
    machine.open().unwrap();
}

#[test]
fn a_bar_that_a_peer_says_is_longer_than_its_file_is_not_had() {
    let (device, _) = Machine::new("long", "uio_pci_generic").open().unwrap();
    let adopt = |len| {
        let (mut bars, descriptors) = device.descriptors();
        bars.iter_mut().for_each(|(_, said)| *said = len);
        let handed = descriptors.iter().map(|it| it.try_clone_to_owned().unwrap()).collect();
        UioDevice::adopt(device.address(), &bars, handed).map(drop)
    };
    assert_eq!((adopt(4096), adopt(4097), adopt(u64::MAX)), (Some(()), None, None));
}

#[test]
fn a_bar_is_mapped_and_ports_are_none() {
    let (device, _) = Machine::new("bar", "uio_pci_generic").open().unwrap();
    let bar = device.map_bar(0, 4096, Place::Free).unwrap();
    bar.write64(16, 9);
    assert_eq!(bar.read64(16), 9);
    let why = |bar, least| match device.map_bar(bar, least, Place::Free).unwrap_err() {
        UseError::Bar { why, .. } => why,
        other => panic!("{other}"),
    };
    assert_eq!((why(1, 1), why(9, 1)), (BarError::None, BarError::None));
    assert_eq!(why(0, 4097), BarError::Short { len: 4096, least: 4097 });
}

#[test]
fn its_line_is_a_bit_of_the_config_space_and_it_has_no_messages() {
    let (device, _) = Machine::new("intx", "uio_pci_generic").open().unwrap();
    let command = || {
        let mut bytes = [0; 2];
        device.read_config(4, &mut bytes).unwrap();
        u16::from_le_bytes(bytes)
    };
    device.write_config(4, &0x400u16.to_le_bytes()).unwrap();
    let line = device.clone().interrupts(InterruptKind::Intx, 1).unwrap();
    assert_eq!((command(), line.take(0)), (0, Ok(5)));
    device.write_config(4, &0x400u16.to_le_bytes()).unwrap();
    line.rearm().unwrap();
    assert_eq!(command(), 0);
    drop(line);
    assert_eq!(command(), 0x400);
    set_bus_master(&*device, BusMaster::On).unwrap();
    assert_eq!(command(), 0x406);
    let refused = device.clone().interrupts(InterruptKind::MsiX, 1).unwrap_err();
    assert!(matches!(refused, UseError::Vectors { there: 0, .. }), "{refused}");
    assert!(matches!(device.reset(), Err(UseError::NoReset { .. })));
}
