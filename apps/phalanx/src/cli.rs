//! The command line of the tool.

use core::time::Duration;
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

/// Options of `devices`.
#[derive(Debug, Args)]
#[command(
    after_help = "Active is what packets are routed to, what is part of a bridge, a bond or the like, and what a mounted file system lies on: `bind` and `unbind` leave it alone.\n\nExit status: 0 if the devices were shown, 1 if not.\n\nExample:\n  phalanx devices\n  phalanx devices --json"
)]
pub(crate) struct DevicesOptions {
    /// Bridges and the like, too
    #[arg(long)]
    pub verbose: bool,
    /// For programs: everything that is known of each
    #[arg(long, conflicts_with = "verbose")]
    pub json: bool,
    /// A directory with a `sys` and a `proc` in it, instead of this machine's
    #[arg(long, value_name = "DIR", hide = true)]
    pub sysfs: Option<PathBuf>,
}

/// Options of `bind`.
#[derive(Debug, Args)]
#[command(
    after_help = "Takes root, and the driver's module loaded (`modprobe vfio-pci`). A device that is in use, and a bridge, is left alone; nothing is changed unless all devices that are named may be. If the driver does not take one, its old driver gets it back.\n\nExit status: 0 if the driver has all of them, 1 if not.\n\nExample:\n  phalanx bind vfio-pci 0000:03:00.0 03:00.1\n  phalanx bind e1000e 03:00.0"
)]
pub(crate) struct BindOptions {
    /// The driver: vfio-pci, uio_pci_generic, or one of the kernel's own
    #[arg(value_name = "DRIVER")]
    pub driver: String,
    /// PCI devices as 0000:03:00.0 or 03:00.0, or the interfaces that they have
    #[arg(required = true, value_name = "DEVICE")]
    pub devices: Vec<String>,
    /// A directory with a `sys` and a `proc` in it, instead of this machine's
    #[arg(long, value_name = "DIR", hide = true)]
    pub sysfs: Option<PathBuf>,
}

/// Options of `unbind`.
#[derive(Debug, Args)]
#[command(
    after_help = "As `bind`, but no driver has the devices then.\n\nExit status: 0 if none has, 1 if not.\n\nExample:\n  phalanx unbind 0000:03:00.0"
)]
pub(crate) struct UnbindOptions {
    /// PCI devices as 0000:03:00.0 or 03:00.0, or the interfaces that they have
    #[arg(required = true, value_name = "DEVICE")]
    pub devices: Vec<String>,
    /// A directory with a `sys` and a `proc` in it, instead of this machine's
    #[arg(long, value_name = "DIR", hide = true)]
    pub sysfs: Option<PathBuf>,
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
    after_help = "States: live, joining, stopped (by a signal), traced (by a debugger), zombie (dead, its parent has not asked), dead (not reaped yet).\nObjects: what the process has of recoverable pools, in its hands, in its caches and on its way; not what it put into a ring or back.\n\nExit status: 0 if the group lives and was shown, 1 if not.\n\nExample:\n  phalanx ps --file-prefix demo --watch"
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

/// Options of `logs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Lines come by time (seconds of the monotonic clock), each with the slot, program and process that said it, and the file and line where. A process that died has its say, and so has a group that did, until others need the room. Texts are read from the program: from --elf and --elf-dir, from where it lay when it was started, or from where it runs; it must be unstripped and have the same build id. With --json each line is an object: `kind` is said, undecoded, dropped (no room), missed (overwritten before it was read) or damaged.\n\nExit status: 0 if the logs were shown, 1 if there is no such group, or a file cannot be read.\n\nExample:\n  phalanx logs --file-prefix demo --follow\n  phalanx logs --slot 3 --elf-dir target/release"
)]
pub(crate) struct LogsOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// Only the log of this slot (see `phalanx ps`), of all who ever had it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..64))]
    pub slot: Option<u16>,
    /// Go on until the group is dead
    #[arg(long)]
    pub follow: bool,
    /// A program that may have written some of it, unstripped; may be given several times
    #[arg(long, value_name = "PATH")]
    pub elf: Vec<PathBuf>,
    /// A directory of such programs (not those below it); may be given several times
    #[arg(long, value_name = "DIR")]
    pub elf_dir: Vec<PathBuf>,
    /// For programs: one object a line
    #[arg(long)]
    pub json: bool,
}

