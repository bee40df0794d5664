//! Pools: objects got and put, past the caches, from a cache, and with a refill or a flush.

#![expect(unsafe_code, reason = "puts objects back by their places")]

use phalanx_core::mempool::{Mempool, PoolCache, PoolConfig};
use phalanx_core::offset::Offset;

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const NAME: &str = "step.pool";
const OBJECTS: usize = 64;
/// A cache keeps eight, and gives back what is above twelve.
const CACHE: u32 = 8;

type Places = Vec<Offset<u64>>;

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// Past the caches.
    Get,
    Put,
    /// Through the cache.
    CacheGet,
    CachePut,
    /// The cache to the pool.
    Flush,
    /// An object as a value, and its drop.
    Hold,
}

#[derive(Debug)]
struct PoolOp {
    name: &'static str,
    act: Act,
    /// How many are in the cache before.
    cached: usize,
    /// How many go at once.
    count: usize,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act, cached, count| {
        Box::new(PoolOp { name, act, cached, count }) as Box<dyn Operation>
    };
    vec![
        op("pool.get.past-caches", Act::Get, 0, 4),
        op("pool.put.past-caches", Act::Put, 0, 4),
        op("pool.get.cache-hit", Act::CacheGet, 8, 4),
        op("pool.get.cache-refill", Act::CacheGet, 1, 4),
        op("pool.get.cache-too-small", Act::CacheGet, 4, 20),
        op("pool.get.all-but-one-too-many", Act::CacheGet, 4, OBJECTS + 1),
        op("pool.put.cache-hit", Act::CachePut, 2, 4),
        op("pool.put.cache-flush", Act::CachePut, 10, 4),
        op("pool.put.cache-too-small", Act::CachePut, 4, 20),
        op("pool.flush", Act::Flush, 8, 0),
        op("pool.hold-and-drop", Act::Hold, 4, 1),
    ]
}

impl PoolOp {
    fn act(&self, pool: &Mempool<u64>, cache: &PoolCache<'_, u64>, marks: Marks) -> Outcome {
        let mut places = vec![Offset::NONE; self.count];
        match self.act {
            Act::Get => drop(marks.around(|| pool.get_bulk(&mut places))),
            Act::CacheGet => drop(marks.around(|| cache.get_bulk(&mut places))),
            Act::Flush => marks.around(|| cache.flush()),
            Act::Hold => marks.around(|| drop(cache.get())),
            Act::Put => {
                pool.get_bulk(&mut places).map_err(sentence)?;
                // SAFETY: got just now, each once, and not looked at again.
                marks.around(|| unsafe { pool.put_bulk(&places) });
            }
            Act::CachePut => {
                pool.get_bulk(&mut places).map_err(sentence)?;
                // SAFETY: as above.
                marks.around(|| unsafe { cache.put_bulk(&places) });
            }
        }
        Ok(())
    }
}

impl Operation for PoolOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        let config = PoolConfig::new(OBJECTS as u32).cache(CACHE).recoverable();
        Mempool::<u64>::create(member.group, NAME, &config).map(drop).map_err(sentence)
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let pool = Mempool::<u64>::lookup(member.group, NAME).map_err(sentence)?;
        let cache = pool.cache(member.lcore).map_err(sentence)?;
        let filling = get(&pool, self.cached)?;
        // SAFETY: got just now, each once, and not looked at again.
        unsafe { cache.put_bulk(&filling) };
        self.act(&pool, &cache, marks)
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        let pool = Mempool::<u64>::lookup(member.group, NAME).map_err(sentence)?;
        let books = pool.audit().map_err(sentence)?;
        let free = books.common as usize + books.cached as usize;
        same("objects that are free, of 64", free, OBJECTS)?;
        same("objects on their way", books.on_their_way, 0)?;
        get_all_and_put(&pool)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        let pool = Mempool::<u64>::lookup(member.group, NAME).map_err(sentence)?;
        let cache = pool.cache(member.lcore).map_err(sentence)?;
        let some = get(&pool, 20)?;
        // SAFETY: got just now, each once, and not looked at again.
        unsafe { cache.put_bulk(&some) };
        cache.flush();
        get_all_and_put(&pool)
    }
}

fn get(pool: &Mempool<u64>, count: usize) -> Result<Places, String> {
    let mut places = vec![Offset::NONE; count];
    pool.get_bulk(&mut places).map(|()| places).map_err(sentence)
}

/// Whoever gets all objects gets each once.
fn get_all_and_put(pool: &Mempool<u64>) -> Outcome {
    let places = get(pool, OBJECTS)?;
    same("one more than there are", pool.get().is_some(), false)?;
    let mut numbers: Vec<u64> = places.iter().map(|place| place.get()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    same("different objects", numbers.len(), OBJECTS)?;
    // SAFETY: got just now, each once, and not looked at again.
    unsafe { pool.put_bulk(&places) };
    Ok(())
}
