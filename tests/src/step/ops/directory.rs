//! Named objects: created, looked up, destroyed; a ring and a pool stand for all kinds.

#![expect(unsafe_code, reason = "destroys rings and pools")]

use phalanx_core::group::Group;
use phalanx_core::mempool::{Mempool, PoolConfig};
use phalanx_core::ring::{Ring, RingConfig};

use crate::step::operation::{Marks, Member, Operation, Outcome, same, sentence};

const RING: &str = "step.named.ring";
const POOL: &str = "step.named.pool";

/// What is done between the marks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    CreateRing,
    LookUpRing,
    CreateOrAttachRing,
    DestroyRing,
    CreatePool,
    LookUpPool,
    DestroyPool,
}

#[derive(Debug)]
struct NamedOp {
    name: &'static str,
    act: Act,
}

pub(super) fn operations() -> Vec<Box<dyn Operation>> {
    let op = |name, act| Box::new(NamedOp { name, act }) as Box<dyn Operation>;
    vec![
        op("directory.create-ring", Act::CreateRing),
        op("directory.look-up-ring", Act::LookUpRing),
        op("directory.create-or-attach-ring", Act::CreateOrAttachRing),
        op("directory.destroy-ring", Act::DestroyRing),
        op("directory.create-pool", Act::CreatePool),
        op("directory.look-up-pool", Act::LookUpPool),
        op("directory.destroy-pool", Act::DestroyPool),
    ]
}

impl Operation for NamedOp {
    fn name(&self) -> &str {
        self.name
    }

    fn prepare(&self, member: &Member<'_>) -> Outcome {
        match self.act {
            Act::LookUpRing | Act::CreateOrAttachRing | Act::DestroyRing => {
                create_ring(member.group).map(drop)
            }
            Act::LookUpPool | Act::DestroyPool => create_pool(member.group).map(drop),
            Act::CreateRing | Act::CreatePool => Ok(()),
        }
    }

    fn operate(&self, member: &Member<'_>, marks: Marks) -> Outcome {
        let group = member.group;
        match self.act {
            Act::CreateRing => drop(marks.around(|| create_ring(group))),
            Act::LookUpRing => drop(marks.around(|| Ring::<u64>::lookup(group, RING))),
            Act::CreateOrAttachRing => {
                drop(marks.around(|| Ring::<u64>::create_or_attach(group, RING, &config())));
            }
            // SAFETY: nobody uses the ring any more.
            Act::DestroyRing => drop(marks.around(|| unsafe { Ring::<u64>::destroy(group, RING) })),
            Act::CreatePool => drop(marks.around(|| create_pool(group))),
            Act::LookUpPool => drop(marks.around(|| Mempool::<u64>::lookup(group, POOL))),
            Act::DestroyPool => {
                // SAFETY: nobody uses the pool any more.
                drop(marks.around(|| unsafe { Mempool::<u64>::destroy(group, POOL) }));
            }
        }
        Ok(())
    }

    fn judge(&self, member: &Member<'_>) -> Outcome {
        let group = member.group;
        // Each is whole, or not there; then it is there.
        let (ring, _) = Ring::<u64>::create_or_attach(group, RING, &config()).map_err(sentence)?;
        ring.producer().map_err(sentence)?.enqueue_bulk(&[3, 4]).map_err(sentence)?;
        let config = PoolConfig::new(16);
        let made = Mempool::<u64>::create_or_attach(group, POOL, &config).map_err(sentence)?;
        let books = made.0.audit().map_err(sentence)?;
        same("objects of the pool that are free", books.common, 16)
    }

    fn use_again(&self, member: &Member<'_>) -> Outcome {
        let group = member.group;
        let ring = Ring::<u64>::lookup(group, RING).map_err(sentence)?;
        let mut two = [0; 2];
        ring.consumer().map_err(sentence)?.dequeue_bulk(&mut two).map_err(sentence)?;
        same("what the other put in", two, [3, 4])?;
        let pool = Mempool::<u64>::lookup(group, POOL).map_err(sentence)?;
        same("the pool gives one", pool.get().is_some(), true)?;
        // SAFETY: the ring is used no more.
        unsafe { Ring::<u64>::destroy(group, RING) }.map_err(sentence)?;
        // SAFETY: the pool is used no more.
        unsafe { Mempool::<u64>::destroy(group, POOL) }.map_err(sentence)
    }
}

fn config() -> RingConfig {
    RingConfig::new(16)
}

fn create_ring(group: &Group) -> Result<Ring<u64>, String> {
    Ring::create(group, RING, &config()).map_err(sentence)
}

fn create_pool(group: &Group) -> Result<Mempool<u64>, String> {
    Mempool::create(group, POOL, &PoolConfig::new(16)).map_err(sentence)
}
