//! Devices that cannot be had, on a real kernel: each is refused in a sentence, and after it everything is
//! as before: the drivers, what is open, what is mapped; so the next who may have the device gets it.
//! What no guest has (capabilities that loop, queues of 0 or 65,535 descriptors) is tried beside the code,
//! with twins of kernel and devices; queues as small, as large and as many as QEMU makes them are here.

use std::path::Path;
use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, SERVING, Told};

const MODULES: &str = "e1000e e1000 vfio-pci vfio_iommu_type1 uio_pci_generic";

/// Behind a bridge to plain PCI an IOMMU cannot tell devices apart: one more `edu` and an e1000 share a group.
const SHARED: [&str; 6] = [
    "-device",
    "pcie-pci-bridge,id=plain,bus=pcie.0,addr=0x18",
    "-device",
    "edu,bus=plain,addr=1,dma_mask=0xffffffffffff",
    "-device",
    "e1000,bus=plain,addr=2,romfile=",
];

/// A virtio card with more queues than a port has: only a `tap` has as many.
const MANY: [&str; 4] = [
    "-netdev",
    "tap,id=many,queues=100,vhost=off,script=no,downscript=no",
    "-device",
    "virtio-net-pci,netdev=many,mq=on,vectors=4,disable-legacy=on,iommu_platform=on,ats=on,bus=pcie.0,addr=0x14,romfile=",
];

