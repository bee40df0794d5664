//! Starting programs: the demo and its workers, and workers of one's own.

use std::path::PathBuf;

use clap::Args;

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
