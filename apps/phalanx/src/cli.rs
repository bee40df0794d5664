//! The command line of the tool.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use phalanx_core::group::CpuSet;
use phalanx_linux::cpu::parse_cpu_list;

use crate::doctor::Subject;

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
    /// Tell a secondary to become the group's primary
    Promote(PromoteOptions),
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
    after_help = "Exit status: 0 if every packet came back or was recovered, no buffer is missing and none lost; 1 if not.\n\nExample:\n  phalanx demo --pcap traffic.pcap --packets 1000000 --pps 0\n  phalanx demo -- -m 64 --socket-limit 256\n\nWhat stands after `--` goes to the group's primary (see `simple_mp --help`)."
)]
pub(crate) struct DemoOptions {
    /// Capture file to send (pcap or pcapng); without it, a small real one that comes with the program
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// How many packets to send; the capture is repeated as needed (default: 300,000, or the capture once if it is longer)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub packets: Option<u64>,
    /// Packets a second, 0 for as many as possible
    #[arg(long, value_name = "N", default_value_t = 100_000, allow_negative_numbers = true)]
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

/// Options of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "States: good; poor (it works, and loses what the line names); missing (it does not work); unknown (the machine does not say). Nothing is changed. What is said holds for this user and these limits: ask as who will run it.\n\nExit status: 0; 1 if something that --need asks for is not good.\n\nExample:\n  phalanx doctor\n  phalanx doctor --need hugepages,isolated,nohz,no-irqs,vfio --cpus 2-3\n  phalanx doctor --json"
)]
pub(crate) struct DoctorOptions {
    /// Fail unless all of these are good
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub need: Vec<Subject>,
    /// CPUs that workers shall have, as 2-3,5 (default: those that are isolated)
    #[arg(long, value_name = "LIST", value_parser = cpu_list)]
    pub cpus: Option<CpuSet>,
    /// Everything that was found, and what it is needed for
    #[arg(long)]
    pub verbose: bool,
    /// For programs
    #[arg(long, conflicts_with = "verbose")]
    pub json: bool,
}

fn cpu_list(text: &str) -> Result<CpuSet, &'static str> {
    let list = parse_cpu_list(text).filter(|cpus| !cpus.is_empty());
    list.ok_or("give CPUs as 2-3,5")
}

/// Options of `run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Limits: 8 MB of stack (a giant one moves a program into the group's addresses), and as much locked memory and real-time priority as this user may have. Without --restart the worker takes the place of this process. With it, one that exits with anything but 0, or that a signal ends, is started anew after 0.1 s, unless SIGINT, SIGTERM or SIGHUP has come, which ask it to end (SIGTERM).\n\nExit status: the worker's; 128 and the signal's number if one ended it; 1 if it cannot be started.\n\nExample:\n  phalanx run --restart 3 worker --file-prefix demo -l 1 --sched fifo:50 -- 0"
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

/// Options of `ps`.
#[derive(Debug, Args)]
#[command(
    after_help = "States: live, joining, stopped (by a signal), traced (by a debugger), zombie (dead, its parent has not asked), dead (not reaped yet).\nObjects: what the process holds of recoverable pools, in its hands and in its caches.\n\nExit status: 0 if the group lives and was shown, 1 if not.\n\nExample:\n  phalanx ps --file-prefix demo --watch"
)]
pub(crate) struct PsOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// Show it again and again, at once when something changes and every SECONDS at least, until the group is dead
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub watch: Option<u16>,
    /// For programs; with --watch, one line each time
    #[arg(long)]
    pub json: bool,
}

/// Options of `audit`.
#[derive(Debug, Args)]
#[command(
    after_help = "The audit joins the group as a secondary for as long as it looks, since it takes the group's lock; who is dead is reaped first, as by any process that joins. The group may work meanwhile: what movement can explain is looked at again before it is reported. Of a dead group, see `inspect`.\n\nExit status: 0 if all is consistent, 1 if not, or if the group could not be looked at.\n\nExample:\n  phalanx audit --file-prefix demo --json"
)]
pub(crate) struct AuditOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is changed: the memory is mapped read-only, no lock is taken, and the audit is made of a copy. What is inconsistent was held, or being changed, when its process died.\n\nExit status: 0 if the group is dead and was shown, 1 if not.\n\nExample:\n  phalanx inspect --file-prefix demo"
)]
pub(crate) struct InspectOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `promote`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if the process is primary now, 1 if not: then the roles are as they were, another process has won, or the process has begun and waits for a primary that is stopped (see `phalanx ps`).\n\nExample:\n  phalanx promote --file-prefix demo\n  phalanx promote --file-prefix demo --slot 3 --from-living"
)]
pub(crate) struct PromoteOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// The slot of the process (see `phalanx ps`); without it, the lowest secondary that is not stopped
    #[arg(long, value_name = "N")]
    pub slot: Option<u16>,
    /// Take the role from a living primary too, which goes on as a secondary
    #[arg(long)]
    pub from_living: bool,
    /// How long to wait for it
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub wait: u16,
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
