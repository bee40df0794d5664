//! The demo from the first packet to the last: send and collect, kill a worker half-way, end, and
//! close the books.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use demo_lane::{Control, WorkerLine};
use phalanx_core::mbuf::MbufPool;

use super::capture::Capture;
use super::children::WorkerProcess;
use super::courier::{Courier, Lane};
use super::deaths::Deaths;
use super::painter::Painter;
use super::report::{self, Report, WorkerReport};
use crate::Failure;
use crate::cli::DemoOptions;

/// The worker that is killed half-way.
const VICTIM: usize = 1;

/// How long packets wait for a worker that takes none.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// How long the workers have to end once they are told to.
const END_WITHIN: Duration = Duration::from_secs(10);

/// Everything the demo is made of while it runs.
pub(super) struct Demo<'a> {
    /// What the user asked for.
    pub options: &'a DemoOptions,
    /// The shared zone.
    pub control: &'static Control,
    /// Packets on their way.
    pub courier: Courier<'a>,
    /// What became of killed workers.
    pub deaths: Deaths,
    /// The worker processes.
    pub workers: Vec<WorkerProcess>,
    /// How many packets to send.
    pub total: u64,
    /// When it began.
    pub begun: Instant,
    /// Set when somebody ends it early.
    pub interrupted: Arc<AtomicBool>,
}

