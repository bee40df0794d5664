//! What a device is used for, which would be lost with its driver.
//!
//! The kernel takes a driver away from a device whatever hangs on it. So who asks it to looks first:
//! at processes that drive it, at routes, at what stands on an interface (a bridge, a bond, a VLAN), and at mounts.
//! Only what lies in this process's namespaces can be seen, and of other users' processes only as root: an interface
//! of another network namespace counts as used, and without a /proc nothing is taken for unused.

use core::fmt;
use std::path::PathBuf;

use super::PciDevice;
use super::device::has_hidden_interfaces;
use super::driven::{Driving, driven_by};
use crate::eal::options::Shown;
use crate::kernel_files::{KernelFileError, KernelFiles, entries, read_text};

/// What a device is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InUse {
    /// A process drives it from user space.
    Driven {
        /// The one with the lowest id of those that do.
        by: Driving,
        /// How many others do.
        others: usize,
    },
    /// Packets are routed to an interface of it.
    Route {
        /// The interface.
        interface: String,
    },
    /// An interface of it is part of another.
    Upper {
        /// The interface.
        interface: String,
        /// The other.
        upper: String,
    },
    /// An interface of it is another network namespace's, whose routes cannot be seen from here.
    Elsewhere {
        /// The interface, if sysfs shows it.
        interface: Option<String>,
    },
    /// A file system on it is mounted.
    Mount {
        /// Where.
        at: String,
    },
}

impl fmt::Display for InUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driven { by: Driving { pid, name, prefix }, others } => {
                write!(f, "process {pid} ({}) ", Shown::<32>::of(name))?;
                if let Some(prefix) = prefix {
                    write!(f, "of group '{prefix}' ")?;
                }
                f.write_str("drives it")?;
                match others {
                    0 => Ok(()),
                    1 => f.write_str(", and another process does"),
                    others => write!(f, ", and {others} other processes do"),
                }
            }
            Self::Route { interface } => {
                write!(f, "packets are routed to its interface {interface}")
            }
            Self::Upper { interface, upper } => {
                write!(f, "its interface {interface} is part of {upper}")
            }
            Self::Elsewhere { interface } => write!(
                f,
                "its interface {}is another network namespace's",
                interface.iter().map(|it| format!("{it} ")).collect::<String>()
            ),
            Self::Mount { at } => write!(f, "{at} is mounted from it"),
        }
    }
}

/// What to do about a use.
pub(super) struct Advice<'a>(pub &'a InUse);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            InUse::Driven { by: Driving { prefix: Some(prefix), .. }, .. } => write!(
                f,
                "have it detached there first (`phalanx info --file-prefix {prefix}` shows its port), or end who drives it"
            ),
            InUse::Driven { .. } => f.write_str("end who drives it first"),
            InUse::Route { interface } => {
                write!(f, "take it down first (`ip link set {interface} down`)")
            }
            InUse::Upper { interface, upper } => write!(
                f,
                "take it out first (`ip link set {interface} nomaster`, or delete {upper})"
            ),
            InUse::Elsewhere { .. } => {
                f.write_str("give it back there first (`ip link set NAME netns 1`)")
            }
            InUse::Mount { at } => write!(f, "unmount it first (`umount {at}`)"),
        }
    }
}

/// The interfaces to which packets are routed. That an IPv6 interface which is up reaches its own
/// link and its multicast groups is no route in this sense. Cost: two files.
///
/// # Errors
/// [`KernelFileError`]; a kernel without IPv6 or without networks has no such file, and no routes.
pub fn routed_interfaces(kernel: &KernelFiles) -> Result<Vec<String>, KernelFileError> {
    let text = |name: &str| match read_text(&kernel.proc(name)) {
        Err(error) if error.is_absent() => Ok(String::new()),
        result => result,
    };
    let (of_ipv4, of_ipv6) = (text("net/route")?, text("net/ipv6_route")?);
    let of_ipv4 = of_ipv4.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    let of_ipv6 = of_ipv6.lines().filter_map(|line| {
        let target = line.split_whitespace().next()?;
        let is_local = target.starts_with("fe8") || target.starts_with("ff");
        line.split_whitespace().last().filter(|name| !is_local && *name != "lo")
    });
    let mut names: Vec<String> = of_ipv4.chain(of_ipv6).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What `device` is used for; `None` if for nothing that can be seen.
///
/// # Errors
/// [`KernelFileError`].
pub fn in_use(kernel: &KernelFiles, device: &PciDevice) -> Result<Option<InUse>, KernelFileError> {
    let mut driving = driven_by(kernel, device).into_iter();
    if let Some(by) = driving.next() {
        return Ok(Some(InUse::Driven { by, others: driving.len() }));
    }
    let routed = routed_interfaces(kernel)?;
    let here = interfaces_here(kernel)?;
    for interface in &device.interfaces {
        let interface = interface.clone();
        if here.as_ref().is_some_and(|here| !here.contains(&interface)) {
            return Ok(Some(InUse::Elsewhere { interface: Some(interface) }));
        }
        if routed.contains(&interface) {
            return Ok(Some(InUse::Route { interface }));
        }
        let directory = kernel.sys(&format!("class/net/{interface}"));
        let uppers = entries(&directory, "upper_", |name| Some(name.to_owned()));
        if let Some(upper) = uppers.unwrap_or_default().into_iter().min() {
            return Ok(Some(InUse::Upper { interface, upper }));
        }
    }
    if has_hidden_interfaces(&kernel.sys(&format!("bus/pci/devices/{}", device.address))) {
        return Ok(Some(InUse::Elsewhere { interface: None }));
    }
    Ok(mount_of(kernel, device)?.map(|at| InUse::Mount { at }))
}

/// The interfaces of this process's network namespace; sysfs may show another's. `None` of a kernel without networks.
fn interfaces_here(kernel: &KernelFiles) -> Result<Option<Vec<String>>, KernelFileError> {
    let text = match read_text(&kernel.proc("net/dev")) {
        Err(error) if error.is_absent() => return Ok(None),
        result => result?,
    };
    // Two lines of headings.
    let names = text.lines().skip(2).filter_map(|line| line.split_once(':'));
    Ok(Some(names.map(|(name, _)| name.trim().to_owned()).collect()))
}

/// Where a disk of the device, or what is made of it, is mounted.
fn mount_of(kernel: &KernelFiles, device: &PciDevice) -> Result<Option<String>, KernelFileError> {
    // Each kernel has it: where it is absent, no /proc is mounted, and nothing that is used can be seen.
    let mounts = read_text(&kernel.proc("self/mountinfo"))?;
    let address = device.address.to_string();
    let mut mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(2);
        Some((words.next()?, words.nth(1)?))
    });
    let found =
        mounts.find(|(disk, _)| lies_on(&kernel.sys(&format!("dev/block/{disk}")), &address));
    Ok(found.map(|(_, at)| at.to_owned()))
}

/// Whether a disk, or one that it is made of, hangs on the device: its place in sysfs says so.
fn lies_on(disk: &PathBuf, address: &str) -> bool {
    let Ok(place) = std::fs::canonicalize(disk) else { return false };
    let is_below = |place: &PathBuf| place.iter().any(|part| part == address);
    let parts = entries(&place.join("slaves"), "", |name| Some(name.to_owned()));
    let of_parts = parts.unwrap_or_default().into_iter();
    let mut of_parts =
        of_parts.filter_map(|part| std::fs::canonicalize(place.join("slaves").join(part)).ok());
    is_below(&place) || of_parts.any(|place| is_below(&place))
}
