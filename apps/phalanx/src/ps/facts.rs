//! What there is to say of each process.

use phalanx_core::device::slots::visit_posted;
use phalanx_core::directory::{self, Found, Kind};
use phalanx_core::group::{Group, ProcessFacts, ProcessId, ProcessState};
use phalanx_core::mempool::PoolView;
use phalanx_core::port::{Direction, Port};
use phalanx_core::ring::visit_published;
use phalanx_linux::eal::Observer;
use phalanx_linux::process::{Activity, activity};
use serde::Serialize;

use crate::Failure;

/// A process of the group.
#[derive(Debug, Serialize)]
pub(crate) struct Process {
    pub slot: u16,
    pub generation: u32,
    pub pid: u32,
    pub role: String,
    pub state: &'static str,
    /// Seconds since it joined.
    pub age_s: f64,
    pub lcores: Vec<u16>,
    /// What it has in its hands and caches of recoverable pools.
    pub objects: u64,
    pub pools: Vec<Held>,
    /// Ports that it owns.
    pub ports: Vec<String>,
    /// Queues of ports that it has, whoever owns them.
    pub queues: Vec<Queue>,
    pub name: String,
    pub command: String,
}

/// A queue of a port.
#[derive(Debug, Serialize)]
pub(crate) struct Queue {
    pub port: String,
    pub direction: &'static str,
    pub queue: u16,
}

/// What a process holds of one pool.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    pub pool: String,
    pub objects: u32,
}

/// Looks at every process in the table.
pub(crate) fn gather(observer: &Observer) -> Result<Vec<Process>, Failure> {
    let group = observer.group();
    let pools = pools(group)?;
    let ports: Vec<Port> = Port::all(group)?.collect();
    let processes = observer.processes();
    Ok(processes.map(|(process, alive)| of(group, &pools, &ports, &process, alive)).collect())
}

/// A pool whose objects say who had them last.
struct Pool {
    name: String,
    view: PoolView,
    /// Which of them lie in the pool, in a ring or with a device, so that nobody has them.
    lying: Vec<u64>,
}

/// Every such pool.
fn pools(group: &Group) -> Result<Vec<Pool>, Failure> {
    let (mut pools, mut rings, mut queues) = (Vec::new(), Vec::new(), Vec::new());
    // What was destroyed meanwhile may have no memory any more, and a look would bring it back.
    let is_backed = |found: &Found| group.memseg_lists().page_of(found.at).is_some();
    directory::walk(group, |found| match found.kind {
        Kind::Mempool if is_backed(found) => {
            let view = PoolView::inspect(group, found.at).ok().filter(|it| it.is_recoverable());
            pools.extend(view.map(|view| Pool {
                name: found.name.to_string(),
                lying: vec![0; view.mark_words()],
                view,
            }));
        }
        Kind::Ring if is_backed(found) => rings.push(*found),
        Kind::DeviceQueue if is_backed(found) => queues.push(found.at),
        _ => {}
    })?;
    for Pool { view, lying, .. } in &mut pools {
        view.mark_free(lying);
        for ring in rings.iter().filter(|ring| view.may_lie_in(ring.element)) {
            // Of a ring that is none, or does not hold still, what was seen is marked.
            let _ = visit_published(group, ring.at, |at| view.mark(at, lying));
        }
        for queue in &queues {
            // What lies with a device is in nobody's hands either.
            let _ = visit_posted(group, *queue, |at| view.mark(at, lying));
        }
    }
    Ok(pools)
}

/// The queues that `who` has.
fn queues_of(ports: &[Port], who: ProcessId) -> Vec<Queue> {
    let mut queues = Vec::new();
    for port in ports {
        for (direction, name) in [(Direction::Rx, "rx"), (Direction::Tx, "tx")] {
            let own = port.claims(direction).filter(|(_, claimant)| *claimant == who);
            queues.extend(own.map(|(queue, _)| Queue {
                port: port.name().to_string(),
                direction: name,
                queue,
            }));
        }
    }
    queues
}

fn of(
    group: &Group,
    pools: &[Pool],
    ports: &[Port],
    process: &ProcessFacts,
    alive: bool,
) -> Process {
    let owned = ports.iter().filter(|port| port.owner() == Some(process.id));
    let held = |pool: &Pool| Held {
        pool: pool.name.clone(),
        objects: pool.view.held_by(process.id, &pool.lying),
    };
    let pools: Vec<Held> = pools.iter().map(held).filter(|held| held.objects > 0).collect();
    let age_ns = group.platform().now_ns().saturating_sub(process.joined_ns);
    let lcores = group.lcores().filter(|lcore| lcore.owner == process.id);
    Process {
        slot: process.id.slot(),
        generation: process.id.generation(),
        pid: process.pid,
        role: process.role.to_string(),
        state: state(process, alive),
        age_s: age_ns as f64 / 1e9,
        lcores: lcores.map(|lcore| lcore.id).collect(),
        objects: pools.iter().map(|held| u64::from(held.objects)).sum(),
        pools,
        ports: owned.map(|port| port.name().to_string()).collect(),
        queues: queues_of(ports, process.id),
        name: process.name.to_string(),
        command: process.command.to_string(),
    }
}

/// Whether it lives is the group's word; what it does is `/proc`'s.
fn state(process: &ProcessFacts, alive: bool) -> &'static str {
    match (alive, activity(process.pid)) {
        (false, Activity::Zombie) => "zombie",
        (false, _) => "dead",
        (true, Activity::Stopped) => "stopped",
        (true, Activity::Traced) => "traced",
        (true, _) if process.state == ProcessState::Joining => "joining",
        (true, _) => "live",
    }
}
