//! DPDK's side of the benches: its C programs, built if libdpdk is here, and what a DPDK primary
//! leaves behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the programs under `tests/bench/dpdk/` into a folder of `scratch` and returns it. A bench
/// hands in its `CARGO_TARGET_TMPDIR`; all benches share the folder.
///
/// # Errors
/// Why there are none: libdpdk is not installed, or make failed.
pub fn programs(scratch: &Path) -> io::Result<PathBuf> {
    make(scratch, "all")
}

/// The same for DPDK's own samples of server and client, and for who counts what these have sent.
///
/// # Errors
/// As of [`programs`]; or the samples' sources are not installed.
pub fn samples(scratch: &Path) -> io::Result<PathBuf> {
    if !Path::new(SAMPLES).is_dir() {
        let why = format!("{SAMPLES} is not there (apt-get install dpdk-doc)");
        return Err(io::Error::other(why));
    }
    make(scratch, "samples")
}

/// The same for the one that runs in a guest.
///
/// # Errors
/// As of [`programs`].
pub fn wire(scratch: &Path) -> io::Result<PathBuf> {
    make(scratch, "wire").map(|programs| programs.join("wire"))
}

/// The sources of DPDK's multi-process samples.
const SAMPLES: &str = "/usr/share/dpdk/examples/multi_process";

fn make(scratch: &Path, goal: &str) -> io::Result<PathBuf> {
    let found = Command::new("pkg-config").args(["--exists", "libdpdk"]).status();
    if !found.is_ok_and(|status| status.success()) {
        return Err(io::Error::other("libdpdk is not installed (apt-get install libdpdk-dev)"));
    }
    let programs = scratch.join("dpdk");
    let made = Command::new("make")
        .args(["--silent", "-C", concat!(env!("CARGO_MANIFEST_DIR"), "/bench/dpdk"), goal])
        .arg(format!("OUT={}", programs.display()))
        .status()?;
    if made.success() { Ok(programs) } else { Err(io::Error::other(format!("make: {made}"))) }
}

/// Removes what a DPDK primary called `prefix` leaves when it ends: its runtime folder, and one file
/// for each hugepage.
pub fn remove_leftovers(prefix: &str) {
    // What is not there need not be removed, and what cannot be is the next run's to reuse.
    let _ = fs::remove_dir_all(Path::new("/var/run/dpdk").join(prefix));
    let maps = format!("{prefix}map_");
    for folder in hugetlbfs_folders() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&maps) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn hugetlbfs_folders() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields
        .filter(|fields| fields.get(2) == Some(&"hugetlbfs"))
        .filter_map(|fields| fields.get(1).map(PathBuf::from))
        .collect()
}
