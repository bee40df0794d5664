//! What passes through a group: packets to a file, messages.

use core::time::Duration;
use std::path::PathBuf;

use clap::Args;

use super::group::OfGroup;

/// Options of `capture`.
#[derive(Debug, Args)]
#[command(
    after_help = "The capture joins the group as a secondary. Packets are filtered and copied where they pass, and written here as pcapng: an interface a port, stamps in nanoseconds, direction, and what was dropped in a comment. A port is captured by one at a time. Who forwards packets never waits: what finds no buffer is counted, not held up.\n\nFilter, as tcpdump has it: ip ip6 arp tcp udp icmp icmp6; vlan [ID]; [src|dst|src or dst|src and dst] host ADDRESS, net NETWORK/BITS, port N, portrange N-M; ether [src|dst] host MAC, ether proto N; ip proto P; less N, greater N; and, or, not, parentheses. Tags are looked through.\n\nSIGINT and SIGTERM end it, with all packets written; so does the end of the group, which is when for a second no primary lives and nobody owns a port or has a queue.\n\nThat nobody forwards any more is said once. With --json the summary, or the list, is for programs.\n\nExit status: 0 if it ended as it was asked to, or because whoever read along has gone away; 1 if it could not begin, its file cannot be written, every port was closed, or the group has ended.\n\nExample:\n  phalanx capture --file-prefix demo -D\n  phalanx capture --file-prefix demo -i net_ring0 -w ring.pcapng -c 1000 -f 'tcp port 443'\n  phalanx capture -i any -w - | tshark -r -"
)]
pub(crate) struct CaptureOptions {
    #[command(flatten)]
    pub group: OfGroup,
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

/// Options of `ping`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if every process answered each time, 1 if not, or if there is none.\n\nExample:\n  phalanx ping --file-prefix demo --count 10000 --size 64"
)]
pub(crate) struct PingOptions {
    #[command(flatten)]
    pub group: OfGroup,
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
}

/// Options of `send`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 if it was put into the queue of every process it is for, 1 if not, or if there is none.\n\nExample:\n  phalanx send --file-prefix demo app/reload /etc/app.conf"
)]
pub(crate) struct SendOptions {
    #[command(flatten)]
    pub group: OfGroup,
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
