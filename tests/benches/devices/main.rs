//! Ports on devices beside DPDK's, in a guest: packets a second over a wire between two cards, sent and
//! received by a primary, and by a secondary on the same queues.
//!
//! ```text
//! cargo bench -p phalanx-tests --bench devices [-- --seconds 3 --times 5] [--bundles]
//! ```
//! `tests/bench/README.md` says how it is measured and what is asked of it. The guest has two e1000e and two
//! modern virtio-net cards behind an IOMMU; this program goes along, as both of Phalanx's processes.
//!
//! | file | what |
//! |---|---|
//! | `guest.rs` | the guest, and what is run in it in turn |
//! | `turns.rs` | the loop, which is that of `tests/bench/dpdk/wire.c` |
//! | `mbufs.rs` `bundles.rs` | what it does with its packets: by mbufs, as `wire.c` does, or with `--bundles` by packets whose headers nobody looks at, up to a bundle of 64 a poll |

mod bundles;
mod guest;
mod mbufs;
mod turns;

use std::io;
use std::process::ExitCode;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Seconds of each turn.
    pub(crate) seconds: u64,
    /// Turns of each process.
    pub(crate) times: u64,
    /// How Phalanx works on its packets.
    pub(crate) take: Take,
}

/// How packets are had.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Take {
    /// By mbufs.
    Mbufs,
    /// In bundles.
    Bundles,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, eal)) if first == "--take-turns" => turns::run(Take::Mbufs, eal),
        Some((first, eal)) if first == "--take-turns-by-bundles" => turns::run(Take::Bundles, eal),
        _ => options(&arguments).and_then(guest::measure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("devices: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> io::Result<Options> {
    let mut options = Options { seconds: 3, times: 5, take: Take::Mbufs };
    // What cargo adds by itself.
    let mut words = arguments.iter().filter(|word| *word != "--bench");
    while let Some(word) = words.next() {
        let mut number = || {
            let text = words.next().ok_or_else(|| io::Error::other(format!("{word} what?")))?;
            text.parse::<u64>().map_err(|error| io::Error::other(format!("{word} {text}: {error}")))
        };
        match word.as_str() {
            "--seconds" => options.seconds = number()?,
            "--times" => options.times = number()?,
            "--bundles" => options.take = Take::Bundles,
            other => return Err(io::Error::other(format!("no such option: {other}"))),
        }
    }
    Ok(options)
}

/// Any error as one of the system's.
pub(crate) fn other(error: impl core::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}
