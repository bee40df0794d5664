//! Doors to devices and networks.

use phalanx_core::count::Count;
use phalanx_linux::doctor::{Capability, Entry, Machine};

use crate::doctor::Subject;
use crate::doctor::check::Check;

/// How a device is given to a driver in user space.
const BIND: &str = "for the device at ADDR: echo DRIVER > /sys/bus/pci/devices/ADDR/driver_override; \
                    echo ADDR > /sys/bus/pci/drivers_probe";

pub(super) fn iommu(machine: &Machine) -> Check {
    let devices = &machine.devices;
    let groups = Count::of(devices.iommu_groups, "group of devices", "groups of devices");
    if devices.iommu_groups > 0 {
        return Check::good(
            Subject::Iommu,
            format!("{} {groups}", devices.iommus.join(" ")).trim(),
        );
    }
    Check::missing(
        Subject::Iommu,
        "there is none, or it is off",
        "boot with intel_iommu=on iommu=pt (AMD: iommu=pt), and switch VT-d or AMD-Vi on in the firmware",
    )
}

pub(super) fn vfio(machine: &Machine) -> Check {
    let (subject, devices) = (Subject::Vfio, &machine.devices);
    let Some(container) = &devices.vfio else {
        let unsafely = if devices.iommu_groups > 0 {
            ""
        } else {
            "; without an IOMMU also: echo 1 > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
        };
        return Check::missing(
            subject,
            "there is no /dev/vfio/vfio",
            format!("modprobe vfio-pci{unsafely}"),
        );
    };
    if !container.is_usable() {
        return closed(subject, &[container]);
    }
    let groups = &devices.vfio_groups;
    let shut: Vec<&Entry> =
        groups.iter().map(|it| &it.entry).filter(|entry| !entry.is_usable()).collect();
    let names = groups.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(" ");
    let check = if groups.is_empty() {
        let mend = BIND.replace("DRIVER", "vfio-pci");
        Check::poor(subject, "no device has the driver vfio-pci", mend)
    } else if !shut.is_empty() {
        closed(subject, &shut)
    } else if groups.iter().any(|it| it.name.starts_with("noiommu")) {
        let mend = "boot with an IOMMU (see iommu)";
        Check::poor(
            subject,
            format!("{names}: without an IOMMU, a device reaches all memory"),
            mend,
        )
    } else {
        Check::good(subject, format!("groups: {names}"))
    };
    check.with(groups.iter().map(|it| shown(&it.entry)).collect())
}

pub(super) fn uio(machine: &Machine) -> Check {
    let (subject, devices) = (Subject::Uio, &machine.devices);
    let drivers = ["uio_pci_generic", "igb_uio"];
    let driver = drivers.into_iter().find(|driver| devices.has_module(driver));
    let shut: Vec<&Entry> = devices.uio.iter().filter(|entry| !entry.is_usable()).collect();
    let check = match (driver, devices.uio.as_slice()) {
        (None, []) => {
            Check::missing(subject, "no driver of UIO is loaded", "modprobe uio_pci_generic")
        }
        (Some(driver), []) => {
            let found = format!("{driver} is there, and no device has it");
            Check::poor(subject, found, BIND.replace("DRIVER", driver))
        }
        (_, _) if !shut.is_empty() => closed(subject, &shut),
        (_, all) => Check::good(subject, Count::of(all.len(), "device", "devices").to_string()),
    };
    check.with(devices.uio.iter().map(shown).collect())
}

pub(super) fn network(machine: &Machine) -> Check {
    let subject = Subject::Network;
    let rights = match &machine.rights {
        Ok(rights) => rights,
        Err(why) => return Check::unknown(subject, why),
    };
    let has_raw = rights.has(Capability::NetRaw);
    let has_admin = rights.has(Capability::NetAdmin);
    let has_tun = machine.devices.tun.as_ref().is_some_and(Entry::is_usable);
    let setcap = "as root: setcap cap_net_raw,cap_net_admin+ep PROGRAM";
    match (has_raw, has_admin, has_tun) {
        (true, true, true) => Check::good(subject, "AF_PACKET and TAP"),
        (true, _, false) => {
            Check::poor(subject, "AF_PACKET; no /dev/net/tun for TAP", "modprobe tun")
        }
        (true, false, true) => Check::poor(subject, "AF_PACKET; CAP_NET_ADMIN is missing", setcap),
        (false, true, true) => Check::poor(subject, "TAP; CAP_NET_RAW is missing", setcap),
        (false, ..) => {
            Check::missing(subject, "neither CAP_NET_RAW nor a TAP device to be had", setcap)
        }
    }
}

/// Device files that this user may not use.
fn closed(subject: Subject, entries: &[&Entry]) -> Check {
    let paths =
        entries.iter().map(|it| it.path.display().to_string()).collect::<Vec<_>>().join(" ");
    let first = entries.first().map(|it| shown(it)).unwrap_or_default();
    let found = format!("closed to this user: {first}");
    Check::missing(subject, found, format!("as root: chown $USER {paths}"))
}

fn shown(entry: &Entry) -> String {
    let Entry { path, mode, uid, gid, .. } = entry;
    format!("{} (mode {mode:04o}, user {uid}, group {gid})", path.display())
}
