//! Forwarding from net_null to net_null in one process, before, while and after `phalanx capture` looks on.
//!
//! ```text
//! cargo bench -p phalanx-tests --bench capture [-- ROUNDS [MILLISECONDS]]
//! ```
//!
//! In each round the same process forwards for three slices of time: before the tool is started, while it
//! writes what passes to `/dev/null`, and after it has been ended. Medians are printed, and the median of
//! the ratios to the slice before, taken within a round.

use core::time::Duration;
use std::io;
use std::process::{Command, ExitCode};
use std::time::Instant;

use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_core::port::{PortSetup, RxQueue, TxQueue};
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx};
use phalanx_tests::binaries::app;
use phalanx_tests::process::Process;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Packets that go at once.
const BURST: usize = 32;

/// Bursts between two looks at the clock.
const BURSTS: usize = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|it| it == "--bench") {
        println!("capture: nothing to do; it is run by `cargo bench`, not by `cargo test`");
        return ExitCode::SUCCESS;
    }
    let mut numbers = arguments.iter().filter_map(|it| it.parse::<u32>().ok());
    let (rounds, millis) = (numbers.next().unwrap_or(10), numbers.next().unwrap_or(300));
    match measure(rounds.max(1), Duration::from_millis(millis.into())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("capture: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Packets per second of one round: before, during, after; and what part of those during was written.
#[derive(Clone, Copy)]
struct Round {
    rates: [f64; 3],
    written: f64,
}

fn measure(rounds: u32, slice: Duration) -> io::Result<()> {
    let prefix = format!("bench-capture-{}", std::process::id());
    let arguments = [
        format!("--file-prefix={prefix}"),
        "--no-huge".to_owned(),
        "-m=64".to_owned(),
        "--lcores=0".to_owned(),
        "--vdev=net_null0".to_owned(),
        "--vdev=net_null1".to_owned(),
    ];
    let everywhere = sched_getaffinity(None).map_err(system)?;
    let (eal, _) = Eal::init(arguments).map_err(io::Error::other)?;
    let ports = eal.ports();
    for port in ports.all().map_err(io::Error::other)? {
        ports.configure(&port, &PortSetup::queues(1, 1)).map_err(io::Error::other)?;
        ports.start(&port).map_err(io::Error::other)?;
    }
    let pool = MbufPool::create(eal.group(), "packets", &MbufConfig::new(1023));
    let pool = pool.map_err(io::Error::other)?;
    let [from, to] = ["net_null0", "net_null1"].map(|name| ports.port(name));
    let rx = ports.open_rx(&from.map_err(io::Error::other)?, 0).map_err(io::Error::other)?;
    let tx = ports.open_tx(&to.map_err(io::Error::other)?, 0).map_err(io::Error::other)?;
    let mut forwarder = Forwarder { pool, rx, tx, everywhere };
    // Caches and frequency.
    let _warm = forwarder.run(slice);
    let all: Vec<Round> =
        (0..rounds).map(|_| round(&mut forwarder, &prefix, slice)).collect::<io::Result<_>>()?;
    print_table(&all);
    Ok(())
}

fn round(forwarder: &mut Forwarder, prefix: &str, slice: Duration) -> io::Result<Round> {
    let (before, _) = forwarder.run(slice);
    let mut command = Command::new(app("phalanx"));
    command.args([
        "capture",
        "--file-prefix",
        prefix,
        "-i",
        "net_null1",
        "-w",
        "/dev/null",
        "--json",
    ]);
    // The tool is not to run on the forwarder's own processor, where a child begins.
    let own = sched_getaffinity(None).map_err(system)?;
    sched_setaffinity(None, &forwarder.everywhere).map_err(system)?;
    let mut tool = Process::start(command);
    sched_setaffinity(None, &own).map_err(system)?;
    tool.await_line("capturing on");
    let (during, passed) = forwarder.run(slice);
    let pid = i32::try_from(tool.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("the tool has no id"))?;
    kill_process(pid, Signal::INT).map_err(system)?;
    let ended = tool.end();
    let summary: serde_json::Value = serde_json::from_str(&ended.assert_success().stdout)?;
    let written = summary["packets"].as_f64().unwrap_or(f64::NAN) / passed as f64;
    let (after, _) = forwarder.run(slice);
    Ok(Round { rates: [before, during, after], written })
}

fn system(error: Errno) -> io::Error {
    io::Error::from_raw_os_error(error.raw_os_error())
}

struct Forwarder {
    pool: MbufPool,
    rx: RxQueue<AnyRx>,
    tx: TxQueue<AnyTx>,
    /// The processors that this process may run on.
    everywhere: CpuSet,
}

impl Forwarder {
    /// Forwards for so long: packets per second, and packets.
    fn run(&mut self, slice: Duration) -> (f64, u64) {
        let Self { pool, rx, tx, .. } = self;
        let (home, begun, mut passed) = (pool.home(), Instant::now(), 0);
        let mut packets = [const { None }; BURST];
        while begun.elapsed() < slice {
            for _ in 0..BURSTS {
                let _came = rx.burst(&home, &mut packets);
                passed += tx.burst(&mut packets) as u64;
            }
        }
        (passed as f64 / begun.elapsed().as_secs_f64(), passed)
    }
}

fn print_table(rounds: &[Round]) {
    let median = |pick: &dyn Fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(pick).collect();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    println!("\n| capture | M packets/s | ÷ before | written | n |");
    println!("|---|--:|--:|--:|--:|");
    for (nth, name) in ["before", "during", "after"].into_iter().enumerate() {
        let rate = |round: &Round| round.rates.get(nth).copied().unwrap_or(f64::NAN);
        let ratio = |round: &Round| rate(round) / round.rates[0];
        let written = if nth == 1 {
            format!("{:.1} %", median(&|it| it.written) * 100.0)
        } else {
            "-".to_owned()
        };
        let (rate, ratio) = (median(&rate) / 1e6, median(&ratio));
        println!("| {name} | {rate:.2} | {ratio:.3} | {written} | {} |", rounds.len());
    }
}
