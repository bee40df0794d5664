//! `phalanx demo`: the main job in one command.
//!
//! This process is the primary of a group of its own and starts two workers, which are
//! secondaries. Every packet goes through a shared ring to one of them, is turned round where it
//! lies, and comes back through another ring. Half-way one worker is killed and started anew: it
//! takes over the dead one's ring ends. At the end in = out + lost, and the pool misses as many
//! buffers as packets were lost.
//!
//! | file | concept |
//! |---|---|
//! | `capture.rs` | the packets |
//! | `children.rs` | the worker processes |
//! | `worker.rs` | a worker's work |
//! | `courier.rs` | the primary's work |
//! | `report.rs` | the live table and the books |

mod capture;
mod children;
mod courier;
mod report;
mod worker;

pub(crate) use worker::run as work;

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io::{IsTerminal, stdout};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use phalanx_core::group::flags;
use phalanx_core::mempool::{Mempool, PoolConfig};
use phalanx_core::memzone::{Zone, ZoneOptions};
use phalanx_core::ring::{Ring, RingConfig, Sync};
use phalanx_linux::console::{say, show};
use phalanx_linux::cpu;
use phalanx_linux::eal::clean::clean;
use phalanx_linux::eal::{Eal, EalBuilder, Fallback};
use phalanx_linux::runtime_dir::{Base, Prefix, list_prefixes};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use capture::Capture;
use children::{WorkerKind, WorkerProcess};
use courier::{Courier, Lane};
use demo_lane::{
    BURST, CONTROL, Control, POOL, Packet, RING, WORKERS, WorkerLine, ring_from, ring_to,
};
use report::{Report, WorkerReport};

use crate::Failure;
use crate::cli::DemoOptions;

/// How the prefix of a demo's group begins; its process id follows.
const PREFIX: &str = "demo-";

/// Packets that the demo sends unless told otherwise: three seconds' worth.
const PACKETS: u64 = 300_000;

/// Buffers: what both rings of both workers hold, and some in hands and caches.
const BUFFERS: u32 = 8191;

/// The worker that is killed half-way.
const VICTIM: usize = 1;

/// How often the table is shown anew: in its place on a terminal, below the last elsewhere.
const SHOW_EVERY: Duration = Duration::from_millis(200);
/// How often elsewhere.
const PRINT_EVERY: Duration = Duration::from_secs(1);

/// Everything the demo is made of while it runs.
struct Demo<'a> {
    options: &'a DemoOptions,
    control: &'static Control,
    courier: Courier<'a>,
    workers: Vec<WorkerProcess>,
    total: u64,
    begun: Instant,
    interrupted: Arc<AtomicBool>,
}

