//! The command line of the tool: its commands here, their options by what they are about.

mod group;
mod machine;
mod programs;
mod traffic;

pub(crate) use group::{
    AuditOptions, CleanOptions, InfoOptions, InspectOptions, LogsOptions, ProgramFiles,
    PromoteOptions, PsOptions,
};
pub(crate) use machine::{BindOptions, ClockOptions, DevicesOptions, DoctorOptions, UnbindOptions};
pub(crate) use programs::{DemoOptions, RunOptions, WorkerOptions};
pub(crate) use traffic::{CaptureOptions, PingOptions, SendOptions};

use clap::{Parser, Subcommand};

/// Processes that share hugepage memory at one fixed address, and pass packets through it.
#[derive(Debug, Parser)]
#[command(
    name = "phalanx",
    version,
    after_help = "Example:\n  phalanx demo --pcap traffic.pcap\n  phalanx info --file-prefix demo --json\n  phalanx ps --watch"
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the tool can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send every packet of a capture through two other processes and back; kill one half-way
    Demo(DemoOptions),
    /// One of the demo's workers (started by `demo`)
    #[command(hide = true)]
    DemoWorker(WorkerOptions),
    /// Look at this machine: what is there, what each part needs, and the command that mends it
    Doctor(DoctorOptions),
    /// Hold the clocks of this machine against each other
    Clock(ClockOptions),
    /// Show the PCI devices of this machine: who drives them, what they are used for
    Devices(DevicesOptions),
    /// Give PCI devices to a driver
    Bind(BindOptions),
    /// Take PCI devices away from their drivers
    Unbind(UnbindOptions),
    /// Start a worker with the right limits, and anew if asked
    Run(RunOptions),
    /// Show the processes of a group: who, since when, doing what, holding what
    Ps(PsOptions),
    /// Show a group: processes, lcores, memory, zones, rings, pools
    Info(InfoOptions),
    /// Look for inconsistencies in everything that a group shares
    Audit(AuditOptions),
    /// Show a dead group: who died last, what it held, what is inconsistent
    Inspect(InspectOptions),
    /// Show what the processes of a group have logged, the dead ones too
    Logs(LogsOptions),
    /// What decodes for `logs` (started by `logs`)
    #[command(hide = true)]
    LogsDecoder(ProgramFiles),
    /// Write packets that pass a group's ports to a file
    Capture(CaptureOptions),
    /// Tell a secondary to become the group's primary
    Promote(PromoteOptions),
    /// Ask every process of a group for an answer, and time it
    Ping(PingOptions),
    /// Send a message to processes of a group
    Send(SendOptions),
    /// Remove what a dead group has left
    Clean(CleanOptions),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn each_command_about_a_group_takes_its_prefix_and_json() {
        let tool = Cli::command();
        for name in "ps info audit capture promote ping send logs inspect clean".split_whitespace()
        {
            let command = tool.find_subcommand(name).unwrap();
            let takes = |option| command.get_arguments().any(|it| it.get_long() == Some(option));
            assert!(takes("file-prefix") && takes("json"), "{name}");
        }
    }
}
