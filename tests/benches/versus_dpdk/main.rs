//! Phalanx beside DPDK, in the same few milliseconds.
//!
//! The machine's two processors are sometimes near each other and sometimes far, and every figure
//! between processes changes with that by 2 to 5 times. So no figure here stands alone: a *round*
//! measures the bare cache line, runs both sides in turn in short slices, and measures the line again.
//! Only ratios within a round are compared, and only their medians are printed.
//!
//! Reading order: `cells` (what is measured), `control` (how peers are moved), `pair` (two pinned
//! processes), `rounds` (the order of slices), `attach` (joining), `table` (what is said). `dpdk` starts the C pair;
//! `peer`, `ours`, `our_pools`, `ring_ends`, `ring_loops` and `pool_loops` are our own pair. `tests/bench/README.md`
//! says how to run it.

mod attach;
mod cells;
mod clock;
mod control;
mod dpdk;
mod options;
mod our_pools;
mod ours;
mod pair;
mod peer;
mod pool_loops;
mod ring_ends;
mod ring_loops;
mod rounds;
mod table;

use std::io;
use std::process::ExitCode;

use options::Options;
use pair::Pair;

/// The two sides; DPDK may be missing.
struct Sides {
    dpdk: Option<Pair>,
    ours: Pair,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == "--peer" => return finish(peer::main(rest)),
        Some((first, rest)) if first == "--join" => return finish(attach::join(rest)),
        Some((first, rest)) if first == "--join-bare" => return finish(attach::join_bare(rest)),
        Some((first, rest)) if first == "--hold" => return finish(attach::hold(rest)),
        _ => {}
    }
    match Options::parse(&arguments) {
        Ok(Some(options)) => finish(compare(&options)),
        Ok(None) => {
            println!("versus_dpdk: nothing to do; it is run by `cargo bench`, not by `cargo test`");
            ExitCode::SUCCESS
        }
        Err(sentence) => {
            eprintln!("versus_dpdk: {sentence}");
            ExitCode::from(2)
        }
    }
}

fn finish(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("versus_dpdk: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &Options) -> io::Result<()> {
    let cycles_per_ns = clock::cycles_per_ns();
    let priority = pair::Priority::best();
    println!("TSC {cycles_per_ns:.3} cycles/ns; peers {priority}");
    // Declared before the pairs, so dropped after them.
    let (dpdk, dpdk_pair) = match dpdk::start(options, priority) {
        Ok((dpdk, pair)) => (Some(dpdk), Some(pair)),
        Err(reason) => {
            println!("NO DPDK BESIDE US: {reason}");
            (None, None)
        }
    };
    let (_group, ours) = ours::start(priority, options.memory_mb)?;
    let mut sides = Sides { dpdk: dpdk_pair, ours };
    let cells = cells::all(&options.only);
    let rounds = rounds::run(&mut sides, &cells, options, cycles_per_ns)?;
    let attaches = match options.attaches {
        0 => Vec::new(),
        _ => attach::measure(dpdk.as_ref(), options, priority).unwrap_or_else(|reason| {
            println!("NO ATTACH TIMES: {reason}");
            Vec::new()
        }),
    };
    let report = table::Report::new(&cells, &rounds, cycles_per_ns, options, &attaches);
    print!("{report}");
    if let Some(path) = &options.json {
        report.write_json(path)?;
        println!("every round is in {}", path.display());
    }
    Ok(())
}