/// Runs the demo. Success only if the books balance.
pub(crate) fn run(options: &DemoOptions) -> Result<ExitCode, Failure> {
    let capture = capture::read(options.pcap.as_deref())?;
    let total = options.packets.unwrap_or(PACKETS.max(capture.packets.len() as u64));
    clean_earlier_demos();
    let prefix = format!("{PREFIX}{}", std::process::id());
    let cpus = cpu::allowed()?;
    let common = |role: &str, lcore: usize| {
        let lcores = format!("{lcore}@({cpus})");
        ["--proc-type", role, "--file-prefix", &prefix, "--lcores", &lcores]
            .map(str::to_owned)
            .to_vec()
    };
    let mut arguments = common("primary", 0);
    arguments.extend_from_slice(&options.eal);
    let (eal, _) = EalBuilder::new().fallback(Fallback::NoHuge).init(arguments)?;
    if !options.json {
        eal.notices().try_for_each(say)?;
        say(eal.start_line())?;
    }
    if eal.group().has(flags::PRIVATE) {
        return Err(Failure::new(
            "the demo's workers must be able to join its group; leave --in-memory, --no-shconf and --huge-unlink=always out",
        ));
    }
    let pool = Mempool::<Packet>::create(eal.group(), POOL, &PoolConfig::new(BUFFERS).cache(256))?;
    let control =
        Zone::create_typed::<Control>(eal.group(), CONTROL, &ZoneOptions::default(), |_| ())?
            .value();
    let lanes = [lane(&eal, 0)?, lane(&eal, 1)?];
    let courier = Courier::new(&capture.packets, total, lanes, &pool, eal.main_lcore())?;
    let kind = WorkerKind::find();
    if !options.json {
        say(format_args!("workers: {kind}"))?;
    }
    let workers = (0..WORKERS)
        .map(|index| WorkerProcess::start(&kind, index, &common("secondary", index + 1)));
    let workers = workers.collect::<Result<Vec<_>, _>>()?;
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let demo =
        Demo { options, control, courier, workers, total, begun: Instant::now(), interrupted };
    let report = demo.run(&capture, &pool)?;
    if options.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        show(format_args!("\n{report}"))?;
    }
    Ok(if report.balanced { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Removes what demos that were killed have left: nobody starts a group of their prefix again.
fn clean_earlier_demos() {
    let Ok(base) = Base::from_environment() else { return };
    let is_demo = |prefix: &Prefix| {
        let number = prefix.as_str().strip_prefix(PREFIX);
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    for prefix in list_prefixes(&base).unwrap_or_default().iter().filter(|prefix| is_demo(prefix)) {
        // One that lives stays, and what cannot be removed stops no new demo.
        let _ = clean(&base, prefix);
    }
}

/// Both rings between the primary and worker `index`.
fn lane(eal: &Eal, index: usize) -> Result<Lane, Failure> {
    let config = RingConfig::new(RING).both(Sync::Single);
    let no_such = || Failure::new("no such worker");
    let (to, from) = (ring_to(index).ok_or_else(no_such)?, ring_from(index).ok_or_else(no_such)?);
    let output = Ring::create(eal.group(), to, &config)?.producer()?;
    let input = Ring::create(eal.group(), from, &config)?.consumer()?;
    Ok(Lane { output, input, sent: 0, back: 0, wrong: 0 })
}

impl Demo<'_> {
    fn run(mut self, capture: &Capture, pool: &Mempool<Packet>) -> Result<Report, Failure> {
        let mut shown = Instant::now();
        let mut painter = Painter::new(self.options.json);
        while !self.courier.all_sent() && !self.interrupted.load(Ordering::Relaxed) {
            let moved = self.courier.send(self.due()) + self.courier.collect()?;
            if moved == 0 {
                std::thread::sleep(Duration::from_micros(20));
            }
            if shown.elapsed() >= painter.pause() {
                shown = Instant::now();
                painter.paint(&report::live(
                    &self.lines(),
                    self.courier.sent(),
                    self.total,
                    self.begun.elapsed(),
                ));
                self.workers.iter_mut().try_for_each(WorkerProcess::check)?;
            }
            let half = self.courier.sent() >= self.total / 2;
            if half && !self.options.no_kill && self.kills() == 0 {
                self.replace_victim(&mut painter)?;
            }
        }
        self.courier.settle(Duration::from_millis(500), Duration::from_secs(10))?;
        painter.paint(&report::live(
            &self.lines(),
            self.courier.sent(),
            self.total,
            self.begun.elapsed(),
        ));
        let seconds = self.begun.elapsed().as_secs_f64();
        self.control.stop.set(1);
        // A worker whose ring back is full ends only when somebody takes from it.
        for worker in &mut self.workers {
            while !worker.has_ended()? {
                self.courier.collect()?;
                std::thread::sleep(Duration::from_micros(100));
            }
            worker.finish()?;
        }
        self.courier.finish()?;
        Ok(self.books(capture, pool, seconds))
    }

    /// How many packets should have been sent by now.
    fn due(&self) -> u64 {
        match self.options.pps {
            0 => self.total,
            pps => (self.begun.elapsed().as_secs_f64() * pps as f64) as u64,
        }
    }

    fn kills(&self) -> u32 {
        self.workers.iter().map(|worker| worker.kills).sum()
    }

    /// Kills a worker and starts it anew; what is in its ring waits for the next one.
    fn replace_victim(&mut self, painter: &mut Painter) -> Result<(), Failure> {
        let Some(victim) = self.workers.get_mut(VICTIM) else { return Ok(()) };
        let old = victim.pid();
        victim.kill()?;
        victim.restart()?;
        painter.say(&format!(
            "worker {VICTIM} (pid {old}) was killed and started anew (pid {})",
            victim.pid()
        ));
        Ok(())
    }

    fn lines(&self) -> Vec<WorkerReport> {
        let lanes = self.courier.lanes.iter().zip(&self.workers).zip(&self.control.workers);
        let line = |(worker, ((lane, process), shared)): (
            usize,
            ((&Lane, &WorkerProcess), &WorkerLine),
        )| WorkerReport {
            worker,
            pid: process.pid(),
            lives: shared.lives.get(),
            sent: lane.sent,
            back: lane.back - lane.wrong,
            wrong: lane.wrong,
            waiting: lane.output.ring().count(),
            missing: lane.sent - lane.back,
        };
        lanes.enumerate().map(line).collect()
    }

    /// The books: packets by what was sent and came back, buffers by what the pool misses, and
    /// what the killed can have had in their hands by how many were killed.
    fn books(&self, capture: &Capture, pool: &Mempool<Packet>, seconds: f64) -> Report {
        let workers = self.lines();
        let packets_in = self.courier.sent();
        let packets_out: u64 = workers.iter().map(|worker| worker.back).sum();
        let wrong: u64 = workers.iter().map(|worker| worker.wrong).sum();
        let lost = packets_in - packets_out - wrong;
        let may_be_lost = u64::from(self.kills()) * BURST as u64;
        let buffers_missing = u64::from(pool.in_use_count());
        let only_victims = workers
            .iter()
            .zip(&self.workers)
            .all(|(line, process)| process.kills > 0 || line.missing == 0);
        let interrupted = self.interrupted.load(Ordering::Relaxed);
        let balanced = (packets_in == self.total || interrupted)
            && wrong == 0
            && lost <= may_be_lost
            && buffers_missing == lost
            && only_victims;
        Report {
            capture: capture.name.clone(),
            primary_pid: std::process::id(),
            workers,
            packets_in,
            packets_out,
            lost,
            may_be_lost,
            buffers_missing,
            kills: self.kills(),
            seconds,
            interrupted,
            balanced,
        }
    }
}

/// Shows the live table: in its place on a terminal, line after line elsewhere.
struct Painter {
    is_quiet: bool,
    is_terminal: bool,
    height: usize,
}

impl Painter {
    fn new(is_quiet: bool) -> Self {
        Self { is_quiet, is_terminal: stdout().is_terminal(), height: 0 }
    }

    fn pause(&self) -> Duration {
        if self.is_terminal { SHOW_EVERY } else { PRINT_EVERY }
    }

    /// What cannot be shown now does not stop the demo; the books at its end say so.
    fn paint(&mut self, text: &str) {
        if self.is_quiet {
            return;
        }
        let back = if self.is_terminal && self.height > 0 {
            format!("\x1b[{}A\x1b[J", self.height)
        } else {
            String::new()
        };
        let _ = show(format_args!("{back}{text}\n"));
        self.height = text.lines().count();
    }

    fn say(&mut self, line: &str) {
        if !self.is_quiet {
            let _ = say(line);
            self.height = 0;
        }
    }
}
