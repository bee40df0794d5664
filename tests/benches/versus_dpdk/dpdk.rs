//! DPDK's side: builds the C peers if libdpdk is here, starts them and single secondaries, and removes
//! the files a DPDK primary leaves behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::attach::{self, Attach};
use crate::options::Options;
use crate::pair::{Pair, Priority};

/// DPDK's name for this group. Fixed, so that a run that was cut short is cleaned by the next.
const PREFIX: &str = "phalanx_bench";

/// The group's programs and files. Drop it after the pair: it removes what the primary leaves.
#[derive(Debug)]
pub(crate) struct Dpdk {
    programs: PathBuf,
}

/// Builds and starts the pair; an error is the reason why there is none.
pub(crate) fn start(options: &Options, priority: Priority) -> io::Result<(Dpdk, Pair)> {
    let group = Dpdk { programs: build()? };
    let pair = Pair::start("DPDK", |control, me| {
        let mut command = priority.command(&group.programs.join("peer"));
        command.arg(control).arg(me.to_string()).args(eal_arguments(me));
        if me == 0 {
            command.args(["-m", &options.memory_mb.to_string()]);
        }
        command
    })?;
    Ok((group, pair))
}

fn build() -> io::Result<PathBuf> {
    let found = Command::new("pkg-config").args(["--exists", "libdpdk"]).status();
    if !found.is_ok_and(|status| status.success()) {
        return Err(io::Error::other("libdpdk is not installed (apt-get install libdpdk-dev)"));
    }
    let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("versus_dpdk");
    let made = Command::new("make")
        .args(["--silent", "-C", concat!(env!("CARGO_MANIFEST_DIR"), "/bench/dpdk")])
        .arg(format!("OUT={}", programs.display()))
        .status()?;
    if made.success() { Ok(programs) } else { Err(io::Error::other(format!("make: {made}"))) }
}

fn eal_arguments(me: usize) -> Vec<String> {
    let role = if me == 0 { "primary" } else { "secondary" };
    let core = me.to_string();
    ["--proc-type", role, "-l", &core, "--file-prefix", PREFIX]
        .into_iter()
        .chain(["--no-pci", "--no-telemetry", "--log-level", "error"])
        .map(str::to_owned)
        .collect()
}

impl Dpdk {
    /// Starts a secondary, with `more` arguments, and times its attach.
    pub(crate) fn join_once(&self, more: &[&str]) -> io::Result<Attach> {
        let mut arguments = eal_arguments(1);
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        attach::time(Command::new(self.programs.join("attach")), &arguments)
    }
}

impl Drop for Dpdk {
    /// What a DPDK primary leaves when it ends: its runtime folder and one file for each hugepage.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(Path::new("/var/run/dpdk").join(PREFIX));
        for folder in hugetlbfs_folders() {
            remove_maps(&folder);
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

fn remove_maps(folder: &Path) {
    let ours = format!("{PREFIX}map_");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&ours) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
