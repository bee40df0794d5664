//! Sleeping on a device's queue: who owns the ports, who sleeps, who wakes it by sending.

use core::time::Duration;
use std::path::Path;
use std::time::Instant;

use phalanx_core::mbuf::Mbuf;
use phalanx_core::port::{Port, RxSleep};
use phalanx_core::wait::Roused;
use phalanx_linux::eal::Eal;
use rustix::time::{ClockId, clock_gettime};

use crate::end::{ENOUGH, open_rx, open_tx};
use crate::frame::Frames;
use crate::ledger::{Way, ledger};
use crate::{Outcome, PATIENCE, ports, start, wait_for};

/// Empty bursts before a sleep.
const SPINS: u32 = 16;

/// Makes its ports run, or has those of an owner that is gone; closes them when it is enough and the others have ended.
pub(crate) fn own(args: &[&str]) -> Outcome<()> {
    let (eal, pool) = start(args)?;
    ledger(eal.group())?;
    ports::make_run(&eal)?;
    wait_for("the ports are this process's", || {
        eal.ports().all().is_ok_and(|mut all| all.all(|port| port.is_mine()))
    })?;
    println!("open: as the owner, slot {}", eal.group().me().slot());
    while !Path::new(ENOUGH).exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    ports::close_own(&eal, &pool)
}

/// Sends `count` packets by port 0 with pauses, and waits until all were seen or are lost.
pub(crate) fn talk(count: &str, pause_us: &str, is_last: bool, args: &[&str]) -> Outcome<()> {
    let (count, pause) = (count.parse::<u64>()?, Duration::from_micros(pause_us.parse()?));
    let (eal, pool) = start(args)?;
    let port = linked(&eal, 0)?;
    let (ledger, home) = (ledger(eal.group())?, pool.home());
    let (way, frames) = (&ledger.there, Frames::new(ledger.life.observe()));
    let mut tx = open_tx(&eal.ports(), &port)?;
    for _ in 0..count {
        std::thread::sleep(pause);
        let number = way.next.observe();
        let mut burst = [frames.packet(&home, number)];
        way.sent_ns.publish(eal.group().platform().now_ns());
        way.next.publish(number + 1);
        while tx.burst(&mut burst) == 0 {
            std::thread::yield_now();
        }
    }
    drop(tx);
    wait_for("the last was seen", || way.top.observe() == way.next.observe())?;
    way.is_over.publish(u64::from(is_last));
    println!("{}", ledger.sums());
    Ok(())
}

/// The port at an end, once it has a link.
fn linked(eal: &Eal, number: usize) -> Outcome<Port> {
    let port = ports::end(eal, number)?;
    wait_for("the port has a link", || port.link().is_up())?;
    Ok(port)
}

/// What a sleeper has done.
#[derive(Default)]
struct Sums {
    sleeps: u64,
    roused: u64,
    waits_us: Vec<u64>,
}

/// Receives by port 1 what was sent by port 0, and sleeps while nothing comes.
pub(crate) fn nap(args: &[&str]) -> Outcome<()> {
    let (eal, pool) = start(args)?;
    let port = linked(&eal, 1)?;
    let (ledger, home) = (ledger(eal.group())?, pool.home());
    let (way, frames) = (&ledger.there, Frames::new(ledger.life.observe()));
    let mut rx = open_rx(&eal.ports(), &port)?;
    println!("open: port 1 of slot {}", eal.group().me().slot());
    let (mut sums, mut idle) = (Sums::default(), Some((Instant::now(), used_ms())));
    let (mut empty, mut last, mut seen) = (0, Instant::now(), way.top.observe());
    while way.is_over.observe() == 0 {
        let mut burst: [Option<Mbuf<'_>>; 32] = [const { None }; 32];
        let is_empty = rx.burst(&home, &mut burst) == 0;
        if is_empty && empty < SPINS {
            empty += 1;
            continue;
        }
        if is_empty {
            let sleep = RxSleep::begin(eal.group());
            sleep.arm(&mut rx)?;
            if rx.burst(&home, &mut burst) == 0 {
                sums.sleeps += 1;
                sums.roused += u64::from(sleep.sleep(u64::MAX) == Roused::Called);
            }
            rx.disarm();
        }
        empty = 0;
        note((way, &frames), &burst, eal.group().platform().now_ns(), &mut sums);
        if way.top.observe() != seen {
            if let Some((begun, used)) = idle.take() {
                println!("idle: {} ms, used {} ms", begun.elapsed().as_millis(), used_ms() - used);
            }
            (seen, last) = (way.top.observe(), Instant::now());
        }
        if last.elapsed() > PATIENCE {
            return Err("nothing has come for long".into());
        }
    }
    sums.waits_us.sort_unstable();
    let part = |of: usize| sums.waits_us.get(sums.waits_us.len() * of / 100).copied().unwrap_or(0);
    println!(
        "slept: {} roused {} waits_us median {} most {} 99% {}",
        sums.sleeps,
        sums.roused,
        part(50),
        sums.waits_us.last().copied().unwrap_or(0),
        part(99)
    );
    Ok(())
}

/// Counts what came.
fn note((way, frames): (&Way, &Frames), burst: &[Option<Mbuf<'_>>], now_ns: u64, sums: &mut Sums) {
    for (number, is_whole) in burst.iter().flatten().filter_map(|it| frames.number_of(it)) {
        if number + 1 == way.next.observe() {
            sums.waits_us.push(now_ns.saturating_sub(way.sent_ns.observe()) / 1000);
        }
        way.note(number, is_whole);
    }
}

/// Milliseconds of processor that this process has used, its threads together.
fn used_ms() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec.unsigned_abs() * 1000 + used.tv_nsec.unsigned_abs() / 1_000_000
}
