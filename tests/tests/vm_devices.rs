//! PCI devices on a real kernel: shown, given to drivers, taken away, plugged and pulled. One guest
//! with an IOMMU serves most of the tests.

use std::sync::OnceLock;

use phalanx_tests::binaries::app;
use phalanx_tests::require;
use phalanx_tests::vm::{Guest, Told};
use serde_json::Value;

const MODULES: &str = "e1000e virtio_pci virtio_net vfio-pci vfio_iommu_type1 uio_pci_generic";

/// The first card carries a route until it is taken down.
const SCRIPT: &str = r#"

card=$(ls /sys/bus/pci/devices/0000:00:11.0/net)
ip link set "$card" up && ip addr add 192.0.2.1/24 dev "$card"
check json phalanx devices --json
check table phalanx devices
check vfio phalanx bind vfio-pci 00:10.0
check vfio_group ls "/dev/vfio/$(group 0000:00:10.0)"
check again phalanx bind vfio-pci 00:10.0
check unwanted phalanx bind e1000e 00:10.0
check unwanted_left driver 0000:00:10.0
check uio phalanx bind uio_pci_generic 00:10.0
check uio_file ls /dev/uio0
check override cat /sys/bus/pci/devices/0000:00:10.0/driver_override
check routed phalanx bind vfio-pci 00:11.0
check routed_two phalanx unbind 00:10.0 "$card"
check routed_left sh -c '. /bin/lib.sh; driver 0000:00:10.0; driver 0000:00:11.0'
check port phalanx bind vfio-pci 00:1e.0
ip link set "$card" down
check down phalanx bind vfio-pci "$card"
check back phalanx bind e1000e 00:11.0
check back_interface ls /sys/bus/pci/devices/0000:00:11.0/net
check unbind phalanx unbind 00:10.0
check unbound driver 0000:00:10.0
check nobody phalanx unbind 00:10.0

there() { [ -e /sys/bus/pci/devices/0000:01:00.0 ]; }
monitor device_add e1000e,id=x,bus=late
for i in $(seq 60); do there && break; sleep 1; done
check plugged phalanx devices --json
monitor device_del x
for i in $(seq 60); do there || break; sleep 1; done
check pulled phalanx bind vfio-pci 01:00.0
"#;

fn told() -> Option<&'static Told> {
    static TOLD: OnceLock<Told> = OnceLock::new();
    let vm = require::vm()?;
    let guest = Guest::new(vm).iommu().edu().nic("e1000e@a").nic("virtio@a").modules(MODULES);
    Some(TOLD.get_or_init(|| guest.file(&app("phalanx")).run(SCRIPT)))
}

/// The device at `address`, as `devices --json` has it.
fn device(told: &Told, check: &str, address: &str) -> Value {
    let report: Value = serde_json::from_str(told.check(check).assert_success()).unwrap();
    let devices = report["devices"].as_array().unwrap();
    let found = devices.iter().find(|device| device["address"] == address);
    found.unwrap_or_else(|| panic!("no {address} in {report}")).clone()
}

#[test]
fn devices_are_what_the_kernel_says() {
    let Some(told) = told() else { return };
    let edu = device(told, "json", "0000:00:10.0");
    assert_eq!((edu["vendor"].as_str(), edu["device"].as_str()), (Some("1234"), Some("11e8")));
    assert_eq!((&edu["driver"], &edu["bars"][0]["len"]), (&Value::Null, &Value::from(0x10_0000)));
    assert_eq!((&edu["capabilities"][0], &edu["fault"]), (&Value::from(5), &Value::Null), "MSI");
    let card = device(told, "json", "0000:00:11.0");
    assert_eq!((card["driver"].as_str(), card["fault"].as_str()), (Some("e1000e"), None));
    assert!(card["capabilities"].as_array().unwrap().contains(&Value::from(0x11)), "MSI-X: {card}");
    assert!(!card["extended_capabilities"].as_array().unwrap().is_empty(), "{card}");
    assert!(card["iommu_group"].is_u64() && card["in_use"].is_string(), "{card}");
    let virtio = device(told, "json", "0000:00:12.0");
    assert_eq!((virtio["driver"].as_str(), virtio["in_use"].as_str()), (Some("virtio-pci"), None));
    assert_eq!(virtio["interfaces"].as_array().map(Vec::len), Some(1), "{virtio}");
}