impl Demo<'_> {
    /// Runs it, and closes the books.
    pub(super) fn run(mut self, capture: &Capture, pool: &MbufPool) -> Result<Report, Failure> {
        let mut painter = Painter::new(self.options.json);
        self.await_workers(&mut painter)?;
        self.begun = Instant::now();
        self.carry(&mut painter)?;
        // One that was started anew may serve only now.
        self.await_workers(&mut painter)?;
        self.courier.settle(Duration::from_millis(500), Duration::from_secs(10));
        self.show(&mut painter);
        let seconds = self.begun.elapsed().as_secs_f64();
        self.end_workers()?;
        self.courier.finish();
        let killed: Vec<u32> = self.workers.iter().flat_map(|it| it.killed.clone()).collect();
        self.deaths.settle(&killed, Duration::from_secs(10));
        Ok(self.books(capture, pool, seconds))
    }

    /// Waits until every worker serves, by its own program or by this one, or until somebody interrupts.
    fn await_workers(&mut self, painter: &mut Painter) -> Result<(), Failure> {
        let begun = Instant::now();
        loop {
            self.look_after_workers(painter)?;
            let idle = self.workers.iter().position(|worker| !worker.serves());
            let Some(idle) = idle.filter(|_| !self.interrupted.load(Ordering::Relaxed)) else {
                return Ok(());
            };
            if begun.elapsed() >= STUCK_AFTER {
                return Err(stuck(idle, self.workers.get(idle).map_or(0, WorkerProcess::pid)));
            }
            self.courier.collect();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sends every packet, or as many as there are until somebody interrupts it.
    fn carry(&mut self, painter: &mut Painter) -> Result<(), Failure> {
        let (mut shown, mut moved) = (Instant::now(), Instant::now());
        while !self.courier.all_sent() && !self.interrupted.load(Ordering::Relaxed) {
            let due = self.due();
            let is_idle = self.courier.send(due)? + self.courier.collect() == 0;
            if is_idle {
                std::thread::sleep(Duration::from_micros(20));
            }
            if !is_idle || self.courier.sent() >= due {
                moved = Instant::now();
            } else if moved.elapsed() >= STUCK_AFTER {
                return Err(self.slowest());
            }
            if shown.elapsed() >= painter.pause() {
                shown = Instant::now();
                self.show(painter);
                self.look_after_workers(painter)?;
            }
            if self.is_time_to_kill() {
                self.replace_victim(painter)?;
            }
        }
        Ok(())
    }

    /// The worker that holds up the rest: the one with the most in its ring.
    fn slowest(&self) -> Failure {
        let slowest = self.lines().into_iter().max_by_key(|line| line.waiting);
        slowest.map_or_else(|| stuck(0, 0), |line| stuck(line.worker, line.pid))
    }

    /// Tells the workers to end and takes from their rings until they have: one whose ring back
    /// is full ends only then.
    fn end_workers(&mut self) -> Result<(), Failure> {
        self.control.stop.set(1);
        let told = Instant::now();
        for worker in &mut self.workers {
            while !worker.has_ended()? {
                if told.elapsed() >= END_WITHIN {
                    return Err(Failure::new(format!(
                        "a worker (pid {}) did not end within {} s and is killed; was it stopped?",
                        worker.pid(),
                        END_WITHIN.as_secs()
                    )));
                }
                self.courier.collect();
                std::thread::sleep(Duration::from_micros(100));
            }
            worker.finish()?;
        }
        Ok(())
    }

    fn show(&self, painter: &mut Painter) {
        let (sent, elapsed) = (self.courier.sent(), self.begun.elapsed());
        painter.paint(&report::live(&self.lines(), sent, self.total, elapsed));
    }

    /// How many packets should have been sent by now.
    fn due(&self) -> u64 {
        match self.options.pps {
            0 => self.total,
            pps => (self.begun.elapsed().as_secs_f64() * pps as f64) as u64,
        }
    }

    /// Half-way, and at a moment when the victim has packets in its hands, if there is one soon.
    fn is_time_to_kill(&self) -> bool {
        let (sent, line) = (self.courier.sent(), self.control.workers.get(VICTIM));
        let has_some = line.is_some_and(|line| line.taken.get() > line.given.get());
        let is_half = sent >= self.total / 2 && (has_some || sent >= self.total / 4 * 3);
        is_half && !self.options.no_kill && self.kills() == 0
    }

    fn kills(&self) -> u32 {
        self.workers.iter().map(|worker| worker.killed.len() as u32).sum()
    }

    /// Starts those anew that somebody else has killed, and replaces a program that is refused.
    fn look_after_workers(&mut self, painter: &mut Painter) -> Result<(), Failure> {
        for worker in &mut self.workers {
            worker.look_after()?.iter().for_each(|news| painter.warn(news));
        }
        Ok(())
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
            program: process.program(),
            lives: shared.lives.get(),
            sent: lane.sent,
            back: lane.back - lane.wrong,
            wrong: lane.wrong,
            waiting: lane.there.count(),
            missing: lane.sent - lane.back,
        };
        lanes.enumerate().map(line).collect()
    }

    /// The books: packets by what was sent and came back and by what the reaper took out of the
    /// hands of the killed, buffers by what the pool misses.
    fn books(&self, capture: &Capture, pool: &MbufPool, seconds: f64) -> Report {
        let workers = self.lines();
        let packets_in = self.courier.sent();
        let packets_out: u64 = workers.iter().map(|worker| worker.back).sum();
        let wrong: u64 = workers.iter().map(|worker| worker.wrong).sum();
        let recovered = self.deaths.recovered;
        let accounted = packets_out + wrong + recovered;
        let lost = packets_in.saturating_sub(accounted);
        let buffers_missing = u64::from(pool.in_use_count());
        let interrupted = self.interrupted.load(Ordering::Relaxed);
        let balanced = (packets_in == self.total || interrupted)
            && wrong == 0
            && accounted == packets_in
            && buffers_missing == 0;
        Report {
            capture: capture.name.clone(),
            primary_pid: std::process::id(),
            workers,
            packets_in,
            packets_out,
            recovered,
            lost,
            buffers_missing,
            kills: self.kills(),
            seconds,
            interrupted,
            balanced,
        }
    }
}

/// A worker that does not do its part.
fn stuck(worker: usize, pid: u32) -> Failure {
    let seconds = STUCK_AFTER.as_secs();
    Failure::new(format!(
        "worker {worker} (pid {pid}) took no packet for {seconds} s and is killed; was it stopped?"
    ))
}
