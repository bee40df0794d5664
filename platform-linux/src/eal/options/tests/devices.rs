//! Devices: rows `DV-1` and `DV-9`.

use super::*;
use crate::eal::options::{Allowed, DEVICE_MAX, PciAddress};

#[test]
fn a_device_to_be_made_has_a_name_and_arguments() {
    let options = accepted(&["--vdev=net_null0", "--vdev", "net_ring1,peer=net_ring0,size=64"]);
    let devices: Vec<_> = options.vdevs.iter().map(|it| (it.name(), it.args())).collect();
    assert_eq!(devices, [("net_null0", ""), ("net_ring1", "peer=net_ring0,size=64")]);
}

#[test]
fn an_unknown_driver_is_refused_with_the_nearest() {
    refused_with(&["--vdev=net_rign0"], &["'net_rign0'", "did you mean net_ring?"]);
    refused_with(&["--vdev=net_bogus0"], &["no driver has this name", "e.g. net_ring1"]);
    refused_with(&["--vdev="], &["it is empty"]);
    refused_with(&["--vdev=net_null0x"], &["did you mean net_null?"]);
}

#[test]
fn an_argument_that_the_driver_does_not_take_is_refused_with_those_it_takes() {
    refused_with(&["--vdev=net_null0,sise=64"], &["did you mean size?", "size, copy or no-rx"]);
    refused_with(&["--vdev=net_null0,size=64,wrong=1"], &["argument 2 is none of net_null's"]);
    refused_with(&["--vdev=net_null0,size"], &["argument 1 has no '='"]);
    refused_with(
        &["--vdev=net_null0,size=70000"],
        &["size has a value that is not a decimal number up to 65535"],
    );
    refused_with(&["--vdev=net_null0,copy=yes"], &["0 or 1"]);
    refused_with(&["--vdev=net_null0,,"], &["entry 1 is empty"]);
    refused_with(&["--vdev=net_ring0,size=100"], &["a power of two"]);
    refused_with(&["--vdev=net_ring0,peer=net_null0"], &["another net_ring device"]);
    refused_with(&["--vdev=net_ring0,nodeaction=r:0:CREATE"], &["did you mean peer?"]);
    refused_with(
        &["--vdev=net_null0,size=64,copy=1,size=128"],
        &["size is given twice", "give each argument once"],
    );
    refused_with(&["--vdev=net_tap0,iface="], &["iface has an empty value", "give a text"]);
    refused_with(&["--vdev=net_tap0,mac=zz"], &["an address as 02:00:5e:00:00:01"]);
    accepted(&["--vdev=net_pcap0,rx_pcap=a,rx_pcap=b"]);
}

#[test]
fn a_device_is_named_once_or_alike() {
    assert_eq!(accepted(&["--vdev=net_null0", "--vdev=net_null0"]).vdevs.len(), 1);
    let twice = ["--vdev=net_null0", "--vdev=net_null0,size=9"];
    refused_with(&twice, &["named before with other arguments", "give it once"]);
}

#[test]
fn a_device_of_the_machine_has_a_place() {
    let options = accepted(&["-a", "0000:03:00.1", "-a04:1f.7", "-b", "1:2:3.4,key=value"]);
    let place = |domain, bus, device, function| PciAddress { domain, bus, device, function };
    let allowed: Vec<_> = options.allow.iter().map(Allowed::address).collect();
    assert_eq!(allowed, [place(0, 3, 0, 1), place(0, 4, 0x1f, 7)]);
    assert_eq!(options.block[..], [place(1, 2, 3, 4)]);
    assert_eq!(options.block[0].to_string(), "0001:02:03.4");
}

#[test]
fn what_follows_the_place_of_a_device_has_names() {
    accepted(&["-b", "03:00.0,class=eth,representor=[0,2-3],flag"]);
    refused_with(&["-a", "03:00.0,"], &["entry 1 is empty"]);
    refused_with(&["-b", "03:00.0,a=1,,b=2"], &["entry 2 is empty"]);
    refused_with(&["-b", "03:00.0,=5"], &["entry 1 is empty"]);
}

#[test]
fn a_device_of_the_machine_has_the_arguments_of_its_ports_drivers() {
    let options = accepted(&["-a", "03:00.0,rx_size=1024,tx_size=64"]);
    assert_eq!(options.allow[0].args(), "rx_size=1024,tx_size=64");
    for (args, wanted) in [
        ("rxsize=64", "argument 1 is none that a PCI device's port takes, did you mean rx_size?"),
        ("class=eth", "give rx_size or tx_size"),
        ("rx_size=100", "rx_size has a value that is not a power of two from 16 to 32768"),
        ("rx_size=65535", "rx_size has a value"),
        ("tx_size=0", "tx_size has a value"),
        ("rx_size=64,rx_size=64", "rx_size is given twice"),
        ("rx_size", "argument 1 has no '='"),
    ] {
        refused_with(&["-a", &format!("03:00.0,{args}")], &[wanted]);
    }
    let twice = ["-a", "03:00.0", "-a", "3:0.0,rx_size=64"];
    refused_with(&twice, &["named before with other arguments"]);
}

#[test]
fn a_device_is_not_used_where_none_is_looked_at() {
    assert!(accepted(&["--no-pci", "-b", "03:00.0"]).no_pci);
    let both = ["-a", "03:00.0", "--no-pci"];
    refused_with(&both, &["'-a' and '--no-pci' cannot be given together"]);
}

#[test]
fn what_is_no_place_of_a_device_is_refused() {
    for text in [
        "error",
        "0:0:0",
        "0:error:0.1",
        "0:0:0.1error",
        "error0:0:0.1",
        "0:0:0.1.2",
        "",
        ".",
        ":.",
        "0:0:20.0",
        "0:0:0.8",
        "100:0.0",
        "100000000:0:0.0",
        "0:0x1:0.0",
        " 0:0:0.0",
        "0:0:-1.0",
    ] {
        for option in ["-a", "-b"] {
            let argument = format!("{option}={text}");
            if text.is_empty() {
                continue;
            }
            refused_with(&[&argument], &["not the place of a PCI device", "0000:03:00.0"]);
        }
    }
    refused_with(&["-a", "net_null0"], &["no device of the machine's", "give it with --vdev"]);
}

#[test]
fn a_device_is_not_used_and_left_alone() {
    let both = ["-a", "03:00.0", "-b", "0000:03:00.0"];
    refused_with(&both, &["'-a' and '-b' cannot be given together", "both name one device"]);
    accepted(&["-a", "03:00.0", "-b", "03:00.1"]);
}

#[test]
fn more_devices_than_can_be_kept_are_refused() {
    let names: Vec<String> = (0..=DEVICE_MAX).map(|n| format!("--vdev=net_null{n}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    accepted(&all[..DEVICE_MAX]);
    refused_with(&all, &["more than 32"]);
}
