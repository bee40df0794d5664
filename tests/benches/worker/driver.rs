//! The primary of the group: a process of its own, which makes the rings and does what it is told.

use core::time::Duration;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use phalanx_core::group::Group;
use phalanx_core::ring::kind::Single;
use phalanx_core::ring::{Consumer, Producer, Ring, RingConfig, Sync};
use phalanx_linux::eal::watch::Watching;
use phalanx_linux::eal::{Eal, EalBuilder, Fallback, MessageService};
use phalanx_tests::group::TestGroup;
use phalanx_tests::static_programs::static_program;

use crate::bare::{self, Lines};
use crate::other;
use crate::spread::Spread;

/// A driver, seen from the bench.
pub(crate) struct Driven {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    // Dropped last: it removes what is left.
    group: TestGroup,
}

impl Driven {
    /// Starts the one that makes two rings, with 64 MB.
    pub(crate) fn start() -> io::Result<Self> {
        Self::start_as("--drive")
    }

    /// Starts the one that makes a lane of the demo.
    pub(crate) fn start_lane() -> io::Result<Self> {
        Self::start_as("--drive-lane")
    }

    fn start_as(which: &str) -> io::Result<Self> {
        let group = TestGroup::in_memory(std::env::current_exe()?);
        let mut command = group.bare_command();
        command.args([which, "--proc-type", "primary", "-l", "0", "-m", "64"]);
        command.args(["--file-prefix", group.prefix()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let gone = || io::Error::other("the driver has no pipes");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        let mut driven = Self { child, input, output, group };
        driven.read()?;
        Ok(driven)
    }

    /// A static worker of the group, on CPU 1.
    pub(crate) fn worker(&self, program: &str, more: &[&str]) -> Command {
        let mut command = self.group.other_command(&static_program(program));
        command.args(["--file-prefix", self.group.prefix(), "-l", "1"]).args(more);
        command
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has it do something; returns the numbers that it answers with.
    pub(crate) fn ask(&mut self, what: &str) -> io::Result<Vec<u64>> {
        writeln!(self.input, "{what}")?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Vec<u64>> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        match line.trim().strip_prefix("ok") {
            Some(numbers) => {
                numbers.split_whitespace().map(|it| it.parse().map_err(other)).collect()
            }
            None => Err(io::Error::other(format!("the driver: {}", line.trim()))),
        }
    }
}

impl Drop for Driven {
    /// It leaves when it is told to.
    fn drop(&mut self) {
        // Fails only if it is gone already, which is what is wanted.
        let _ = writeln!(self.input, "end");
        let _ = self.child.wait();
    }
}

/// Creates the group of a driver.
pub(crate) fn start(eal: &[String]) -> io::Result<Eal> {
    let builder = EalBuilder::new().fallback(Fallback::NoHuge);
    let builder = builder.watching(Watching::Off).messages(MessageService::Off);
    Ok(builder.init(eal.iter().cloned()).map_err(other)?.0)
}

/// Says that it is there, and answers each line of its input, until `answer` has none.
pub(crate) fn obey(
    mut answer: impl FnMut(&[&str]) -> io::Result<Option<String>>,
) -> io::Result<()> {
    println!("ok");
    for line in io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match answer(&words)? {
            Some(numbers) => println!("ok {numbers}"),
            None => break,
        }
    }
    Ok(())
}

/// `--drive EAL-ARGUMENTS...`
pub(crate) fn run(eal: &[String]) -> io::Result<()> {
    let eal = start(eal)?;
    let mut ends = Ends::make(eal.group())?;
    obey(|words| {
        Ok(Some(match *words {
            ["line", ms] => bare::trips(Lines::One, number(ms)?).to_string(),
            ["lines", ms] => bare::trips(Lines::Two, number(ms)?).to_string(),
            ["trips", ms] => ends.trips(number(ms)?).to_string(),
            ["wakes", count] => ends.wakes(number(count)?).to_string(),
            ["costs"] => {
                let (put, put_and_wake) = ends.costs();
                format!("{put} {put_and_wake}")
            }
            _ => return Ok(None),
        }))
    })
}

pub(crate) fn number(text: &str) -> io::Result<u64> {
    text.parse().map_err(other)
}

/// The driver's ends of both rings; nobody but a worker has the other two.
struct Ends {
    ping: Producer<u64, Single>,
    pong: Consumer<u64, Single>,
    next: u64,
}

impl Ends {
    fn make(group: &Group) -> io::Result<Self> {
        let config = RingConfig::new(1024).both(Sync::Single);
        let ping = Ring::<u64>::create(group, "ping", &config.waitable()).map_err(other)?;
        let pong = Ring::<u64>::create(group, "pong", &config).map_err(other)?;
        Ok(Self {
            ping: ping.producer_as().map_err(other)?,
            pong: pong.consumer_as().map_err(other)?,
            next: 0,
        })
    }

    /// One element there and back; spinning.
    fn trip(&mut self, wakes: bool) -> u64 {
        let begin = Instant::now();
        self.next += 1;
        // There is room: one element is on its way at a time.
        let _ = self.ping.enqueue(self.next);
        if wakes {
            self.ping.wake();
        }
        while !matches!(self.pong.dequeue(), Ok(Some(word)) if word == self.next) {
            core::hint::spin_loop();
        }
        begin.elapsed().as_nanos() as u64
    }

    fn trips(&mut self, ms: u64) -> Spread {
        let end = Instant::now() + Duration::from_millis(ms);
        let mut times = Vec::with_capacity(ms as usize * 4_000);
        while Instant::now() < end {
            for _ in 0..100 {
                times.push(self.trip(false));
            }
        }
        Spread::of(times)
    }

    /// Trips to a worker that has gone to sleep before each.
    fn wakes(&mut self, count: u64) -> Spread {
        let asleep = Duration::from_micros(300);
        let trip = |_| {
            std::thread::sleep(asleep);
            self.trip(true)
        };
        Spread::of((0..count).map(trip).collect())
    }

    /// Picoseconds of an enqueue, and of one with a wake behind it while nobody sleeps; the worker
    /// takes all of it.
    fn costs(&mut self) -> (u64, u64) {
        let mut cost = |wakes: bool| {
            let mut spent = Duration::ZERO;
            for _ in 0..10_000_u32 {
                let begin = Instant::now();
                for _ in 0..100 {
                    self.next += 1;
                    let _ = self.ping.enqueue(self.next);
                    if wakes {
                        self.ping.wake();
                    }
                }
                spent += begin.elapsed();
                while !matches!(self.pong.dequeue(), Ok(Some(word)) if word == self.next) {
                    core::hint::spin_loop();
                }
            }
            spent.as_nanos() as u64 / 1_000
        };
        (cost(false), cost(true))
    }
}
