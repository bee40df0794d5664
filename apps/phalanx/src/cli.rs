//! The command line of the tool.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Processes that share hugepage memory at one fixed address, and pass packets through it.
#[derive(Debug, Parser)]
#[command(
    name = "phalanx",
    version,
    after_help = "Example:\n  phalanx demo --pcap traffic.pcap\n  phalanx info --file-prefix demo --json"
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
    /// Start a worker with the right limits, and anew if asked
    Run(RunOptions),
    /// Show a group: processes, lcores, memory, zones, rings, pools
    Info(InfoOptions),
    /// Remove what a dead group has left
    Clean(CleanOptions),
}

/// Options of `demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if every packet is accounted for, 1 if not.\n\nExample:\n  phalanx demo --pcap traffic.pcap --packets 1000000 --pps 0\n  phalanx demo -- -m 64 --socket-limit 256\n\nWhat stands after `--` goes to the group's primary (see `simple_mp --help`)."
)]
pub(crate) struct DemoOptions {
    /// Capture file to send (pcap or pcapng); without it, a small real one that comes with the program
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// How many packets to send; the capture is repeated as needed (default: 300,000, or the capture once if it is longer)
    #[arg(long, value_name = "N")]
    pub packets: Option<u64>,
    /// Packets a second, 0 for as many as possible
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub pps: u64,
    /// Do not kill a worker half-way
    #[arg(long)]
    pub no_kill: bool,
    /// Print the summary as JSON and nothing else
    #[arg(long)]
    pub json: bool,
    /// Arguments for the group's primary, after `--`
    #[arg(last = true, value_name = "EAL ARGS")]
    pub eal: Vec<String>,
}

/// Options of a demo worker.
#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    /// Which of the workers this is
    #[arg(long)]
    pub index: usize,
    /// Arguments for the EAL
    #[arg(last = true)]
    pub eal: Vec<String>,
}

/// Options of `run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: the worker's; 128 and the signal's number if one ended it.\n\nExample:\n  phalanx run --restart 3 worker --file-prefix demo -l 1 --sched fifo:50 -- 0"
)]
pub(crate) struct RunOptions {
    /// How often a worker that ends badly is started anew
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub restart: u32,
    /// The worker's program, and all its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "WORKER"
    )]
    pub command: Vec<String>,
}

impl RunOptions {
    /// The worker's program.
    pub(crate) fn worker(&self) -> &str {
        self.command.first().map(String::as_str).unwrap_or_default()
    }
}

/// Options of `info`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if the group lives and was shown, 1 if not.\n\nExample:\n  phalanx info --file-prefix demo --json"
)]
pub(crate) struct InfoOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `clean`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if nothing of the group is left, 1 if it is alive or could not be removed.\n\nExample:\n  phalanx clean --file-prefix demo"
)]
pub(crate) struct CleanOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx", conflicts_with = "all")]
    pub file_prefix: String,
    /// Every dead group of this user
    #[arg(long)]
    pub all: bool,
    /// For programs
    #[arg(long)]
    pub json: bool,
}
