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
    /// Show a group: processes, lcores, memory, zones, rings, pools
    Info(InfoOptions),
    /// Ask every process of a group for an answer, and time it
    Ping(PingOptions),
    /// Send a message to processes of a group
    Send(SendOptions),
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

/// Options of `ping`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if every process answered each time, 1 if not, or if there is none.\n\nExample:\n  phalanx ping --file-prefix demo --count 10000 --size 64"
)]
pub(crate) struct PingOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// Only the process in this slot; without it, each of them in turn
    #[arg(long, value_name = "N")]
    pub slot: Option<u16>,
    /// How many times each is asked
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub count: u32,
    /// Bytes that are sent and come back, 0 to 256
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(0..=256))]
    pub size: u16,
    /// How long an answer is waited for, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    pub timeout: u64,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `send`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if it was put into the queue of every process it is for, 1 if not, or if there is none.\n\nExample:\n  phalanx send --file-prefix demo app/reload /etc/app.conf"
)]
pub(crate) struct SendOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// Only to the process in this slot; without it, to every process
    #[arg(long, value_name = "N", conflicts_with = "primary")]
    pub slot: Option<u16>,
    /// Only to the primary
    #[arg(long)]
    pub primary: bool,
    /// The action's name, 1 to 63 printable ASCII characters
    pub name: String,
    /// What it carries, at most 256 bytes
    pub text: String,
}
