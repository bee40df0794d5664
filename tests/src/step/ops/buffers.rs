//! Buffers of a recoverable pool on their way through a ring: whoever dies, each is in one place.

#![expect(unsafe_code, reason = "moves objects by their places")]

use phalanx_core::mempool::{Mempool, ObjectRing, PoolConfig};
use phalanx_core::offset::Offset;
use phalanx_core::ring::{RingConfig, Sync};

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const POOL: &str = "step.buffers";
const RING: &str = "step.buffers.ring";
const BUFFERS: u32 = 32;
/// In the ring before, and how many go at once.
const HELD: usize = 6;
const COUNT: usize = 4;

/// What is done between the marks.
#[derive(Clone, Copy, Debug)]
enum Act {
    Enqueue,
    Dequeue,
    /// Out of the ring and back to the pool through the cache.
    DequeueAndPut,
}

#[derive(Debug)]
struct BufferOp {
    name: String,
    sync: Sync,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let acts = [
        ("enqueue", Act::Enqueue),
        ("dequeue", Act::Dequeue),
        ("dequeue-and-put", Act::DequeueAndPut),
    ];
    let mut all: Vec<Box<dyn Operation>> = Vec::new();
    for sync in [Sync::Single, Sync::Multi, Sync::Rts, Sync::Hts] {
        for (verb, act) in acts {
            let name = format!("buffers.{sync:?}.{verb}").to_lowercase();
            all.push(Box::new(BufferOp { name, sync, act }));
        }
    }
    all
}

fn stage(member: &Member<'_>) -> Result<(Mempool<u64>, ObjectRing<u64>), String> {
    let pool = Mempool::<u64>::lookup(member.group, POOL).map_err(sentence)?;
    Ok((pool, ObjectRing::lookup(member.group, RING).map_err(sentence)?))
}

impl Operation for BufferOp {
    fn name(&self) -> &str {
        &self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        let config = PoolConfig::new(BUFFERS).cache(4).recoverable();
        let pool = Mempool::<u64>::create(member.group, POOL, &config).map_err(sentence)?;
        let config = RingConfig::new(8).both(self.sync);
        let ring = ObjectRing::<u64>::create(member.group, RING, &config).map_err(sentence)?;
        let mut places = [Offset::NONE; HELD];
        pool.get_bulk(&mut places).map_err(sentence)?;
        let mut producer = ring.producer().map_err(sentence)?;
        // SAFETY: got just now, each once, and not looked at again.
        let put = unsafe { producer.enqueue_bulk(&places) };
        put.map_err(sentence)
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let (pool, ring) = stage(member)?;
        let cache = pool.cache(member.lcore).map_err(sentence)?;
        let mut places = [Offset::NONE; COUNT];
        let mut consumer = ring.consumer().map_err(sentence)?;
        match self.act {
            Act::Enqueue => {
                // Room first.
                consumer.dequeue_burst(&pool, &mut places).map_err(sentence)?;
                let mut producer = ring.producer().map_err(sentence)?;
                // SAFETY: taken just now, each once, and not looked at again.
                let _full = marks.around(|| unsafe { producer.enqueue_bulk(&places) });
            }
            Act::Dequeue => {
                let _held = marks.around(|| consumer.dequeue_burst(&pool, &mut places));
            }
            Act::DequeueAndPut => {
                let _held = marks.around(|| {
                    let taken = consumer.dequeue_burst(&pool, &mut places)?;
                    // SAFETY: taken just now, each once, and not looked at again.
                    unsafe { cache.put_bulk(places.get(..taken).unwrap_or_default()) };
                    Ok::<(), phalanx_core::ring::Held>(())
                });
            }
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        let (pool, ring) = stage(member)?;
        let books = pool.audit().map_err(sentence)?;
        let (free, held) = (books.common + books.cached, ring.count());
        same("buffers in the pool and in the ring, of 32", free + held, BUFFERS)?;
        let in_ring = [HELD, HELD - COUNT].contains(&(held as usize));
        same("the ring holds all or none of the four", in_ring, true)?;
        empty_and_fill(member)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        empty_and_fill(member)
    }
}

/// All buffers out of the ring and the pool, each once; then three into the ring again.
fn empty_and_fill(member: &Member<'_>) -> Outcome {
    let (pool, ring) = stage(member)?;
    let mut all = vec![Offset::NONE; BUFFERS as usize];
    let mut consumer = ring.consumer().map_err(sentence)?;
    let taken = consumer.dequeue_burst(&pool, &mut all).map_err(sentence)?;
    pool.get_bulk(all.get_mut(taken..).unwrap_or_default()).map_err(sentence)?;
    same("one more than there are", pool.get().is_some(), false)?;
    let mut numbers: Vec<u64> = all.iter().map(|place| place.get()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    same("different buffers", numbers.len(), BUFFERS as usize)?;
    let (first, rest) = all.split_at(3);
    let mut producer = ring.producer().map_err(sentence)?;
    // SAFETY: taken just now, each once, and not looked at again.
    unsafe { producer.enqueue_bulk(first) }.map_err(sentence)?;
    // SAFETY: as above; these did not go into the ring.
    unsafe { pool.put_bulk(rest) };
    Ok(())
}
