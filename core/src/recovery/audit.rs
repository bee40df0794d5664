//! The audit: everything is walked, and whatever is wrong is reported.
//!
//! It changes nothing but the bits that pools keep for audits. On a quiet group it is exact: a
//! finding is damage, and no finding means that each object of each recoverable pool is in
//! exactly one place. While others work it may see one thing before and another after they
//! moved; [`Finding::may_be_movement`] says which findings that can explain.

use core::fmt;

use super::finding::Finding;
use super::report::ReapError;
use super::walk::{for_each, for_every, next_of};
use crate::device::slots::{inspect_device_queue, visit_posted};
use crate::directory::{Found, Kind, find_in};
use crate::group::{Group, ProcessId};
use crate::lock::Transaction;
use crate::mempool::{PoolView, Where};
use crate::port::{Direction, PORTS_MAX, Port, PortFault, inspect_port};
use crate::ring::{EndFacts, RingEnd, RingFacts, Sync, inspect, visit_published};

/// What an audit walked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Processes in the table.
    pub processes: u32,
    /// Lcores that are claimed.
    pub lcores: u32,
    /// Names in the directory.
    pub names: u32,
    /// Of these, rings.
    pub rings: u32,
    /// Of these, devices' queues.
    pub device_queues: u32,
    /// Of these, pools.
    pub pools: u32,
    /// Of these, ports; closed ones whose state is kept are not counted.
    pub ports: u32,
    /// Objects of all pools.
    pub objects: u64,
    /// Objects that are free, in their pools' handlers.
    pub common: u64,
    /// Objects in lcores' caches.
    pub cached: u64,
    /// Objects of recoverable pools that are in rings.
    pub in_rings: u64,
    /// Mbufs that lie with devices.
    pub with_devices: u64,
    /// Objects that are owed to their pools: nobody's, and put in by the next who finds a pool empty
    /// or reaps.
    pub owed: u64,
    /// Objects in somebody's hands; among them mbufs that were let go and that clones keep.
    pub held: u64,
    /// Caches that were not looked into, because their holder is moving objects.
    pub moving: u32,
    /// Findings.
    pub findings: u32,
}

/// Why an audit did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditError {
    /// Who asked only observes the group: its memory may be read-only, and an audit keeps bits.
    Observer,
    /// The group's lock was not had, or this process is no member.
    NotHad(ReapError),
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Observer => f.write_str(
                "the group was to be audited by an observer, which may only look; join the group as a secondary",
            ),
            Self::NotHad(error) => write!(f, "the group was to be audited: {error}"),
        }
    }
}

impl core::error::Error for AuditError {}

/// Walks everything and shows `see` each inconsistency: process and lcore tables, lock and
/// journal, heaps and memseg lists, the directory, rings, pools with their caches and tags.
///
/// Cost: the group's lock for each object, a look at every heap element, ring and pool object.
/// `see` is called with the lock held and must not call the group.
///
/// ```no_run
/// # fn f(group: &phalanx_core::group::Group) -> Result<(), phalanx_core::recovery::AuditError> {
/// let mut count = 0;
/// let audited = phalanx_core::recovery::audit(group, |_finding| count += 1)?;
/// assert_eq!(audited.findings, count);
/// # Ok(()) }
/// ```
pub fn audit(group: &Group, see: impl FnMut(&Finding)) -> Result<Audited, AuditError> {
    if group.is_observer() {
        return Err(AuditError::Observer);
    }
    let mut walk = Walk { group, see, sums: Audited::default(), counted: 0, bound: 0 };
    walk.tables();
    walk.lock();
    if let Err(error) = group.audit_heaps() {
        walk.report(Finding::Heap(error));
    }
    walk.names().map_err(AuditError::NotHad)?;
    walk.rings().map_err(AuditError::NotHad)?;
    walk.device_queues().map_err(AuditError::NotHad)?;
    walk.pools().map_err(AuditError::NotHad)?;
    walk.clones();
    walk.ports().map_err(AuditError::NotHad)?;
    Ok(walk.sums)
}

struct Walk<'g, F> {
    group: &'g Group,
    see: F,
    sums: Audited,
    /// Clones that mbufs count, and mbufs that are clones.
    counted: u64,
    bound: u64,
}

