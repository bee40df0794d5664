//! One end of the wire: a queue to send by, one to receive by.

use core::time::Duration;
use std::path::Path;
use std::time::Instant;

use phalanx_core::mbuf::{Mbuf, MbufHome};
use phalanx_core::port::{Port, RxQueue, TxQueue};
use phalanx_linux::eal::Eal;
use phalanx_linux::port::{AnyRx, AnyTx, OpenError, Ports};

use crate::frame::Frames;
use crate::ledger::{Ledger, NUMBERS, Way, add};
use crate::window::Window;
use crate::{Outcome, PATIENCE, ports, wait_for};

/// Packets that go at once.
const BURST: usize = 32;

/// Rounds in which nothing has moved before a nap, and how long that is.
const IDLE: u32 = 32;
const NAP: Duration = Duration::from_micros(20);

/// That it is enough, once there are as many as wanted.
pub(crate) const ENOUGH: &str = "/tmp/enough";

pub(crate) struct End {
    rx: RxQueue<AnyRx>,
    tx: TxQueue<AnyTx>,
    ledger: &'static Ledger,
    out: &'static Way,
    back: &'static Way,
    frames: Frames,
    window: Window,
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
        let (frames, window) = (Frames::new(ledger.life.observe()), Window::new(out));
        Ok(Self { rx, tx, ledger, out, back, frames, window })
    }

    /// Sends and receives until all is done.
    pub(crate) fn work(&mut self, home: &MbufHome<'_>, count: u64) -> Outcome<()> {
        let (mut last, mut rounds, mut idle) = (Instant::now(), 0_u32, 0_u32);
        loop {
            let moved = self.send(home) + self.receive(home);
            rounds = rounds.wrapping_add(1);
            idle = if moved == 0 { idle + 1 } else { 0 };
            if idle >= IDLE {
                // The machine has fewer CPUs than a wire has users: its cards want one, too.
                std::thread::sleep(NAP);
                idle = 0;
            }
            if moved > 0 {
                last = Instant::now();
            }
            if !rounds.is_multiple_of(256) {
                continue;
            }
            let is_enough = self.out.next.observe() >= count && Path::new(ENOUGH).exists();
            self.out.is_over.publish(u64::from(is_enough));
            if is_enough
                && self.back.is_over.observe() != 0
                && self.back.top.observe() >= self.back.next.observe()
                && self.out.top.observe() >= self.out.next.observe()
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
        }
    }

    fn send(&mut self, home: &MbufHome<'_>) -> usize {
        let next = self.out.next.observe();
        let mut room = self.window.room(self.out).min(NUMBERS - next).min(BURST as u64);
        if self.out.is_over.observe() != 0 {
            // The last one shall be seen: if it was lost, so shall another.
            let is_lost = self.window.is_empty(next) && self.out.top.observe() < next;
            room = room.min(is_lost.into());
        }
        if room == 0 {
            return 0;
        }
        let mut packets: [Option<Mbuf<'_>>; BURST] = [const { None }; BURST];
        let mut count = 0;
        for place in packets.iter_mut().take(room as usize) {
            *place = self.frames.packet(home, next + count as u64);
            if place.is_none() {
                break;
            }
            count += 1;
        }
        // Before they go: a number is never sent twice.
        self.out.next.publish(next + count as u64);
        let (mut sent, begun) = (0, Instant::now());
        while sent < count && begun.elapsed() < PATIENCE {
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
        if count == 0 {
            add(&self.back.vain, 1);
        }
        for packet in packets.iter().flatten() {
            if let Some((number, is_whole)) = self.frames.number_of(packet) {
                self.back.note(number, is_whole);
            }
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
