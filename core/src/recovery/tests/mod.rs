//! Recovery on a fake platform: processes that stop for ever at each crash point in turn.

mod audit;
mod crash;
mod events;
mod fence;
mod life;
mod model;
mod stopped;
mod wrong_pool;

use super::*;
use crate::fake::{self, FakePlatform};
use crate::group::{CpuSet, Group, Lcore, LcoreRole};
use crate::mempool::{HandlerId, Mempool, ObjectRing, PoolConfig};
use crate::offset::Offset;
use crate::ring::{RingConfig, Sync};

/// Objects of a test's pool.
const OBJECTS: u32 = 64;

/// A group with a recoverable pool `pool` and a ring `ring` for its objects; slot 0 looks on.
struct Stage {
    group: Group,
    platform: &'static FakePlatform,
    pool: Mempool<u64>,
    ring: ObjectRing<u64>,
}

impl Stage {
    fn new(sync: Sync, handler: HandlerId) -> Self {
        let (group, platform) = fake::group_with_memory();
        let config = PoolConfig::new(OBJECTS).cache(8).handler(handler).recoverable();
        let pool = Mempool::create(&group, "pool", &config).unwrap();
        let config = RingConfig::exact(20).both(sync);
        let ring = ObjectRing::create(&group, "ring", &config).unwrap();
        Self { group, platform, pool, ring }
    }

    fn plain() -> Self {
        Self::new(Sync::Multi, HandlerId::RingMpMc)
    }

    fn join(&self, slot: u16) -> Group {
        fake::join(self.group.window(), slot, self.platform)
    }

    fn kill(&self, slot: u16) {
        self.platform.dead.lock().unwrap().insert(slot);
    }

    /// Reaps until nobody dead is left; returns what was recovered in all.
    fn reap_all(&self) -> Vec<Report> {
        core::iter::from_fn(|| reap(&self.group).unwrap()).collect()
    }

    /// No finding, and every object is in the pool, in a cache, in a ring, or one of `held`.
    fn check(&self, held: u64) -> Audited {
        let mut found = Vec::new();
        let audited = audit(&self.group, |finding| found.push(finding.to_string())).unwrap();
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(audited.held, held, "{audited:?}");
        let lying = audited.common
            + audited.cached
            + audited.in_rings
            + audited.with_devices
            + audited.owed;
        let sum = lying + audited.held;
        assert_eq!(sum, u64::from(OBJECTS), "{audited:?}");
        audited
    }

    /// Two others work with what is left: everything can be got, sent and put back.
    fn use_it(&self) {
        let ours: Vec<_> = core::iter::from_fn(|| self.pool.get()).collect();
        assert!(!ours.is_empty());
        drop(ours);
        let other = self.join(9);
        let (there, mut out) = (pool_of(&other), ring_of(&other).consumer().unwrap());
        while let Some(object) = out.dequeue(&there).unwrap() {
            drop(object);
        }
        let mut into = self.ring.producer().unwrap();
        for value in 0..10 {
            let mut object = self.pool.get().unwrap();
            *object = value;
            into.enqueue(object).unwrap();
        }
        for value in 0..10 {
            assert_eq!(*out.dequeue(&there).unwrap().unwrap(), value);
        }
        drop((into, out));
        other.test_leave();
        self.check(0);
    }
}

fn pool_of(group: &Group) -> Mempool<u64> {
    Mempool::lookup(group, "pool").unwrap()
}

fn ring_of(group: &Group) -> ObjectRing<u64> {
    ObjectRing::lookup(group, "ring").unwrap()
}

fn lcore(group: &Group, id: u16) -> Lcore {
    group.claim_lcore(id, &CpuSet::default(), 0, LcoreRole::Eal).unwrap()
}

/// A life that comes by every crash point of gets, puts, sends and receives, and ends with objects
/// in hand, in a cache, in a ring, on their way, and an lcore that was given up.
fn life(group: Group) {
    let (pool, ring) = (pool_of(&group), ring_of(&group));
    let before = lcore(&group, 5);
    drop(pool.cache(&before).unwrap().get());
    drop(before);
    let lcore = lcore(&group, 3);
    let cache = pool.cache(&lcore).unwrap();
    let (mut into, mut out) = (ring.producer().unwrap(), ring.consumer().unwrap());
    let hand: Vec<_> = (0..12).map(|_| cache.get().unwrap()).collect();
    for object in hand.into_iter().take(9) {
        into.enqueue(object).unwrap();
    }
    let mut taken = [Offset::NONE; 4];
    assert_eq!(out.dequeue_burst(&cache, &mut taken), Ok(4));
    core::mem::forget(out.dequeue(&pool).unwrap().unwrap());
    let _ = pool.get().unwrap().into_offset();
    core::mem::forget(pool.get().unwrap());
    core::mem::forget((into, out));
    core::mem::forget(lcore);
}