/// Options of `capture`.
#[derive(Debug, Args)]
#[command(
    after_help = "The capture joins the group as a secondary. Packets are filtered and copied where they pass, and written here as pcapng: an interface a port, stamps in nanoseconds, direction, and what was dropped in a comment. A port is captured by one at a time. Who forwards packets never waits: what finds no buffer is counted, not held up.\n\nFilter, as tcpdump has it: ip ip6 arp tcp udp icmp icmp6; vlan [ID]; [src|dst|src or dst|src and dst] host ADDRESS, net NETWORK/BITS, port N, portrange N-M; ether [src|dst] host MAC, ether proto N; ip proto P; less N, greater N; and, or, not, parentheses. Tags are looked through.\n\nSIGINT and SIGTERM end it, with all packets written; so does the end of the group, which is when for a second no primary lives and nobody owns a port or has a queue.\n\nThat nobody forwards any more is said once.\n\nExit status: 0 if it ended as it was asked to, or because whoever read along has gone away; 1 if it could not begin, its file cannot be written, every port was closed, or the group has ended.\n\nExample:\n  phalanx capture --file-prefix demo -D\n  phalanx capture --file-prefix demo -i net_ring0 -w ring.pcapng -c 1000 -f 'tcp port 443'\n  phalanx capture -i any -w - | tshark -r -"
)]
pub(crate) struct CaptureOptions {
    /// The group's prefix
    #[arg(long, value_name = "PREFIX", default_value = "phx")]
    pub file_prefix: String,
    /// A port's name or id, or `any`; may be given several times
    #[arg(short = 'i', long, value_name = "PORT")]
    pub interface: Vec<String>,
    /// List the ports and do nothing else
    #[arg(short = 'D', long = "list-interfaces", conflicts_with_all = ["interface", "write"])]
    pub list: bool,
    /// The file, overwritten; `-` for standard output
    #[arg(short = 'w', long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// End after so many packets
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub duration: Option<Duration>,
    /// Bytes of a packet that are kept
    #[arg(short = 's', long, value_name = "BYTES", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(1..=262_144))]
    pub snaplen: u32,
    /// Which packets
    #[arg(short = 'f', long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Only what comes
    #[arg(long, conflicts_with = "tx")]
    pub rx: bool,
    /// Only what goes
    #[arg(long)]
    pub tx: bool,
    /// Only this queue
    #[arg(short = 'q', long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..64))]
    pub queue: Option<u16>,
    /// Copies that may wait to be written, some 2.3 KB each; a capture before this one may have left others
    #[arg(long, value_name = "N", default_value_t = 4095, value_parser = clap::value_parser!(u32).range(31..=1_048_575))]
    pub buffers: u32,
    /// Say nothing but what goes wrong
    #[arg(long)]
    pub quiet: bool,
    /// The summary, or the list, for programs
    #[arg(long)]
    pub json: bool,
}

impl CaptureOptions {
    /// The filter; empty for none.
    pub(crate) fn filter_text(&self) -> String {
        self.filter.clone().unwrap_or_default()
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse::<f64>().ok().and_then(|it| Duration::try_from_secs_f64(it).ok());
    seconds.filter(|it| !it.is_zero()).ok_or("give seconds, as 10 or 0.5")
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

/// Options of `clock`.
#[derive(Debug, Args)]
#[command(
    long_about = "Hold the clocks of this machine against each other\n\nReads the processor's time stamp counter (TSC), the high precision event timer (HPET) and the kernel's monotonic clock for some seconds, and shows how far each is off and what a reading costs. The kernel gives the HPET to one process at a time; who does not get it is told why, and has the TSC.",
    after_help = "Exit status: 0 if the TSC is to be trusted, 1 if not.\n\nExample:\n  phalanx clock --seconds 10\n  phalanx clock --no-hpet --json"
)]
pub(crate) struct ClockOptions {
    /// How long, 1 to 3600
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub seconds: u16,
    /// Leave the HPET alone
    #[arg(long)]
    pub no_hpet: bool,
    /// Take the rate that the processes of this group reckon with
    #[arg(long, value_name = "PREFIX")]
    pub file_prefix: Option<String>,
    /// Print JSON
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
