//! A demo worker: a secondary that turns packets round and sends them back.

use core::time::Duration;
use std::process::ExitCode;

use phalanx_core::group::{Group, ProcessId, Role};
use phalanx_core::mempool::{Mempool, ObjectConsumer, ObjectProducer, ObjectRing};
use phalanx_core::memzone::Zone;
use phalanx_linux::eal::Eal;

use super::control::{BURST, CONTROL, Control, POOL, WorkerLine, ring_from, ring_to};
use super::packet::Packet;
use crate::Failure;
use crate::cli::WorkerOptions;

/// How long an idle worker rests. Three processes share what may be one core.
const REST: Duration = Duration::from_micros(20);

/// Idle rounds between two looks at the primary.
const ROUNDS_A_LOOK: u32 = 4096;

/// The worker's hands.
struct Worker {
    index: u64,
    pool: Mempool<Packet>,
    input: ObjectConsumer<Packet>,
    output: ObjectProducer<Packet>,
    line: &'static WorkerLine,
    control: &'static Control,
    group: Group,
    primary: Option<ProcessId>,
}

/// Joins the group, does the work, and leaves when told to or when the primary is gone.
pub(crate) fn run(options: &WorkerOptions) -> Result<ExitCode, Failure> {
    let (eal, _) = Eal::init(options.eal.clone())?;
    let group = eal.group();
    let control = Zone::lookup_typed::<Control>(group, CONTROL)?.value();
    let line = control.workers.get(options.index).ok_or_else(|| Failure::new("no such worker"))?;
    let mut worker = Worker {
        index: options.index as u64,
        pool: Mempool::lookup(group, POOL)?,
        input: ObjectRing::lookup(group, &ring_to(options.index))?.consumer()?,
        output: ObjectRing::lookup(group, &ring_from(options.index))?.producer()?,
        line,
        control,
        group: *group,
        primary: group.processes().find(|p| p.role == Role::Primary).map(|p| p.id),
    };
    line.lives.count(1);
    worker.serve()?;
    Ok(ExitCode::SUCCESS)
}

impl Worker {
    fn serve(&mut self) -> Result<(), Failure> {
        let mut idle: u32 = 0;
        while self.control.stop.get() == 0 {
            if self.turn_some()? {
                idle = 0;
                continue;
            }
            std::thread::sleep(REST);
            look(&self.group, self.primary, &mut idle)?;
        }
        Ok(())
    }

    /// Turns a burst round; whether there was one. Killed anywhere in here, what was in its hands
    /// goes back to the pool, and what is in the rings waits for the next one.
    fn turn_some(&mut self) -> Result<bool, Failure> {
        let mut burst = Vec::with_capacity(BURST);
        while burst.len() < BURST {
            // Held up by a primary that is stopped in the middle: later.
            let Ok(Some(packet)) = self.input.dequeue(&self.pool) else { break };
            burst.push(packet);
        }
        let count = burst.len();
        self.line.taken.count(count as u64);
        for mut packet in burst {
            packet.turn_round(self.index);
            let mut idle: u32 = 0;
            while let Err(back) = self.output.enqueue(packet) {
                packet = back;
                std::thread::yield_now();
                look(&self.group, self.primary, &mut idle)?;
            }
            self.line.given.count(1);
        }
        Ok(count > 0)
    }
}

/// Every so many idle rounds, sees whether there is still somebody to work for.
fn look(group: &Group, primary: Option<ProcessId>, idle: &mut u32) -> Result<(), Failure> {
    *idle = idle.wrapping_add(1);
    let is_gone = || primary.is_none_or(|id| !group.is_alive(id));
    if idle.is_multiple_of(ROUNDS_A_LOOK) && is_gone() {
        return Err(Failure::new("the demo's primary is gone; this worker leaves"));
    }
    Ok(())
}
