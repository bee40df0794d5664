//! Processes that drive a device from user space, in a tree that looks like `/proc`.

use super::*;
use std::os::unix::fs::symlink;

const CARD: &str = "0000:00:11.0";

/// A machine with one card, which `driver` has, in IOMMU group 7 or as `/dev/uio4`.
fn with_card(label: &str, driver: &str) -> Machine {
    let machine = Machine::new(label);
    machine.add(CARD, ["8086", "10d3"], "020000");
    machine.link(CARD, "driver", &format!("../../drivers/{driver}"));
    machine.write(&format!("sys/bus/pci/drivers/{driver}/unbind"), "");
    machine.write("sys/bus/pci/drivers/e1000e/bind", "");
    match driver {
        "vfio-pci" => {
            machine.link(CARD, "iommu_group", "../../../kernel/iommu_groups/7");
            enabled(&machine, 1);
        }
        _ => machine.write(&format!("sys/bus/pci/devices/{CARD}/uio/uio4/name"), "uio\n"),
    }
    machine
}

/// How many have the kernel's word that the device is enabled.
fn enabled(machine: &Machine, count: u32) {
    machine.write(&format!("sys/bus/pci/devices/{CARD}/enable"), &format!("{count}\n"));
}

/// A process that has `files` open.
fn process(machine: &Machine, pid: u32, name: &str, files: &[&str]) {
    machine.write(&format!("proc/{pid}/comm"), &format!("{name}\n"));
    machine.write(&format!("proc/{pid}/fd/none"), "");
    let descriptors = machine.sys("..").join(format!("proc/{pid}/fd"));
    for (number, file) in files.iter().enumerate() {
        symlink(file, descriptors.join(number.to_string())).unwrap();
    }
}

/// Why the device is neither given to another driver nor to nobody; nothing was written.
fn refused(machine: &Machine, driver: &str) -> String {
    let address = PciAddress::parse(CARD).unwrap();
    let said = unbind(&machine.kernel(), address).unwrap_err();
    assert_eq!(bind(&machine.kernel(), address, "e1000e"), Err(said.clone()));
    let unbound = machine.sys(&format!("bus/pci/drivers/{driver}/unbind"));
    assert_eq!(std::fs::read_to_string(unbound).unwrap(), "", "{said}");
    said.to_string()
}

fn use_of(machine: &Machine) -> Option<InUse> {
    in_use(&machine.kernel(), &machine.read(CARD).unwrap()).unwrap()
}

#[test]
fn a_device_that_a_group_drives_stays_and_the_group_is_named() {
    let machine = with_card("driven-group", "vfio-pci");
    process(&machine, 9, "sh", &["/dev/null"]);
    process(&machine, 212, "worker", &["/dev/vfio/7"]);
    process(&machine, 30, "mp_server", &["/run/phalanx/late/group", "/dev/vfio/7"]);
    assert_eq!(
        refused(&machine, "vfio-pci"),
        "PCI device 0000:00:11.0 stays as it is: process 30 (mp_server) of group 'late' drives it, and another \
         process does; have it detached there first (`phalanx info --file-prefix late` shows its port), or end who \
         drives it"
    );
}

#[test]
fn a_device_that_any_other_program_drives_stays_and_the_program_is_named() {
    for (driver, file) in [
        ("vfio-pci", "/dev/vfio/noiommu-7"),
        ("uio_pci_generic", "/dev/uio4"),
        ("igb_uio", "/dev/uio4"),
    ] {
        let machine = with_card("driven-program", driver);
        assert_eq!(use_of(&machine), None);
        process(&machine, 41, "dpdk-testpmd", &["/srv/late/group", file]);
        assert_eq!(
            refused(&machine, driver),
            "PCI device 0000:00:11.0 stays as it is: process 41 (dpdk-testpmd) drives it; end who drives it first"
        );
    }
}

#[test]
fn a_device_of_which_vfio_hands_out_a_file_of_its_own_is_driven_by_who_has_that() {
    let machine = with_card("driven-file", "vfio-pci");
    machine.write(&format!("sys/bus/pci/devices/{CARD}/vfio-dev/vfio2/dev"), "1:2\n");
    process(&machine, 5, "one", &["/dev/vfio/devices/vfio1"]);
    assert_eq!(use_of(&machine), None);
    process(&machine, 6, "two", &["/dev/vfio/devices/vfio2"]);
    assert!(matches!(use_of(&machine), Some(InUse::Driven { by, others: 0 }) if by.pid == 6));
}

#[test]
fn a_device_beside_one_that_is_driven_is_not() {
    let machine = with_card("driven-beside", "vfio-pci");
    process(&machine, 30, "mp_server", &["/dev/vfio/7"]);
    enabled(&machine, 0);
    assert_eq!(use_of(&machine), None, "its IOMMU group is open, but it is not");
}

#[test]
fn what_a_process_calls_itself_is_shown_without_its_control_characters() {
    let machine = with_card("driven-name", "uio_pci_generic");
    process(&machine, 41, "a\u{1b}[2Jb", &["/dev/uio4"]);
    let said = refused(&machine, "uio_pci_generic");
    assert!(!said.contains('\u{1b}') && said.contains("process 41 (a"), "{said}");
}
