//! Who drives a device from user space: the processes that have the kernel's file of it open.
//!
//! It is the kernel's word, and holds for any program. All processes that use a device have that file: its owner has
//! opened it, the others were handed it. A process of a group has the group file open too, whose path names the group.
//!
//! VFIO's file is that of an IOMMU group, so it may be open for another device; but while nobody has a device open, VFIO
//! leaves it disabled, and then nobody drives it.

use std::path::{Path, PathBuf};

use super::PciDevice;
use crate::kernel_files::{KernelFiles, entries, read_number, read_text};
use crate::process::{open_files, pids};
use crate::runtime_dir::Prefix;

/// A process that drives a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driving {
    /// It.
    pub pid: u32,
    /// What it is called.
    pub name: String,
    /// The file prefix of its group, if it is in one.
    pub prefix: Option<Prefix>,
}

/// The processes that drive `device` from user space, as far as this user may see, the lowest id first; none if a
/// driver of the kernel has it. Cost: a look at every descriptor of every process.
pub fn driven_by(kernel: &KernelFiles, device: &PciDevice) -> Vec<Driving> {
    let files = match device.driver.as_deref() {
        Some("vfio-pci") => files_of_vfio(device),
        Some("uio_pci_generic" | "igb_uio") => {
            let name = |name: &str| Some(PathBuf::from(format!("/dev/uio{name}")));
            entries(&device.file("uio"), "uio", name).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    if files.is_empty() {
        return Vec::new();
    }
    let driving = |pid| {
        let open = open_files(kernel, pid);
        open.iter().any(|file| files.contains(file)).then(|| Driving {
            pid,
            name: read_text(&kernel.proc(&format!("{pid}/comm")))
                .map_or("?".to_owned(), |name| name.trim_end().to_owned()),
            prefix: open.iter().find_map(|file| prefix_of(file)),
        })
    };
    pids(kernel).into_iter().filter_map(driving).collect()
}

/// The files by which VFIO hands the device over; none while nobody has it open.
fn files_of_vfio(device: &PciDevice) -> Vec<PathBuf> {
    // How many have asked the kernel to enable the device; VFIO does for who opens it.
    if read_number(&device.file("enable")) == Ok(0) {
        return Vec::new();
    }
    let own = |name: &str| Some(PathBuf::from(format!("/dev/vfio/devices/vfio{name}")));
    let mut files = entries(&device.file("vfio-dev"), "vfio", own).unwrap_or_default();
    if let Some(group) = device.iommu_group {
        files.extend(["", "noiommu-"].map(|kind| format!("/dev/vfio/{kind}{group}").into()));
    }
    files
}

/// The prefix of the group whose group file this is: `<base>/phalanx/<prefix>/group`.
fn prefix_of(file: &Path) -> Option<Prefix> {
    let dir = file.parent()?;
    let above = dir.parent()?.file_name()?.to_str()?;
    let is_group = file.file_name()? == "group" && above.starts_with("phalanx");
    Prefix::new(dir.file_name()?.to_str()?).ok().filter(|_| is_group)
}
