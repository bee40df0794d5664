//! One end of the wire: a queue to send by, one to receive by.

use core::time::Duration;
use std::path::Path;
use std::time::Instant;

use phalanx_core::mbuf::{Mbuf, MbufHome};
use phalanx_core::port::{Port, RxQueue, TxQueue};
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx, OpenError, Ports};

use crate::frame::{number_of, packet};
use crate::ledger::{Ledger, Way, add};
use crate::{Outcome, PATIENCE, ports, wait_for};

/// Packets that go at once.
const BURST: usize = 32;

/// The most that are on their way: fewer than any ring has descriptors, so that none may be lost.
const WINDOW: u64 = 96;

/// After so long what was sent and not seen is lost.
const LOST_AFTER: Duration = Duration::from_secs(1);

/// That it is enough, once there are as many as wanted.
pub(crate) const ENOUGH: &str = "/tmp/enough";

pub(crate) struct End {
    rx: RxQueue<AnyRx>,
    tx: TxQueue<AnyTx>,
    ledger: &'static Ledger,
    out: &'static Way,
    back: &'static Way,
    /// What lies before it is not waited for: it was seen, or is lost.
    base: u64,
    /// When that has moved.
    moved: Instant,
}

impl End {
    /// Waits until the port runs and its queues can be had.
    pub(crate) fn open(eal: &Eal, number: usize, ledger: &'static Ledger) -> Outcome<Self> {
        let port = ports::end(eal, number)?;
        wait_for("the port has a link", || port.link().is_up())?;
        let (rx, tx) = open(&eal.ports(), &port)?;
        let (out, back) = ledger.ways(number);
        add(&out.begun, 1);
        add(&back.begun, 1);
        let base = out.seen.observe();
        Ok(Self { rx, tx, ledger, out, back, base, moved: Instant::now() })
    }

    /// Sends and receives until all is done.
    pub(crate) fn work(&mut self, home: &MbufHome<'_>, count: u64) -> Outcome<()> {
        let (mut last, mut rounds) = (Instant::now(), 0_u32);
        loop {
            let sent = self.send(home);
            let came = self.receive(home);
            if sent + came > 0 {
                last = Instant::now();
            }
            rounds = rounds.wrapping_add(1);
            if !rounds.is_multiple_of(256) {
                continue;
            }
            let is_enough = self.out.next.observe() >= count && Path::new(ENOUGH).exists();
            self.out.is_over.publish(u64::from(is_enough));
            if is_enough
                && self.back.is_over.observe() != 0
                && self.back.seen.observe() >= self.back.next.observe()
                && self.out.seen.observe() >= self.out.next.observe()
            {
                return Ok(());
            }
            if last.elapsed() > PATIENCE {
                let fault = self.rx.driver().fault().or(self.tx.driver().fault());
                return Err(format!(
                    "nothing has moved for long: {}; {fault:?}, {:?}, {:?}",
                    self.ledger.sums(),
                    self.rx.port().facts(),
                    self.rx.port().stats(),
                )
                .into());
            }
            if sent + came == 0 {
                std::thread::yield_now();
            }
        }
    }

    fn send(&mut self, home: &MbufHome<'_>) -> usize {
        let (next, seen) = (self.out.next.observe(), self.out.seen.observe());
        if seen > self.base {
            (self.base, self.moved) = (seen, Instant::now());
        } else if self.moved.elapsed() > LOST_AFTER {
            // A device was reset that had all of them.
            (self.base, self.moved) = (next, Instant::now());
        }
        let room = (self.base + WINDOW).saturating_sub(next).min(BURST as u64);
        if room == 0 || self.out.is_over.observe() != 0 {
            return 0;
        }
        let mut packets: [Option<Mbuf<'_>>; BURST] = [const { None }; BURST];
        let mut count = 0;
        for place in packets.iter_mut().take(room as usize) {
            *place = packet(home, next + count as u64);
            if place.is_none() {
                break;
            }
            count += 1;
        }
        // Before they go: a number is never sent twice.
        self.out.next.publish(next + count as u64);
        let mut sent = 0;
        while sent < count {
            sent += self.tx.burst(&mut packets[sent..count]);
            if sent < count {
                // What is full may wait for what this end has to receive.
                self.receive(home);
            }
        }
        sent
    }

    fn receive(&mut self, home: &MbufHome<'_>) -> usize {
        let mut packets: [Option<Mbuf<'_>>; BURST] = [const { None }; BURST];
        let count = self.rx.burst(home, &mut packets);
        let numbers: Vec<_> = packets.iter().flatten().filter_map(number_of).collect();
        for (number, is_whole) in numbers {
            let seen = self.back.seen.observe();
            if !is_whole || number < seen {
                add(&self.back.wrong, 1);
                println!("WRONG {number} after {seen}, whole {is_whole}");
                continue;
            }
            add(&self.back.lost, number - seen);
            add(&self.back.came, 1);
            self.back.seen.publish(number + 1);
        }
        count
    }
}

fn open(ports: &Ports, port: &Port) -> Outcome<(RxQueue<AnyRx>, TxQueue<AnyTx>)> {
    Ok((open_rx(ports, port)?, open_tx(ports, port)?))
}

pub(crate) fn open_rx(ports: &Ports, port: &Port) -> Outcome<RxQueue<AnyRx>> {
    in_time(|| ports.open_rx(port, 0))
}

pub(crate) fn open_tx(ports: &Ports, port: &Port) -> Outcome<TxQueue<AnyTx>> {
    in_time(|| ports.open_tx(port, 0))
}

fn in_time<T>(open: impl Fn() -> Result<T, OpenError>) -> Outcome<T> {
    let begun = Instant::now();
    loop {
        match open() {
            Ok(queue) => return Ok(queue),
            // Who had it may be ending still, or the port's owner.
            Err(why) if begun.elapsed() > PATIENCE => return Err(why.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
