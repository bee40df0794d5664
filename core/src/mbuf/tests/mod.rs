//! Mbufs on a fake platform: what `mbuf_autotest` asks of the reference, and who dies where.

mod basics;
mod bonds;
mod built;
mod bundles;
mod chains;
mod clones;
mod crash;
mod damage;
mod dynamic;
mod external;
mod model;
mod rings;

use super::layout::Waybill;
use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::{CpuSet, Group, Lcore, LcoreRole};
use crate::recovery::{Audited, Report, audit, reap};
use crate::ring::{RingConfig, Sync};

/// Mbufs of a test's larger pool, and of its smaller one.
const MBUFS: u32 = 96;
const SMALL: u32 = 32;

/// A group with a pool `packets`, a pool `small` of mbufs with 200 bytes each and 16 of their own,
/// and a ring `ring`; slot 0 looks on.
struct Stage {
    group: Group,
    platform: &'static FakePlatform,
    pool: MbufPool,
    small: MbufPool,
    ring: MbufRing,
}

impl Stage {
    fn new(sync: Sync) -> Self {
        let (group, platform) = fake::group_with_memory();
        let pool = MbufPool::create(&group, "packets", &MbufConfig::new(MBUFS).cache(8)).unwrap();
        let config = MbufConfig::new(SMALL).data_room(200).private(16);
        let small = MbufPool::create(&group, "small", &config).unwrap();
        let ring = MbufRing::create(&group, "ring", &RingConfig::exact(20).both(sync)).unwrap();
        Self { group, platform, pool, small, ring }
    }

    fn plain() -> Self {
        Self::new(Sync::Multi)
    }

    fn join(&self, slot: u16) -> Group {
        fake::join(self.group.window(), slot, self.platform)
    }

    fn kill(&self, slot: u16) {
        self.platform.dead.lock().unwrap().insert(slot);
    }

    fn reap_all(&self) -> Vec<Report> {
        core::iter::from_fn(|| reap(&self.group).unwrap()).collect()
    }

    /// No finding, and every mbuf is in its pool, in a cache, in a ring, or one of `held`.
    fn check(&self, held: u64) -> Audited {
        let mut found = Vec::new();
        let audited = audit(&self.group, |finding| found.push(finding.to_string())).unwrap();
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(audited.held, held, "{audited:?}");
        audited
    }

    /// Two others work with what is left: all packets come out of the ring, and all mbufs can be
    /// had, filled, cloned and freed.
    fn use_it(&self) {
        let other = self.join(9);
        let (pool, small, ring) = of(&other);
        let also = small.home();
        let home = pool.home().also(&also);
        let mut out = ring.consumer().unwrap();
        while let Some(packet) = out.dequeue(&home).unwrap() {
            assert_eq!(packet.check(), Ok(()));
        }
        drop(out);
        let all: Vec<_> = core::iter::from_fn(|| home.alloc().or_else(|| also.alloc())).collect();
        assert_eq!(all.len() as u32, MBUFS + SMALL);
        assert!(all.iter().all(|mbuf| mbuf.check() == Ok(()) && mbuf.references() == 1));
        home.free_bulk(all);
        let packet = filled(&home, &[b"a", b"b"]);
        let clone = packet.to_clone(&home).unwrap();
        drop(packet);
        assert_eq!(bytes_of(&clone), b"ab");
        drop(clone);
        other.test_leave();
        self.check(0);
    }
}

fn of(group: &Group) -> (MbufPool, MbufPool, MbufRing) {
    let pool = |name| MbufPool::lookup(group, name).unwrap();
    (pool("packets"), pool("small"), MbufRing::lookup(group, "ring").unwrap())
}

fn lcore(group: &Group, id: u16) -> Lcore {
    group.claim_lcore(id, &CpuSet::default(), 0, LcoreRole::Eal).unwrap()
}

/// What a fresh packet of a driver says, which nobody has looked at.
const BLANK: Fresh = Fresh { len: 9, port: 3 };

/// A packet with a segment for each of `parts`.
fn filled<'h>(home: &'h MbufHome<'h>, parts: &[&[u8]]) -> Mbuf<'h> {
    let segment = |part: &&[u8]| {
        let mut mbuf = home.alloc().unwrap();
        mbuf.append(part.len() as u16).unwrap().copy_from_slice(part);
        mbuf
    };
    let mut packet = segment(&parts[0]);
    parts[1..].iter().for_each(|part| packet.chain(segment(part)).unwrap());
    packet
}

fn bytes_of(packet: &Mbuf<'_>) -> Vec<u8> {
    packet.segments().flatten().copied().collect()
}
