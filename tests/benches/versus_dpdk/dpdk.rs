//! DPDK's side: the C peers if libdpdk is here, and single secondaries.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use phalanx_tests::dpdk;

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
    let group = Dpdk { programs: dpdk::programs(Path::new(env!("CARGO_TARGET_TMPDIR")))? };
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
    fn drop(&mut self) {
        dpdk::remove_leftovers(PREFIX);
    }
}
