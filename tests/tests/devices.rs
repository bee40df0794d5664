//! `phalanx devices`, `bind` and `unbind` on machines that a test describes, and on this one. What the
//! kernel does when it is asked is seen in `vm_devices.rs`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use phalanx_tests::binaries::app;
use phalanx_tests::process::{Ended, Process};
use phalanx_tests::scratch::Scratch;
use serde_json::Value;

/// A machine: a card that carries a route, one for user space, and one that is broken.
struct Machine {
    scratch: Scratch,
}

const ROUTED: &str = "0000:00:03.0";
const FREE: &str = "0000:00:04.0";
const BROKEN: &str = "0000:00:05.0";

impl Machine {
    fn new() -> Self {
        let machine = Self { scratch: Scratch::new() };
        for (address, driver) in [(ROUTED, "e1000e"), (FREE, "vfio-pci"), (BROKEN, "")] {
            machine.card(address, driver);
        }
        machine.write(&format!("sys/bus/pci/devices/{ROUTED}/net/eth7/mtu"), "1500\n");
        machine.write("proc/self/mountinfo", "");
        machine.write("proc/net/route", "Iface\tDestination\neth7\t000200C0\n");
        let mut config = vec![0; 256];
        (config[6], config[0x34], config[0x40], config[0x41]) = (0x10, 0x40, 5, 0x40);
        fs::write(machine.at(&format!("sys/bus/pci/devices/{BROKEN}/config")), config).unwrap();
        machine
    }

    fn card(&self, address: &str, driver: &str) {
        let file = |name: &str, text: &str| {
            self.write(&format!("sys/bus/pci/devices/{address}/{name}"), text);
        };
        for name in ["vendor", "device", "subsystem_vendor", "subsystem_device"] {
            file(name, "0xfffe\n");
        }
        file("class", "0x020000\n");
        file("resource", "0x00000000febc0000 0x00000000febdffff 0x0000000000040200\n");
        file("config", "\u{1}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}");
        file("driver_override", "(null)\n");
        if !driver.is_empty() {
            self.write(&format!("sys/bus/pci/drivers/{driver}/unbind"), "");
            self.write(&format!("sys/bus/pci/drivers/{driver}/bind"), "");
            let link = self.at(&format!("sys/bus/pci/devices/{address}/driver"));
            symlink(format!("../../drivers/{driver}"), link).unwrap();
        }
    }

    fn at(&self, below: &str) -> PathBuf {
        self.scratch.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        let path = self.at(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn tool(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(app("phalanx"));
        command.args(arguments).arg("--sysfs").arg(self.scratch.path());
        Process::run(command)
    }

    /// Whether nobody was told to let go of anything.
    fn is_untouched(&self) -> bool {
        ["e1000e", "vfio-pci"].iter().all(|driver| {
            let file = self.at(&format!("sys/bus/pci/drivers/{driver}/unbind"));
            fs::read_to_string(file).unwrap().is_empty()
        })
    }
}

fn json(ended: &Ended) -> Value {
    let text = &ended.assert_success().stdout;
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {ended}"))
}

#[test]
fn cards_are_shown_by_who_drives_them() {
    let ended = Machine::new().tool(&["devices"]);
    let text = &ended.assert_success().stdout;
    let table = |title: &str| {
        let (_, behind) = text.split_once(title).unwrap_or_else(|| panic!("no {title}: {ended}"));
        behind.split("\n\n").next().unwrap_or_default()
    };
    assert!(table("network, driven from user space\n").contains(FREE), "{ended}");
    let kernels = table("network, driven by the kernel\n");
    assert!(kernels.contains(ROUTED) && kernels.contains("eth7"), "{ended}");
    assert!(kernels.contains(" active ") && kernels.contains("class 020000"), "{ended}");
    assert!(table("network, without a driver\n").contains(BROKEN), "{ended}");
    assert!(text.ends_with("drivers for user space: vfio-pci\n"), "{ended}");
}

#[test]
fn a_list_of_capabilities_that_never_ends_is_a_fault_of_its_device_alone() {
    let machine = Machine::new();
    let ended = machine.tool(&["devices"]);
    let line = format!("{BROKEN}: the list of capabilities comes back to 0x40");
    assert!(ended.assert_success().stdout.contains(&line), "{ended}");
    let report = json(&machine.tool(&["devices", "--json"]));
    let faults = report["devices"].as_array().unwrap().iter().map(|it| it["fault"].is_string());
    assert_eq!(faults.collect::<Vec<_>>(), [false, false, true], "{report}");
}

#[test]
fn programs_are_told_all_that_is_known() {
    let report = json(&Machine::new().tool(&["devices", "--json"]));
    let card = &report["devices"][0];
    assert_eq!(card["address"], ROUTED);
    assert_eq!(card["interfaces"], serde_json::json!(["eth7"]));
    assert_eq!(card["in_use"], "packets are routed to its interface eth7");
    assert_eq!(card["bars"][0]["len"], 0x20000);
    assert_eq!(report["user_space_drivers"], serde_json::json!(["vfio-pci"]));
}

#[test]
fn an_interface_that_carries_a_route_is_refused_by_either_name() {
    let machine = Machine::new();
    for name in ["eth7", ROUTED, "0:3.0"] {
        for command in [&["bind", "vfio-pci", name][..], &["unbind", name]] {
            let ended = machine.tool(command);
            let why = ended.assert_refused();
            assert!(why.contains(ROUTED) && why.contains("routed to its interface eth7"), "{why}");
        }
    }
    assert!(machine.is_untouched());
}

#[test]
fn nothing_is_changed_unless_every_device_may_be() {
    let machine = Machine::new();
    assert!(machine.tool(&["unbind", FREE, ROUTED]).assert_refused().contains(ROUTED));
    assert!(
        machine.tool(&["bind", "e1000e", FREE, "0:9.0"]).assert_refused().contains("0000:00:09.0")
    );
    assert!(machine.is_untouched());
}

#[test]
fn what_is_no_device_and_no_driver_is_named() {
    let machine = Machine::new();
    let ended = machine.tool(&["bind", "vfio-pci", "eth8"]);
    assert!(ended.assert_refused().contains("'eth8': this is not the place"), "{ended}");
    let ended = machine.tool(&["bind", "igb_uio", FREE]);
    assert!(ended.assert_refused().contains("no PCI driver 'igb_uio'"), "{ended}");
    assert!(machine.is_untouched());
}

#[test]
fn this_machine_s_devices_are_shown_to_anybody() {
    let mut command = Command::new(app("phalanx"));
    command.args(["devices", "--json"]);
    let report = json(&Process::run(command));
    let there = fs::read_dir("/sys/bus/pci/devices").map_or(0, Iterator::count);
    assert_eq!(report["devices"].as_array().map(Vec::len), Some(there), "{report}");
}
