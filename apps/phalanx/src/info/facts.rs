//! What there is to say of a group, as data: what `--json` prints and the tables show.

use phalanx_core::directory::{self, Found, Kind};
use phalanx_core::group::{
    Group, LcoreInfo, LcoreRole, ProcessFacts, ProcessId, ProcessState, flags,
};
use phalanx_core::mempool::PoolView;
use phalanx_core::memseg::List;
use phalanx_core::port;
use phalanx_core::ring;
use phalanx_linux::eal::Observer;
use serde::Serialize;

use crate::Failure;

/// A group.
#[derive(Debug, Serialize)]
pub(crate) struct Facts {
    pub prefix: String,
    pub group_id: String,
    pub creator_pid: u64,
    pub phase: String,
    pub window_base: String,
    /// Ticks of the time stamp counter a second, if the group knows.
    pub tsc_hz: Option<u64>,
    pub mode: Vec<&'static str>,
    pub processes: Vec<Process>,
    pub lcores: Vec<Lcore>,
    pub memseg_lists: Vec<MemsegList>,
    pub zones: Vec<Zone>,
    pub rings: Vec<Ring>,
    pub mempools: Vec<Mempool>,
    pub ports: Vec<Port>,
}

/// A process of the group.
#[derive(Debug, Serialize)]
pub(crate) struct Process {
    pub slot: u16,
    pub generation: u32,
    pub pid: u32,
    pub role: String,
    pub state: &'static str,
    pub name: String,
    pub lcores: Vec<u16>,
    pub command: String,
}

/// A claimed lcore.
#[derive(Debug, Serialize)]
pub(crate) struct Lcore {
    pub id: u16,
    pub slot: u16,
    pub cpus: String,
    pub node: u32,
    pub role: &'static str,
}

/// A memseg list.
#[derive(Debug, Serialize)]
pub(crate) struct MemsegList {
    pub index: usize,
    pub page_bytes: u64,
    pub node: u32,
    pub base: String,
    pub backed_bytes: u64,
    pub most_bytes: u64,
    pub path: String,
}

/// A memzone.
#[derive(Debug, Serialize)]
pub(crate) struct Zone {
    pub name: String,
    pub kind: String,
    pub at: String,
    pub len: u64,
    pub page_bytes: u64,
    pub node: u32,
    pub owner_slot: u16,
}

/// A ring.
#[derive(Debug, Serialize)]
pub(crate) struct Ring {
    pub name: String,
    pub node: u32,
    pub producers: String,
    pub consumers: String,
    pub element_bytes: u32,
    pub capacity: u32,
    pub used: u32,
    pub producer_slot: Option<u16>,
    pub consumer_slot: Option<u16>,
}

/// A pool.
#[derive(Debug, Serialize)]
pub(crate) struct Mempool {
    pub name: String,
    /// Where its objects lie, or the first of them; `None` of ordinary pages.
    pub node: Option<u32>,
    pub handler: String,
    pub element_bytes: u32,
    pub size: u32,
    pub free: u32,
    pub in_caches: u32,
    pub in_use: u32,
}

/// A port.
#[derive(Debug, Serialize)]
pub(crate) struct Port {
    pub id: u16,
    pub name: String,
    pub driver: &'static str,
    pub args: String,
    /// `None` if its owner is gone.
    pub owner_slot: Option<u16>,
    pub phase: String,
    pub link: String,
    pub mac: String,
    /// That its device is near, if that is known.
    pub node: Option<u32>,
    pub peer: Option<u16>,
    /// Packets for which its device had no room.
    pub missed: u64,
    /// Packets that came damaged, which its device dropped.
    pub damaged: u64,
    pub rx_queues: Vec<Queue>,
    pub tx_queues: Vec<Queue>,
}

/// A queue of a port.
#[derive(Debug, Serialize)]
pub(crate) struct Queue {
    /// Who has it.
    pub slot: Option<u16>,
    /// Packets that came, or were sent.
    pub packets: u64,
    /// Their bytes; of a Tx queue also those of packets that are lost.
    pub bytes: u64,
    /// Errors and packets without an mbuf (Rx), or packets that were not sent (Tx).
    pub lost: u64,
}

/// Looks at everything.
pub(crate) fn gather(observer: &Observer, prefix: &str) -> Result<Facts, Failure> {
    let group = observer.group();
    let seen = observer.facts();
    let mut facts = Facts {
        prefix: prefix.to_owned(),
        group_id: format!("{:016x}", seen.group_id),
        creator_pid: seen.creator_pid,
        phase: seen.phase.to_string(),
        window_base: format!("{:#x}", seen.window_base),
        tsc_hz: group.tsc_hz(),
        mode: modes(seen.flags),
        processes: observer
            .processes()
            .map(|(process, alive)| process_of(group, &process, alive))
            .collect(),
        lcores: group.lcores().map(|lcore| lcore_of(&lcore)).collect(),
        memseg_lists: group.memseg_lists().iter().map(|list| list_of(&list)).collect(),
        zones: Vec::new(),
        rings: Vec::new(),
        mempools: Vec::new(),
        ports: port::Port::all(group)?.map(|port| port_of(&port)).collect(),
    };
    // What was destroyed meanwhile may have no memory any more, and a look would bring it back.
    let is_backed = |found: &Found| group.memseg_lists().page_of(found.at).is_some();
    directory::walk(group, |found| {
        facts.zones.push(zone_of(found));
        match found.kind {
            _ if !is_backed(found) => {}
            Kind::Ring => facts.rings.extend(ring_of(group, found)),
            Kind::Mempool => facts.mempools.extend(pool_of(group, found)),
            _ => {}
        }
    })?;
    Ok(facts)
}