impl<F: FnMut(&Finding)> Walk<'_, F> {
    fn report(&mut self, finding: Finding) {
        self.sums.findings = self.sums.findings.saturating_add(1);
        (self.see)(&finding);
    }

    fn tables(&mut self) {
        let group = self.group;
        for facts in group.processes() {
            self.sums.processes += 1;
            if !group.is_alive(facts.id) {
                self.report(Finding::DeadProcess { who: facts.id, pid: facts.pid });
            }
        }
        for (entry, lcore) in group.region().lcores.iter().zip(0u16..) {
            let owner = entry.owner.observe();
            if owner == 0 {
                continue;
            }
            self.sums.lcores += 1;
            if !ProcessId::unpack(owner).is_some_and(|by| group.region().has_tenant(by)) {
                self.report(Finding::LcoreOfNobody { lcore, owner });
            }
        }
    }

    fn lock(&mut self) {
        let (group, region) = (self.group, self.group.region());
        let dead = |owner: u64| owner != 0 && !is_alive(group, owner);
        let owner = region.lock.owner.observe();
        let entries = region.lock.len.observe();
        if dead(owner) {
            self.report(Finding::LockOfDead { owner });
        } else if entries != 0 && owner == 0 && region.lock.owner.observe() == 0 {
            self.report(Finding::JournalOpen { entries });
        }
        for owner in [region.recovery.reaper.observe(), region.recovery.writer.observe()] {
            if dead(owner) {
                self.report(Finding::ReaperOfDead { owner });
            }
        }
    }

    fn names(&mut self) -> Result<(), ReapError> {
        let tx = self.group.begin()?;
        let hidden = tx.group().region().directory.hidden();
        tx.commit();
        if let Some(index) = hidden {
            self.report(Finding::NameHidden { index });
        }
        for_every(self.group, |tx, found| {
            self.sums.names += 1;
            if usize::try_from(found.len)
                .is_ok_and(|len| tx.group().window().address(found.at, len, 1).is_none())
            {
                self.report(Finding::misplaced(found));
            }
            if find_in(tx, found.name).is_some_and(|first| first.index != found.index) {
                self.report(Finding::NameTwice { name: found.name, index: found.index });
            }
            Ok(())
        })
    }

    fn rings(&mut self) -> Result<(), ReapError> {
        for_each(self.group, Kind::Ring, |tx, found| {
            self.sums.rings += 1;
            match inspect(tx.group(), found.at) {
                Ok(facts) => self.ring(found.name, &facts),
                Err(error) => self.report(Finding::Ring { name: found.name, error }),
            }
            Ok(())
        })
    }

    fn device_queues(&mut self) -> Result<(), ReapError> {
        for_each(self.group, Kind::DeviceQueue, |tx, found| {
            self.sums.device_queues += 1;
            if let Err(fault) = inspect_device_queue(tx.group(), found.at) {
                self.report(Finding::DeviceQueue { name: found.name, fault });
            }
            Ok(())
        })
    }

    fn ring(&mut self, name: crate::name::Name, facts: &RingFacts) {
        let used = facts.producers.tail.wrapping_sub(facts.consumers.tail);
        if used > facts.capacity {
            self.report(Finding::RingTooFull { name, used, capacity: facts.capacity });
        }
        let group = self.group;
        let of_dead = |end: &EndFacts, claim: Option<ProcessId>| {
            claim.is_some_and(|by| !group.is_alive(by))
                || is_in_the_middle(end) && is_dead_tag(group, end.owner)
        };
        if of_dead(&facts.producers, facts.producer) {
            self.report(Finding::EndOfDead { name, end: RingEnd::Producer });
        }
        if of_dead(&facts.consumers, facts.consumer) {
            self.report(Finding::EndOfDead { name, end: RingEnd::Consumer });
        }
    }

    fn pools(&mut self) -> Result<(), ReapError> {
        for_each(self.group, Kind::Mempool, |tx, found| {
            self.sums.pools += 1;
            match PoolView::inspect(tx.group(), found.at) {
                Ok(pool) => self.pool(tx, &pool, found),
                Err(error) => self.report(Finding::Pool { name: found.name, error }),
            }
            Ok(())
        })
    }

    fn ports(&mut self) -> Result<(), ReapError> {
        let mut ports: [Option<Port>; PORTS_MAX] = [None; PORTS_MAX];
        for_each(self.group, Kind::Port, |tx, found| {
            match inspect_port(tx.group(), found) {
                Ok(Some(port)) => {
                    crash_point!("audit: a port is looked at");
                    self.sums.ports += 1;
                    self.port(&port);
                    if let Some(fault) = port.fault_in(tx) {
                        self.report(Finding::Port { name: found.name, fault });
                    }
                    let first = ports.get_mut(usize::from(port.id()));
                    // Between two looks the first may have been closed, and its id be free.
                    let first =
                        first.and_then(|first| first.replace(port)).filter(Port::is_current);
                    if let Some(other) = first.map(|first| first.name()) {
                        let fault = PortFault::IdTwice { id: port.id(), other };
                        self.report(Finding::Port { name: found.name, fault });
                    }
                }
                Ok(None) => {}
                Err(fault) => self.report(Finding::Port { name: found.name, fault }),
            }
            Ok(())
        })
    }

    fn port(&mut self, port: &Port) {
        let name = port.name();
        for direction in [Direction::Rx, Direction::Tx] {
            for (queue, owner) in port.claim_words(direction) {
                if !is_alive(self.group, owner) {
                    self.report(Finding::QueueOfNobody { name, direction, queue, owner });
                }
            }
        }
    }

    fn clones(&mut self) {
        let Self { counted, bound, .. } = *self;
        if counted != bound {
            self.report(Finding::Clones { counted, bound });
        }
    }

    fn pool(&mut self, tx: &Transaction, pool: &PoolView, found: &Found) {
        let name = found.name;
        let references = pool.references();
        self.counted += references.counted;
        self.bound += references.bound;
        if pool.strays() > 0 {
            self.report(Finding::Strays { name, count: pool.strays() });
        }
        let mut with_devices = 0;
        let visit = |meet: &mut dyn FnMut(Where, u64)| {
            visit_rings(tx, pool, meet);
            with_devices = visit_devices(tx, pool, meet);
        };
        let audited = pool.audit_all(visit, &mut |error| {
            self.report(Finding::Objects { name, error });
        });
        match audited {
            Ok(audit) => {
                let sums = &mut self.sums;
                sums.objects += u64::from(pool.populated());
                sums.common += u64::from(audit.common);
                sums.cached += u64::from(audit.cached);
                // Of what was met twice, which is a finding, neither number is sure.
                sums.in_rings += u64::from(audit.in_rings).saturating_sub(with_devices);
                sums.with_devices += with_devices;
                sums.owed += u64::from(audit.owed);
                let elsewhere = audit.in_rings.saturating_add(audit.owed);
                sums.held += u64::from(audit.outside.saturating_sub(elsewhere));
                sums.moving += audit.moving;
            }
            Err(error) => self.report(Finding::Objects { name, error }),
        }
    }
}