const SCRIPT: &str = r#"
export XDG_RUNTIME_DIR=/tmp
edu() { phalanx-edu "$1" "$2" -l 0 -m 8 $3; }
# The device of these ids that is not at 00:10.0.
behind() {
    for device in /sys/bus/pci/devices/*; do
        [ "$(cat "$device/vendor"):$(cat "$device/device")" = "$1" ] || continue
        case $device in *0000:00:10.0) ;; *) basename "$device" ;; esac
    done
}
EDU=0000:00:10.0
CARD=0000:00:11.0
SHARED=$(behind 0x1234:0x11e8)
BESIDE=$(behind 0x8086:0x100e)
names() { echo "$SHARED $BESIDE $(group $EDU) $(group "$SHARED")"; }
check names names

check kernels edu refused $CARD
check kernels_driver driver $CARD
check kernels_interface ls /sys/bus/pci/devices/$CARD/net
check absent edu refused 0000:00:0f.0
check port phalanx-peer join -l 0 -m 8 -a $CARD
check port_driver driver $CARD

check bound phalanx bind vfio-pci "$SHARED"
check not_viable edu refused "$SHARED"
drivers() { driver "$SHARED"; driver "$BESIDE"; ls "/sys/bus/pci/devices/$BESIDE/net"; }
check not_viable_drivers drivers
check beside phalanx bind vfio-pci "$BESIDE"
check viable edu open,dma "$SHARED"

phalanx bind vfio-pci $EDU >/dev/null
check denied edu denied $EDU
check denied_driver driver $EDU
check short edu bar,registers,dma $EDU

phalanx bind uio_pci_generic $EDU >/dev/null
check uio_denied edu denied $EDU
check uio_short edu bar,registers $EDU
check uio_driver driver $EDU
"#;

const QUEUES: &str = include_str!("vm_bad_devices/queues.sh");

/// What is left after all.
const LEFT: &str = "check pages cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let vm = require::vm()?;
    let guest = Guest::new(vm).iommu().edu().nic("e1000e").pages_2m(16).modules(MODULES);
    let shared: Vec<&str> = SHARED.iter().flat_map(|word| ["--qemu", word]).collect();
    // With it, a device of UIO's reaches physical addresses.
    let guest = guest.with(&shared).with(&["--append", "iommu=pt"]).file(&app("phalanx"));
    let guest = guest.file(Path::new(env!("CARGO_BIN_EXE_phalanx-edu")));
    let guest = guest.file(Path::new(env!("CARGO_BIN_EXE_phalanx-peer")));
    let wide = "virtio,rx_queue_size=1024,tx_queue_size=1024@w";
    let mut guest = guest.nic(wide).nic(wide);
    if require::tun().is_some() {
        guest = MANY.iter().fold(guest, |guest, word| guest.with(&["--qemu", word]));
    }
    Some(TOLD.get_or_init(|| guest.run(&format!("{SERVING}{SCRIPT}{QUEUES}{LEFT}"))))
}

/// What check `name` has said, which ended with 0; `None` where there are no guests.
#[track_caller]
fn said(name: &str) -> Option<&'static str> {
    Some(told()?.check(name).assert_success().trim_end())
}

/// Addresses of the two that share a group, and the groups of `edu` and of theirs.
fn names() -> Option<[&'static str; 4]> {
    let words: Vec<_> = said("names")?.split(' ').collect();
    Some(words.try_into().expect("four words"))
}

#[test]
fn a_device_that_a_kernel_driver_has_is_refused_and_stays_its() {
    let Some(said_of) = said("kernels") else { return };
    assert_eq!(
        said_of,
        "refused: device 0000:00:11.0 was asked for and the kernel's driver e1000e has it; give it to user space: \
         phalanx bind vfio-pci 0000:00:11.0 (without an IOMMU: uio_pci_generic)"
    );
    assert_eq!(said("kernels_driver"), Some("e1000e"));
    assert!(said("kernels_interface").is_some_and(|name| name.starts_with("eth")));
    assert!(said("absent").is_some_and(|why| why.contains("no PCI device 0000:00:0f.0")));
}

#[test]
fn a_port_of_a_device_that_a_kernel_driver_has_ends_the_start_in_one_line() {
    let Some(told) = told() else { return };
    let why = told.check("port").assert_refused();
    assert!(why.contains("the kernel's driver e1000e has it"), "{why}");
    assert_eq!(said("port_driver"), Some("e1000e"));
}

#[test]
fn a_group_that_is_not_viable_names_who_else_is_in_it_and_stays_as_it_is() {
    let Some([shared, beside, _, group]) = names() else { return };
    said("bound");
    let expected = format!(
        "refused: device {shared} is in IOMMU group {group} with {beside} (e1000), which kernel drivers have; all \
         devices of a group go to VFIO or to nobody: phalanx bind vfio-pci {beside}"
    );
    assert_eq!(said("not_viable"), Some(&*expected));
    assert!(said("not_viable_drivers").is_some_and(|it| it.starts_with("vfio-pci\ne1000\neth")));
    said("beside");
    assert!(said("viable").is_some_and(|said| said.contains("dma: both ways")), "the remedy works");
}

#[test]
fn without_permission_the_groups_file_is_named_and_root_gets_the_device_after() {
    let Some([_, _, group, _]) = names() else { return };
    let path = format!("/dev/vfio/{group}");
    let expected = format!(
        "denied: {path} is not this user's to open; run as root, or give it: chown USER {path}"
    );
    assert_eq!(said("denied"), Some(&*expected));
    assert_eq!(said("denied_driver"), Some("vfio-pci"));
}

#[test]
fn a_bar_that_is_shorter_than_its_driver_needs_is_refused_and_the_device_works_on() {
    let expected = "bar: BAR 0 of device 0000:00:10.0 was not mapped: it has 1048576 bytes and its driver needs \
                    1073741824; the device is broken, or another than its ids say";
    for check in ["short", "uio_short"] {
        let Some(said) = said(check) else { return };
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("registers: id 0x10000ed"), "{said}");
    }
    assert!(said("short").is_some_and(|said| said.contains("dma: both ways")));
}

#[test]
fn uio_without_permission_is_refused_and_root_gets_the_device_after() {
    let Some(said_of) = said("uio_denied") else { return };
    assert!(
        said_of.contains("denied: ") && said_of.contains("is not this user's to open"),
        "{said_of}"
    );
    assert_eq!(said("uio_driver"), Some("uio_pci_generic"));
}

/// What check `name`, which a peer refused, gave as the reason.
fn refused(name: &str) -> Option<&'static str> {
    let check = told()?.check(name);
    let line = check.text().lines().find_map(|line| line.strip_prefix("error "));
    assert!(line.is_some(), "{check:?}");
    line
}

#[test]
fn queues_beyond_what_a_card_has_are_refused_with_what_it_has() {
    for (check, expected) in [
        ("rx_beyond", "of 2048 descriptors was asked for; give a power of two from 16 to 1024"),
        ("tx_beyond", "of 512 descriptors was asked for; give a power of two from 16 to 256"),
    ] {
        let Some(why) = refused(check) else { return };
        assert!(why.contains(expected), "{check}: {why}");
    }
    for check in ["no_power", "too_few"] {
        let Some(told) = told() else { return };
        let why = told.check(check).assert_refused();
        assert!(why.contains("a power of two from 16 to 32768"), "{check}: {why}");
    }
}

#[test]
fn the_smallest_and_the_largest_queues_pass_all_in_its_order() {
    let Some(extremes) = said("extremes") else { return };
    let ten = "ok 60:0 60:1 60:2 60:3 60:4 60:5 60:6 60:7 60:8 60:9";
    for check in ["into_large", "into_small"] {
        let said = said(check).unwrap_or_default();
        assert_eq!(said.lines().filter(|line| *line == ten).count(), 6, "{extremes} {said}");
    }
    said("wire_ends");
}

#[test]
fn of_a_card_with_a_hundred_queues_a_port_has_as_many_as_ports_have() {
    if require::tun().is_none() {
        return;
    }
    for check in ["most", "last_rx", "last_tx", "by_last", "one", "many_ends"] {
        if said(check).is_none() {
            return;
        }
    }
    assert!(refused("beyond").is_some_and(|why| why.contains("65") && why.contains("64")));
    assert!(refused("uneven").is_some_and(|why| why.contains('2') && why.contains('1')));
}

#[test]
fn no_page_of_those_who_were_refused_is_left() {
    let Some(pages) = said("pages") else { return };
    assert_eq!(pages, "16");
}