fn port_of(port: &port::Port) -> Port {
    let facts = port.facts();
    let slot = |who: Option<ProcessId>| who.map(ProcessId::slot);
    let rx = (0..facts.rx_queues).filter_map(|queue| port.rx_stats(queue)).map(|it| Queue {
        slot: slot(it.claimant),
        packets: it.packets,
        bytes: it.bytes,
        lost: it.errors.saturating_add(it.no_mbuf),
    });
    let tx = (0..facts.tx_queues).filter_map(|queue| port.tx_stats(queue)).map(|it| Queue {
        slot: slot(it.claimant),
        packets: it.packets.saturating_sub(it.dropped),
        bytes: it.bytes,
        lost: it.dropped,
    });
    Port {
        id: facts.id,
        name: facts.name.to_string(),
        driver: facts.driver.name(),
        args: port.args().as_str().to_owned(),
        owner_slot: (!facts.is_orphaned).then(|| facts.owner.who.slot()),
        phase: facts.phase.to_string(),
        link: facts.link.to_string(),
        mac: facts.mac.to_string(),
        node: facts.node,
        peer: facts.peer,
        missed: port.stats().rx_missed,
        damaged: port.stats().rx_damaged,
        rx_queues: rx.collect(),
        tx_queues: tx.collect(),
    }
}

fn modes(bits: u32) -> Vec<&'static str> {
    let all = [
        (flags::NO_HUGE, "4 KB pages"),
        (flags::LEGACY, "legacy memory"),
        (flags::MATCH_ALLOCATIONS, "match allocations"),
        (flags::KEEP_FILES, "files stay"),
    ];
    all.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| name).collect()
}

fn process_of(group: &Group, process: &ProcessFacts, alive: bool) -> Process {
    Process {
        slot: process.id.slot(),
        generation: process.id.generation(),
        pid: process.pid,
        role: process.role.to_string(),
        state: match (alive, process.state) {
            (false, _) => "dead",
            (true, ProcessState::Joining) => "joining",
            (true, _) => "live",
        },
        name: process.name.to_string(),
        lcores: group
            .lcores()
            .filter(|lcore| lcore.owner == process.id)
            .map(|lcore| lcore.id)
            .collect(),
        command: process.command.to_string(),
    }
}

fn lcore_of(lcore: &LcoreInfo) -> Lcore {
    Lcore {
        id: lcore.id,
        slot: lcore.owner.slot(),
        cpus: lcore.cpus.to_string(),
        node: lcore.node,
        role: match lcore.role {
            LcoreRole::Eal => "eal",
            LcoreRole::NonEal => "registered",
        },
    }
}

fn list_of(list: &List) -> MemsegList {
    MemsegList {
        index: list.index(),
        page_bytes: list.page_bytes(),
        node: list.node(),
        base: format!("{:#x}", list.base().get()),
        backed_bytes: list.backed_bytes(),
        most_bytes: list.most_bytes(),
        path: list.path().as_str().unwrap_or("?").to_owned(),
    }
}

fn zone_of(found: &Found) -> Zone {
    Zone {
        name: found.name.to_string(),
        kind: found.kind.to_string(),
        at: format!("{:#x}", found.at.get()),
        len: found.len,
        page_bytes: found.page_bytes,
        node: found.node,
        owner_slot: found.owner.slot(),
    }
}

/// A ring's facts; none if it was destroyed meanwhile.
fn ring_of(group: &Group, found: &Found) -> Option<Ring> {
    let facts = ring::inspect(group, found.at).ok()?;
    Some(Ring {
        name: found.name.to_string(),
        node: found.node,
        producers: facts.config.producer.dump_name().to_owned(),
        consumers: facts.config.consumer.dump_name().to_owned(),
        element_bytes: facts.element.size,
        capacity: facts.capacity,
        used: facts.used,
        producer_slot: facts.producer.map(|id| id.slot()),
        consumer_slot: facts.consumer.map(|id| id.slot()),
    })
}

/// A pool's facts; none if it was destroyed meanwhile.
fn pool_of(group: &Group, found: &Found) -> Option<Mempool> {
    let pool = PoolView::inspect(group, found.at).ok()?;
    Some(Mempool {
        name: found.name.to_string(),
        node: pool.lies_on(),
        handler: pool.handler().to_string(),
        element_bytes: pool.element().size,
        size: pool.size(),
        free: pool.avail_count(),
        in_caches: pool.cached_count(),
        in_use: pool.in_use_count(),
    })
}
