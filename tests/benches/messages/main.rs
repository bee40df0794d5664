//! A request of 64 bytes and its answer, between two processes, beside what bounds it: two bare
//! datagrams of a Unix socket with nothing around them, and DPDK's `rte_mp_request_sync`.
//!
//! The machine's two processors are sometimes near each other and sometimes far, so every subject
//! has a short slice in each round, the bare cache line is measured before and after, and ratios
//! are taken within a round. Reading order: `subject` (what is measured), `pair` (two processes of
//! a subject), `datagrams`, `service` and `polling` (what they do), `line` (the bare line), `table`.

mod datagrams;
mod line;
mod pair;
mod polling;
mod service;
mod subject;
mod table;

use std::io;
use std::process::ExitCode;

use pair::Pair;
use subject::Subject;
use table::Round;

/// What `--help` prints.
const USAGE: &str = "\
options (after `cargo bench -p phalanx-tests --bench messages --`):
  --rounds N    rounds of every subject (default 40)
  --slice-ms N  length of a slice, 1 to 40 (default 20)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((first, rest)) = arguments.split_first()
        && first == "--peer"
    {
        return finish(pair::peer(rest));
    }
    match options(&arguments) {
        Ok(Some((rounds, slice_ms))) => finish(compare(rounds, slice_ms)),
        Ok(None) => {
            println!("messages: nothing to do; it is run by `cargo bench`, not by `cargo test`");
            ExitCode::SUCCESS
        }
        Err(sentence) => {
            eprintln!("messages: {sentence}");
            ExitCode::from(2)
        }
    }
}

fn finish(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("messages: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Rounds and milliseconds; `None` if cargo runs us as a test, not as a bench.
fn options(arguments: &[String]) -> Result<Option<(usize, u32)>, String> {
    let (mut rounds, mut slice_ms, mut is_bench) = (40, 20, false);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        if option == "--bench" {
            is_bench = true;
            continue;
        }
        let number = rest.next().and_then(|word| word.parse::<u32>().ok());
        match (option.as_str(), number) {
            ("--rounds", Some(number)) if number > 0 => rounds = number as usize,
            ("--slice-ms", Some(number)) if (1..=40).contains(&number) => slice_ms = number,
            _ => return Err(format!("'{option}' is not understood\n{USAGE}")),
        }
    }
    Ok(is_bench.then_some((rounds, slice_ms)))
}

fn compare(rounds: usize, slice_ms: u32) -> io::Result<()> {
    let mut pairs = Vec::new();
    for subject in Subject::ALL {
        match Pair::start(subject) {
            Ok(pair) => pairs.push(pair),
            Err(reason) => println!("NOT MEASURED: {subject}: {reason}"),
        }
    }
    let mut all = Vec::new();
    for turn in 0..rounds {
        let before = line::round_trip_ns();
        let trips = pairs.iter_mut().map(|pair| pair.slice(slice_ms)).collect::<io::Result<_>>()?;
        all.push(Round { line_ns: [before, line::round_trip_ns()], trips });
        if turn % 10 == 9 {
            eprintln!("round {} of {rounds}: bare line {before:.0} ns", turn + 1);
        }
    }
    print!("{}", table::Report { rounds: &all });
    Ok(())
}
