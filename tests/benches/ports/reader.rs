//! A process of our group beside the programs that are measured: it reads how much has passed, and puts
//! the first packets into ports that have no source of their own.
//!
//! For each line of its input it answers with one that begins with `ok` or `error`:
//!
//! ```text
//! count                  ok PACKETS NANOSECONDS   sent by all ports until that moment of CLOCK_MONOTONIC
//! put PORT ORDER COUNT   ok                       so many frames into Tx queue 0 of PORT, which nobody has
//! ```

use std::io::{self, BufRead};

use phalanx_core::mbuf::MbufPool;
use phalanx_core::port::Port;
use phalanx_linux::eal::Eal;
use phalanx_tests::group::TestGroup;
use phalanx_tests::process::Process;
use rustix::time::{ClockId, clock_gettime};

use crate::other;

/// The pool of `symmetric_mp`.
const POOL: &str = "SMP_MBUF_POOL";

/// Bytes of a frame.
const FRAME: u16 = 60;

/// Does what it is told until its input ends.
pub(crate) fn run(eal: &[String]) -> io::Result<()> {
    let (eal, _) = Eal::init(eal.to_vec()).map_err(other)?;
    let ports: Vec<Port> = Port::all(eal.group()).map_err(other)?.collect();
    println!("ready");
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match obey(&eal, &ports, &words) {
            Ok(answer) => println!("ok {answer}"),
            Err(error) => println!("error {error}"),
        }
    }
    Ok(())
}

fn obey(eal: &Eal, ports: &[Port], words: &[&str]) -> io::Result<String> {
    match words {
        ["count"] => {
            let packets: u64 = ports.iter().map(|port| port.stats().tx_packets).sum();
            let now = clock_gettime(ClockId::Monotonic);
            Ok(format!("{packets} {}", now.tv_sec * 1_000_000_000 + now.tv_nsec))
        }
        ["put", port, order, count] => {
            let port = ports
                .iter()
                .find(|it| it.name().as_str() == *port)
                .ok_or_else(|| other("no such port"))?;
            put(eal, port, Order::named(order)?, count.parse().map_err(other)?)?;
            Ok(String::new())
        }
        _ => Err(other(format!("'{}' is no order", words.join(" ")))),
    }
}

/// In which order frames are put into a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// In that in which their buffers lie in memory.
    Lying,
    /// No two neighbours one behind the other.
    Scattered,
}

impl Order {
    const fn name(self) -> &'static str {
        match self {
            Self::Lying => "lying",
            Self::Scattered => "scattered",
        }
    }

    fn named(name: &str) -> io::Result<Self> {
        let found = [Self::Lying, Self::Scattered].into_iter().find(|order| order.name() == name);
        found.ok_or_else(|| other("no such order"))
    }

    /// Which of `count` frames goes as number `place`; of each a different one, if 37 does not divide `count`.
    const fn of(self, place: usize, count: usize) -> usize {
        match self {
            Self::Lying => place,
            Self::Scattered => place * 37 % count,
        }
    }
}

fn put(eal: &Eal, port: &Port, order: Order, count: usize) -> io::Result<()> {
    let pool = MbufPool::lookup(eal.group(), POOL).map_err(other)?;
    let home = pool.home();
    let mut queue = eal.ports().open_tx(port, 0).map_err(other)?;
    let mut frames: Vec<_> = (0..count).map(|_| home.alloc()).collect();
    for place in 0..count {
        let frame = frames.get_mut(order.of(place, count)).and_then(Option::take);
        let mut packet = frame.ok_or_else(|| other("the pool is empty"))?;
        packet.append(FRAME).map_err(other)?.fill(0x5a);
        if queue.burst(&mut [Some(packet)]) != 1 {
            return Err(other("the port took no more packets"));
        }
    }
    Ok(())
}

/// The reader as the bench has it.
#[derive(Debug)]
pub(crate) struct Reader(Process);

/// How many packets had passed at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    packets: f64,
    ns: f64,
}

impl Count {
    /// Packets per second since `before`.
    pub(crate) fn since(self, before: Self) -> f64 {
        (self.packets - before.packets) * 1e9 / (self.ns - before.ns)
    }
}

impl Reader {
    /// Starts one in `group`.
    pub(crate) fn start(group: &TestGroup, lcores: &str) -> io::Result<Self> {
        let mut command = group.other_command(&std::env::current_exe()?);
        command.args(["--read", "--proc-type=secondary", "--file-prefix", group.prefix()]);
        command.args(["--lcores", lcores]);
        Self::of(Process::start(command))
    }

    /// A process that answers as one.
    pub(crate) fn of(mut process: Process) -> io::Result<Self> {
        match process.line_or_end("ready") {
            Some(_) => Ok(Self(process)),
            None => Err(other(format!("the reader did not start: {}", process.end().stderr))),
        }
    }

    /// How many packets have passed.
    pub(crate) fn count(&mut self) -> io::Result<Count> {
        let said = self.0.ask("count").map_err(other)?;
        let mut numbers = said.split(' ').map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(packets)), Some(Ok(ns))) => Ok(Count { packets, ns }),
            _ => Err(other(format!("the reader said '{said}'"))),
        }
    }

    /// Puts frames into a port.
    pub(crate) fn put(&mut self, port: &str, order: Order, count: usize) -> io::Result<()> {
        self.0.ask(&format!("put {port} {} {count}", order.name())).map(drop).map_err(other)
    }
}
