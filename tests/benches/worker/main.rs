//! Static workers: how fast one is there, what its loop costs, and what waking it does.
//!
//! ```text
//! cargo bench -p phalanx-tests --bench worker [-- --starts 200 --seconds 10 --wakes 10000]
//! ```
//! `tests/bench/README.md` says how it is measured and what is asked of it. Everything is done by
//! real processes, started anew from this program and from `apps/static`.
//!
//! | file | what |
//! |---|---|
//! | `starts.rs` | from exec to "attached and polling", beside a DPDK secondary |
//! | `driver.rs` | the primary of the group: it makes the rings and turns round trips |
//! | `lane.rs` | another primary, for the demo's `worker`: it makes a lane of the demo, and keeps it full |
//! | `looping.rs` | the loop under load: calls, faults, switches, round trips |
//! | `bare.rs` | what no ring can be faster than |
//! | `waking.rs` | a worker that sleeps, and what its producer pays |
//! | `spread.rs` | percentiles |

mod bare;
mod driver;
mod lane;
mod looping;
mod spread;
mod starts;
mod waking;

use std::io;
use std::process::ExitCode;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Starts of each kind of secondary.
    pub(crate) starts: usize,
    /// Seconds of load, each time.
    pub(crate) seconds: u64,
    /// Wake-ups.
    pub(crate) wakes: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, eal)) if first == "--drive" => driver::run(eal),
        Some((first, eal)) if first == "--drive-lane" => lane::run(eal),
        _ => options(&arguments).and_then(measure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> io::Result<Options> {
    let mut options = Options { starts: 200, seconds: 10, wakes: 10_000 };
    // What cargo adds by itself.
    let mut words = arguments.iter().filter(|word| *word != "--bench");
    while let Some(word) = words.next() {
        let mut number = || {
            let text = words.next().ok_or_else(|| io::Error::other(format!("{word} what?")))?;
            text.parse::<u64>().map_err(|error| io::Error::other(format!("{word} {text}: {error}")))
        };
        match word.as_str() {
            "--starts" => options.starts = number()? as usize,
            "--seconds" => options.seconds = number()?,
            "--wakes" => options.wakes = number()? as usize,
            other => return Err(io::Error::other(format!("no such option: {other}"))),
        }
    }
    Ok(options)
}

fn measure(options: Options) -> io::Result<()> {
    println!("# Static workers\n");
    starts::report(options)?;
    looping::report(options)?;
    waking::report(options)
}

/// Any error as one of the system's.
pub(crate) fn other(error: impl core::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}
