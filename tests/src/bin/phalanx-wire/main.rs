//! One end of a wire between two ports, for tests in a guest: sends numbered packets by one port, and checks
//! those that come by it. As many processes as ends, started, killed and started again by a script; what each
//! has sent and seen lies in the group, so that the next goes on there.
//!
//! ```text
//! phalanx-wire PORT COUNT [EAL ARGUMENTS]
//! ```
//!
//! The two ports of the group with the lowest ids are the ends; PORT is 0 or 1. Each process that owns ports
//! makes them run. It sends until it has sent COUNT packets and there is a file `/tmp/enough`, and ends when all
//! that the other end has sent has come. Then the owner stops the devices, has the group audited, and prints
//! what was sent, seen, and lost.
//!
//! ```text
//! phalanx-wire own [EAL ARGUMENTS]
//! phalanx-wire nap [EAL ARGUMENTS]
//! phalanx-wire talk COUNT PAUSE_US [last] [EAL ARGUMENTS]
//! ```
//!
//! These are three processes: one owns the ports and has no queue, one sleeps on port 1 until a packet comes, and
//! one sends COUNT packets by port 0 with pauses and waits until all were seen; the last one goes on until there is
//! a file `/tmp/settled` and the sleeper was woken often (`naps.rs`).

mod end;
mod frame;
mod ledger;
mod naps;
mod ports;
mod window;

use core::time::Duration;
use std::process::ExitCode;
use std::time::Instant;

use phalanx_core::mbuf::{MbufConfig, MbufPool};
use phalanx_linux::eal::Eal;

use end::End;
use ledger::ledger;

pub(crate) type Outcome<T> = Result<T, Box<dyn core::error::Error>>;

/// How long anything is waited for; a guest is slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Mbufs, more than both devices and both processes can have.
const MBUFS: u32 = 4095;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["own", eal @ ..] => naps::own(eal),
        ["nap", eal @ ..] => naps::nap(eal),
        ["talk", count, pause_us, "last", eal @ ..] => naps::talk(count, pause_us, true, eal),
        ["talk", count, pause_us, eal @ ..] => naps::talk(count, pause_us, false, eal),
        [port, count, eal @ ..] => run(port, count, eal),
        _ => {
            eprintln!("usage: phalanx-wire PORT COUNT [EAL ARGUMENTS]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the EAL, and finds or makes the pool.
pub(crate) fn start(args: &[&str]) -> Outcome<(Eal, MbufPool)> {
    let (eal, _) = Eal::init(args.iter().copied())?;
    eal.notices().for_each(|notice| println!("EAL: {notice}"));
    println!("started: {}", eal.start_line());
    let (pool, _) = MbufPool::create_or_attach(eal.group(), "wire", &MbufConfig::new(MBUFS))?;
    Ok((eal, pool))
}

fn run(port: &str, count: &str, args: &[&str]) -> Outcome<()> {
    let (port, count) = (port.parse()?, count.parse()?);
    let (eal, pool) = start(args)?;
    let ledger = ledger(eal.group())?;
    ports::make_run(&eal)?;
    let mut end = End::open(&eal, port, ledger)?;
    println!("open: port {port} of slot {}", eal.group().me().slot());
    end.work(&pool.home(), count)?;
    drop(end);
    println!("done: port {port}");
    ports::close_own(&eal, &pool)?;
    if eal.ports().all()?.next().is_none() {
        println!("{}", ledger.sums());
    }
    Ok(())
}

/// Waits until `what` is so.
pub(crate) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) -> Outcome<()> {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > PATIENCE {
            return Err(format!("it was waited for in vain that {what}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
