//! Forwarding beside DPDK's, by whole programs: `symmetric_mp` beside `dpdk-testpmd`, and `mp_server` with
//! `mp_client` beside DPDK's samples of these names.
//!
//! ```text
//! cargo bench -p phalanx-tests --bench ports [-- --rounds 12 --slice-ms 300 --only null]
//! ```
//!
//! Both sides of a subject are started once and kept; in each round each runs for a slice while the
//! other stands still. Only where both use one pair of interfaces they are started anew for each slice.
//! Ratios are taken within a round, and their medians printed. `tests/bench/README.md` says how to read it.
//!
//! | file | what |
//! |---|---|
//! | `options.rs` | the command line |
//! | `subject.rs` | what is measured, and both sides of it |
//! | `testpmd.rs` | DPDK's forwarder |
//! | `symmetric.rs` | ours |
//! | `serving.rs` | server and client, DPDK's and ours |
//! | `reader.rs` | a process of our group that reads how much has passed, and sends the first packets |
//! | `veth.rs` | the pair of interfaces |
//! | `table.rs` | what is printed |

#[path = "../versus_dpdk/clock.rs"]
mod clock;
mod options;
mod reader;
mod serving;
mod subject;
mod symmetric;
mod table;
mod testpmd;
mod veth;

use std::io;
use std::process::ExitCode;

use options::Options;
use subject::Subject;
use table::Row;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, eal)) if first == "--read" => reader::run(eal),
        _ => match Options::parse(&arguments) {
            Ok(Some(options)) => measure(&options),
            Ok(None) => {
                println!("ports: nothing to do; it is run by `cargo bench`, not by `cargo test`");
                Ok(())
            }
            Err(sentence) => Err(io::Error::other(sentence)),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ports: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> io::Result<()> {
    let cycles_per_ns = clock::cycles_per_ns();
    println!(
        "TSC {cycles_per_ns:.3} cycles/ns; {} rounds of {} ms a side",
        options.rounds,
        options.slice.as_millis()
    );
    build();
    let mut rows = Vec::new();
    for subject in Subject::ALL.into_iter().filter(|it| options.wants(it.name())) {
        eprintln!("{subject}");
        // What waits for a process gives up with a panic, after a minute: the others have their turn.
        let row = std::panic::catch_unwind(|| subject::run(subject, options))
            .unwrap_or_else(|_| Err(other("a process did not answer (its words are above)")))
            .unwrap_or_else(|error| Row::failed(subject, error.to_string()));
        println!("{}", row.progress());
        rows.push(row);
    }
    print!("{}", table::Table { rows: &rows, cycles_per_ns });
    Ok(())
}

/// Builds the programs, and says so: the first time it takes minutes.
fn build() {
    eprintln!("building the programs that are measured (the first time this takes minutes)");
    let start = std::time::Instant::now();
    let program = phalanx_tests::binaries::app("symmetric_mp");
    let seconds = start.elapsed().as_secs();
    eprintln!("built in {seconds} s: {} and those beside it", program.display());
}

/// Any error as one of the system's.
pub(crate) fn other(error: impl core::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}