/// Shows `meet` what lies in every ring that may carry the pool's objects, and where.
fn visit_rings(tx: &Transaction, pool: &PoolView, meet: &mut dyn FnMut(Where, u64)) {
    let mut from = 0;
    while let Some(ring) = next_of(tx, Kind::Ring, from) {
        if pool.may_lie_in(ring.element) {
            // A ring that is none is a finding of its own.
            let found_in = Where::Ring { at: ring.at.get() };
            let _ = visit_published(tx.group(), ring.at, |place| meet(found_in, place));
        }
        from = ring.index + 1;
    }
}

/// Shows `meet` what lies with every device, and where; how many of the pool's objects that were.
fn visit_devices(tx: &Transaction, pool: &PoolView, meet: &mut dyn FnMut(Where, u64)) -> u64 {
    let (mut from, mut count) = (if pool.has_mbufs() { 0 } else { usize::MAX }, 0);
    while let Some(queue) = next_of(tx, Kind::DeviceQueue, from) {
        let found_in = Where::Device { at: queue.at.get() };
        let _ = visit_posted(tx.group(), queue.at, |place| {
            pool.each_of(place, |at| count += u64::from(pool.number(at).is_some()));
            meet(found_in, place);
        });
        from = queue.index + 1;
    }
    count
}

fn is_alive(group: &Group, packed: u64) -> bool {
    ProcessId::unpack(packed).is_some_and(|by| group.is_alive(by))
}

/// Whether the owner of an end is in the middle of something. A relaxed end names whoever reserved
/// last, finished or not.
fn is_in_the_middle(end: &EndFacts) -> bool {
    end.sync != Sync::Rts || end.calls.0 != end.calls.1
}

/// Whether a ring's word names somebody who is not there any more.
fn is_dead_tag(group: &Group, tag: u16) -> bool {
    let slot = (tag >> 9).wrapping_sub(1);
    tag != 0
        && !group
            .region()
            .process(slot)
            .is_some_and(|facts| facts.id.tag() == tag && group.is_alive(facts.id))
}
