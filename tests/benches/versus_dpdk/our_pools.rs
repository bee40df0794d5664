//! Our mempools, as the loops in `pool_loops` see them.
#![expect(unsafe_code, reason = "places that were got in bulk are put back by a promise")]

use std::io;

use phalanx_core::group::Lcore;
use phalanx_core::mempool::{Mempool, PoolCache, PoolConfig};
use phalanx_core::offset::Offset;
use phalanx_linux::eal::Eal;

use crate::control::POOL_OBJECTS;
use crate::peer::{Outcome, Task};
use crate::pool_loops::{self, Pool};

/// 64 bytes, as on the other side.
type Buffer = [u64; 8];

/// The pools both peers know, with caches of 0, 256 and 512 objects.
#[derive(Debug)]
pub(crate) struct Pools {
    plain: [(usize, Mempool<Buffer>); 3],
    recoverable: [(usize, Mempool<Buffer>); 3],
}

impl Pools {
    /// Peer 0 makes them, peer 1 looks them up.
    pub(crate) fn open(eal: &Eal, me: usize) -> io::Result<Self> {
        let open = |kind: &str, cache: usize| -> io::Result<(usize, Mempool<Buffer>)> {
            let name = format!("{kind}-{cache}");
            let config = PoolConfig::new(POOL_OBJECTS).cache(cache as u32);
            let config = if kind == "pool" { config } else { config.recoverable() };
            let pool = match me {
                0 => Mempool::create(eal.group(), &name, &config),
                _ => Mempool::lookup(eal.group(), &name),
            };
            Ok((cache, pool.map_err(io::Error::other)?))
        };
        let three = |kind| Ok::<_, io::Error>([open(kind, 0)?, open(kind, 256)?, open(kind, 512)?]);
        Ok(Self { plain: three("pool")?, recoverable: three("recoverable")? })
    }

    /// Runs one slice on the pool that the task names, as `lcore`.
    pub(crate) fn run(&self, task: &Task, lcore: &Lcore) -> Option<Outcome> {
        let pools = if task.subject.is_recoverable() { &self.recoverable } else { &self.plain };
        let (_, pool) = pools.iter().find(|(cache, _)| *cache == task.cache)?;
        let mut cache = pool.cache(lcore).ok()?;
        Some(pool_loops::churn(task, &mut cache))
    }
}

impl Pool for PoolCache<'_, Buffer> {
    type Place = Offset<Buffer>;

    #[inline(always)]
    fn number(place: &Self::Place) -> u64 {
        place.get()
    }

    #[inline(always)]
    fn get_one(&mut self) -> Option<Self::Place> {
        Some(self.get()?.into_place())
    }

    #[inline(always)]
    fn get_bulk(&mut self, to: &mut [Self::Place]) -> bool {
        PoolCache::get_bulk(self, to).is_ok()
    }

    #[inline(always)]
    fn put_one(&mut self, place: Self::Place) {
        // SAFETY: the loop puts back what it got, once, and forgets it.
        unsafe { PoolCache::put_bulk(self, &[place]) };
    }

    #[inline(always)]
    fn put_bulk(&mut self, from: &[Self::Place]) {
        // SAFETY: as above; it got each of them by a call of its own.
        unsafe { PoolCache::put_bulk(self, from) };
    }
}
