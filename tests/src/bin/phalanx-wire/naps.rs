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

/// There once who was to be killed was killed, and who follows has begun.
const SETTLED: &str = "/tmp/settled";

/// How often the last talker's packets have to wake the sleeper at least.
const ROUSED: u64 = 50;

/// The most that were not seen when another is sent: fewer than any ring holds, however long nobody receives.
const MOST_UNSEEN: u64 = 96;

/// What was not seen for so long is lost, or its receiver is gone: the next is sent nevertheless.
const LOST_AFTER: Duration = Duration::from_secs(1);

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

/// Sends `count` packets by port 0 with pauses, and waits until all were seen or are lost. The last talker goes on
/// until nobody is killed any more, and then, a packet at a time, until the sleeper was woken often enough: so it
/// is, however slow the machine.
pub(crate) fn talk(count: &str, pause_us: &str, is_last: bool, args: &[&str]) -> Outcome<()> {
    let (count, pause) = (count.parse::<u64>()?, Duration::from_micros(pause_us.parse()?));
    let (eal, pool) = start(args)?;
    let port = linked(&eal, 0)?;
    let (ledger, home) = (ledger(eal.group())?, pool.home());
    let (way, frames) = (&ledger.there, Frames::new(ledger.life.observe()));
    let mut tx = open_tx(&eal.ports(), &port)?;
    let (begun, mut sent) = (Instant::now(), 0);
    loop {
        let is_settled = sent >= count && (!is_last || Path::new(SETTLED).exists());
        if is_settled && (!is_last || ledger.roused.observe() >= ROUSED) {
            break;
        }
        if sent >= count && begun.elapsed() > 5 * PATIENCE {
            return Err(format!(
                "{sent} packets woke the sleeper {} times",
                ledger.roused.observe()
            )
            .into());
        }
        wait_seen(way, if is_settled { 0 } else { MOST_UNSEEN });
        std::thread::sleep(pause);
        let number = way.next.observe();
        let mut burst = [frames.packet(&home, number)];
        way.sent_ns.publish(eal.group().platform().now_ns());
        way.next.publish(number + 1);
        while tx.burst(&mut burst) == 0 {
            std::thread::yield_now();
        }
        sent += 1;
    }
    drop(tx);
    wait_for("the last was seen", || way.top.observe() == way.next.observe())?;
    way.is_over.publish(u64::from(is_last));
    println!("{}", ledger.sums());
    Ok(())
}

/// Waits until at most so many were sent and not seen, or the receiver lets itself be waited for too long.
fn wait_seen(way: &Way, most: u64) {
    let begun = Instant::now();
    while way.next.observe() > way.top.observe() + most && begun.elapsed() < LOST_AFTER {
        std::thread::sleep(Duration::from_millis(1));
    }
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
    ledger.roused.publish(0);
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
                ledger.roused.publish(sums.roused);
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