#[test]
fn the_table_names_the_interfaces_and_who_is_active() {
    let Some(told) = told() else { return };
    let table = told.check("table").assert_success();
    let line = |text: &str| {
        let found = table.lines().find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("no {text}: {table}")).to_owned()
    };
    assert!(line("0000:00:11.0").contains(" active ") && line("0000:00:11.0").contains("e1000e"));
    assert!(!line("0000:00:12.0").contains(" active "), "{table}");
    assert!(line("drivers for user space").ends_with("vfio-pci, uio_pci_generic"), "{table}");
}

#[test]
fn a_device_goes_to_vfio_and_to_uio() {
    let Some(told) = told() else { return };
    let vfio = told.check("vfio").assert_success();
    assert_eq!(vfio, "0000:00:10.0: vfio-pci, was no driver\n");
    told.check("vfio_group").assert_success();
    assert_eq!(told.check("again").assert_success(), "0000:00:10.0: vfio-pci as before\n");
    let uio = told.check("uio").assert_success();
    assert_eq!(uio, "0000:00:10.0: uio_pci_generic, was vfio-pci\n");
    told.check("uio_file").assert_success();
    assert_eq!(told.check("override").assert_success(), "(null)\n", "the next driver is free");
}

#[test]
fn a_driver_that_does_not_want_a_device_leaves_it_to_the_one_before() {
    let Some(told) = told() else { return };
    let why = told.check("unwanted").assert_refused();
    assert!(why.contains("e1000e does not take PCI device 0000:00:10.0"), "{why}");
    assert!(
        why.ends_with("not made for this device; name one that is; vfio-pci has it now"),
        "{why}"
    );
    assert_eq!(told.check("unwanted_left").assert_success(), "vfio-pci\n");
}

#[test]
fn an_interface_with_a_route_stays_and_so_does_what_was_named_with_it() {
    let Some(told) = told() else { return };
    for check in ["routed", "routed_two"] {
        let why = told.check(check).assert_refused();
        assert!(why.contains("0000:00:11.0") && why.contains("packets are routed"), "{why}");
    }
    assert_eq!(told.check("routed_left").assert_success(), "uio_pci_generic\ne1000e\n");
}

#[test]
fn an_interface_that_is_down_goes_and_comes_back() {
    let Some(told) = told() else { return };
    let down = told.check("down").assert_success();
    assert_eq!(down, "0000:00:11.0: vfio-pci, was e1000e\n");
    let back = told.check("back").assert_success();
    assert_eq!(back, "0000:00:11.0: e1000e, was vfio-pci\n");
    assert!(told.check("back_interface").assert_success().starts_with("eth"), "{told}");
}

#[test]
fn a_port_of_the_bus_is_not_given_away() {
    let Some(told) = told() else { return };
    assert!(told.check("port").assert_refused().contains("is a bridge"), "{told}");
}

#[test]
fn a_device_can_have_no_driver() {
    let Some(told) = told() else { return };
    let unbind = told.check("unbind").assert_success();
    assert_eq!(unbind, "0000:00:10.0: no driver, was uio_pci_generic\n");
    assert_eq!(told.check("unbound").text().trim(), "");
    assert_eq!(told.check("nobody").assert_success(), "0000:00:10.0: no driver as before\n");
}

#[test]
fn a_card_that_is_plugged_in_is_seen_and_one_that_was_pulled_is_named() {
    let Some(told) = told() else { return };
    let card = device(told, "plugged", "0000:01:00.0");
    assert_eq!(card["device"].as_str(), Some("10d3"), "{card}");
    assert!(told.check("pulled").assert_refused().contains("no PCI device 0000:01:00.0"), "{told}");
}

#[test]
fn without_an_iommu_vfio_takes_no_device_and_says_so() {
    let Some(vm) = require::vm() else { return };
    let guest = Guest::new(vm).edu().modules("vfio-pci").file(&app("phalanx"));
    let told = guest.run("check vfio phalanx bind vfio-pci 00:10.0; exit 42");
    let why = told.check("vfio").assert_refused();
    assert!(why.contains("behind no IOMMU") && why.ends_with("; no driver has it now"), "{why}");
    assert_eq!(told.status(), Some(42), "the script's status is the guest's");
}

#[test]
fn in_its_unsafe_mode_vfio_takes_a_device_without_an_iommu() {
    let Some(vm) = require::vm_noiommu() else { return };
    let guest = Guest::new(vm).noiommu().edu().modules("vfio-pci").file(&app("phalanx"));
    let told = guest.run("check vfio phalanx bind vfio-pci 00:10.0; check file ls /dev/vfio");
    assert_eq!(
        told.assert_success().check("vfio").assert_success(),
        "0000:00:10.0: vfio-pci, was no driver\n"
    );
    assert!(told.check("file").assert_success().contains("noiommu-0"), "{told}");
}
