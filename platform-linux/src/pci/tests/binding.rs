//! Who may have a device, and what is refused before anything is written. The kernel's part is seen
//! in a guest.

use super::*;
use std::fs::read_to_string;
use std::os::unix::fs::symlink;

const CARD: &str = "0000:00:11.0";

/// A machine with one network card on driver `e1000e`, and `vfio-pci` loaded.
fn with_card(label: &str) -> Machine {
    let machine = Machine::new(label);
    machine.add(CARD, ["8086", "10d3"], "020000");
    machine.link(CARD, "driver", "../../drivers/e1000e");
    machine.write(&format!("sys/bus/pci/devices/{CARD}/net/eth0/mtu"), "1500\n");
    for driver in ["e1000e", "vfio-pci"] {
        machine.write(&format!("sys/bus/pci/drivers/{driver}/bind"), "");
        machine.write(&format!("sys/bus/pci/drivers/{driver}/unbind"), "");
    }
    machine
}

fn address() -> PciAddress {
    PciAddress::parse(CARD).unwrap()
}

/// That binding is refused with these words, and nothing was written.
fn refused(machine: &Machine, driver: &str, words: &[&str]) {
    let said = bind(&machine.kernel(), address(), driver).unwrap_err().to_string();
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    let unbound = read_to_string(machine.sys("bus/pci/drivers/e1000e/unbind")).unwrap();
    assert_eq!(unbound, "", "{said}");
}

#[test]
fn an_interface_that_carries_a_route_is_not_taken_away() {
    let machine = with_card("routed");
    machine.write("proc/net/route", "Iface\tDestination\neth0\t000200C0\t00000000\t0001\n");
    refused(
        &machine,
        "vfio-pci",
        &["packets are routed to its interface eth0", "`ip link set eth0 down`"],
    );
    assert!(unbind(&machine.kernel(), address()).is_err());
}

#[test]
fn a_route_of_ipv6_counts_and_what_each_link_has_does_not() {
    let machine = with_card("routed-6");
    let route = |to: &str| format!("{to:0<32} 40 {:032} 00 {:032} 0 1 0 1     eth0\n", 0, 0);
    let own = route("fe80") + &route("ff00");
    machine.write("proc/net/ipv6_route", &own);
    assert_eq!(in_use(&machine.kernel(), &machine.read(CARD).unwrap()), Ok(None));
    machine.write("proc/net/ipv6_route", &(own + &route("2001")));
    refused(&machine, "vfio-pci", &["eth0"]);
}

#[test]
fn an_interface_that_is_part_of_a_bridge_is_not_taken_away() {
    let machine = with_card("bridged");
    machine.write("sys/class/net/eth0/upper_br0/mtu", "1500\n");
    refused(&machine, "vfio-pci", &["eth0 is part of br0", "nomaster"]);
}

#[test]
fn an_interface_of_another_network_namespace_counts_as_used() {
    let machine = with_card("elsewhere");
    let names = "Inter-|   Receive\n face |bytes    packets\n    lo:       0       0\n";
    machine.write("proc/net/dev", names);
    refused(&machine, "vfio-pci", &["eth0 is another network namespace's", "netns 1"]);
    machine.write("proc/net/dev", &format!("{names}  eth0:       0       0\n"));
    assert_eq!(in_use(&machine.kernel(), &machine.read(CARD).unwrap()), Ok(None));
}

#[test]
fn so_does_one_that_sysfs_does_not_show() {
    let machine = with_card("hidden");
    std::fs::remove_dir_all(machine.sys(&format!("bus/pci/devices/{CARD}/net/eth0"))).unwrap();
    refused(&machine, "vfio-pci", &["its interface is another network namespace's"]);
}

#[test]
fn where_no_proc_is_mounted_nothing_is_taken_away() {
    let machine = with_card("blind");
    std::fs::remove_file(machine.sys("../proc/self/mountinfo")).unwrap();
    refused(&machine, "vfio-pci", &["proc/self/mountinfo cannot be read", "mount /sys and /proc"]);
}

#[test]
fn a_disk_that_is_mounted_is_not_taken_away() {
    let machine = with_card("mounted");
    let disk = format!("sys/bus/pci/devices/{CARD}/virtio0/block/vda");
    machine.write(&format!("{disk}/size"), "1\n");
    machine.write("sys/block/dm-0/slaves/none", "");
    std::fs::create_dir_all(machine.sys("dev/block")).unwrap();
    let at = machine.sys(disk.strip_prefix("sys/").unwrap());
    symlink(&at, machine.sys("dev/block/254:0")).unwrap();
    symlink(machine.sys("block/dm-0"), machine.sys("dev/block/253:0")).unwrap();
    machine.write("proc/self/mountinfo", "22 1 254:0 / / rw - ext4 /dev/root rw\n");
    refused(&machine, "vfio-pci", &["/ is mounted from it"]);
    machine.write("proc/self/mountinfo", "22 1 253:0 / /srv rw - ext4 /dev/dm-0 rw\n");
    assert_eq!(in_use(&machine.kernel(), &machine.read(CARD).unwrap()), Ok(None));
    symlink(&at, machine.sys("block/dm-0/slaves/vda")).unwrap();
    refused(&machine, "vfio-pci", &["/srv is mounted from it", "unmount"]);
}

#[test]
fn a_driver_that_the_kernel_does_not_have_is_named() {
    let machine = with_card("no-driver");
    for driver in ["vfio_pci", "", "..", "../drivers/vfio-pci", "a b"] {
        refused(&machine, driver, &[&format!("no PCI driver '{driver}'"), "modprobe"]);
    }
}

#[test]
fn a_bridge_is_not_given_away() {
    let machine = with_card("bridge");
    machine.write(&format!("sys/bus/pci/devices/{CARD}/class"), "0x060400\n");
    refused(&machine, "vfio-pci", &["is a bridge"]);
}

#[test]
fn a_device_that_its_driver_has_already_is_left_to_it_even_in_use() {
    let machine = with_card("already");
    machine.write("proc/net/route", "Iface\neth0\t000200C0\n");
    let change = bind(&machine.kernel(), address(), "e1000e").unwrap();
    assert_eq!(
        (change.before.as_deref(), change.after.as_deref()),
        (Some("e1000e"), Some("e1000e"))
    );
}

#[test]
fn a_kernel_that_does_not_do_it_is_not_believed() {
    let machine = with_card("deaf");
    let refused = bind(&machine.kernel(), address(), "vfio-pci").unwrap_err();
    let is_left = matches!(
        &refused,
        BindError::Refused { step: Step::Take, left_with: Some(left), .. } if left == "e1000e"
    );
    assert!(is_left, "{refused}");
    let said = refused.to_string();
    assert!(said.contains("behind no IOMMU") && said.contains("e1000e has it now"), "{said}");
    let only = read_to_string(machine.sys(&format!("bus/pci/devices/{CARD}/driver_override")));
    assert!(!only.unwrap().contains("vfio-pci"), "the override is wiped");
}

#[test]
fn a_driver_that_cannot_be_told_to_let_go_keeps_the_device() {
    let machine = with_card("stuck");
    std::fs::remove_file(machine.sys("bus/pci/drivers/e1000e/unbind")).unwrap();
    let refused = unbind(&machine.kernel(), address()).unwrap_err().to_string();
    assert!(refused.contains("e1000e does not let go of PCI device 0000:00:11.0"), "{refused}");
    assert!(refused.contains("(ENOENT)") && refused.contains("e1000e has it now"), "{refused}");
}
