//! What makers call their devices: from the list `pci.ids`, which most machines have.
//!
//! A line of a maker is `8086  Intel Corporation`; below it stand its devices, each after a tab.

use std::collections::BTreeMap;
use std::fs::read;

use phalanx_linux::pci::{Ids, PciDevice};

/// Where distributions keep the list.
const LISTS: [&str; 2] = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];

/// The names of some devices, by maker and number.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<(u16, u16), String>);

impl Names {
    /// Those of `devices`, if there is a list.
    pub(super) fn read(devices: &[PciDevice]) -> Self {
        let Some(list) = LISTS.into_iter().find_map(|path| read(path).ok()) else {
            return Self::default();
        };
        let wanted: Vec<Ids> = devices.iter().map(|device| device.ids).collect();
        Self::parse(&String::from_utf8_lossy(&list), &wanted)
    }

    fn parse(list: &str, wanted: &[Ids]) -> Self {
        let mut names = BTreeMap::new();
        let mut maker: Option<(u16, &str)> = None;
        for line in list.lines() {
            // Behind the makers come classes, whose lines begin with a letter and a blank.
            match line.strip_prefix('\t') {
                None if line.starts_with('#') || line.is_empty() => {}
                None => maker = entry(line),
                Some(line) => {
                    let (Some((vendor, of)), Some((device, name))) = (maker, entry(line)) else {
                        continue;
                    };
                    if wanted.iter().any(|ids| (ids.vendor, ids.device) == (vendor, device)) {
                        names.insert((vendor, device), format!("{of} {name}"));
                    }
                }
            }
        }
        Self(names)
    }

    /// What a device is called.
    pub(super) fn of(&self, ids: Ids) -> Option<String> {
        self.0.get(&(ids.vendor, ids.device)).cloned()
    }
}

/// `8086  Intel Corporation`.
fn entry(line: &str) -> Option<(u16, &str)> {
    let (id, name) = line.split_once("  ")?;
    let is_id = id.len() == 4 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some((u16::from_str_radix(id, 16).ok()?, name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# comment\n\n8086  Intel\n\t10d3  82574L\n\t\t8086 0001  Some card\n\t100e  82540EM\n\
                        1af4  Red Hat\n\t1041  Virtio network\nC 02  Network controller\n\t00  Ethernet\n";

    #[test]
    fn devices_that_are_there_have_their_makers_name_and_their_own() {
        let ids = |vendor, device| Ids { vendor, device, subsystem_vendor: 0, subsystem_device: 0 };
        let names = Names::parse(LIST, &[ids(0x8086, 0x10d3), ids(0x1af4, 0x1041)]);
        assert_eq!(names.of(ids(0x8086, 0x10d3)).as_deref(), Some("Intel 82574L"));
        assert_eq!(names.of(ids(0x1af4, 0x1041)).as_deref(), Some("Red Hat Virtio network"));
        assert_eq!(names.of(ids(0x8086, 0x100e)), None, "nobody asked");
    }
}
