//! Pools on a fake platform: what `mempool_autotest` asks of the reference, and more.

mod audit;
mod basics;
mod model;
mod named;
mod nodes;
mod owed;
mod rule;
mod shape;
mod threads;
mod waiting;

use super::*;
use crate::fake;
use crate::group::{CpuSet, Group, Lcore, LcoreRole};
use crate::name::Name;
use crate::offset::Offset;
use crate::shared::{Element, ElementLayout};
use crate::sync::Word64;

/// Where tests put pools and their objects: past everything that a group has.
const POOL_AT: u64 = 64 << 20;
const OBJECTS_AT: u64 = 128 << 20;

#[expect(unsafe_code, reason = "inside this crate `shared!` is not foreign")]
mod message {
    crate::shared! {
        /// An object of the tests.
        pub(super) struct Message {
            pub(super) from: u64,
            pub(super) text: [u8; 92],
            pub(super) len: u32,
        }
    }
}
use message::Message;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Zeroed memory for the parts of a pool; what was there before is gone.
fn zeroed(group: &Group, shape: &Shape) -> Offset<u8> {
    let words =
        group.window().slice::<Word64>(Offset::new(POOL_AT), shape.header_bytes() as usize / 8);
    words.unwrap().iter().for_each(|word| word.set(0));
    Offset::new(POOL_AT)
}

/// An empty pool of `T`s.
fn empty<T: Element>(group: &Group, config: &PoolConfig) -> Mempool<T> {
    let shape = config.shape(ElementLayout::of::<T>(), 4096).unwrap();
    Mempool::new(
        PoolView::format(group, zeroed(group, &shape), name("pool"), None, &shape).unwrap(),
    )
}

/// A pool of `T`s with all its objects in one chunk.
fn pool<T: Element>(group: &Group, config: &PoolConfig) -> Mempool<T> {
    let pool = empty(group, config);
    let bytes = pool.shape.object_bytes().unwrap();
    let objects = pool.add_chunk(Offset::new(OBJECTS_AT), bytes);
    assert_eq!(objects, Ok(config.objects));
    pool
}

/// A pool of objects of `bytes` bytes.
fn raw_pool(group: &Group, bytes: u32, config: &PoolConfig) -> RawMempool {
    let element = ElementLayout { size: bytes, align: 1, hash: 0 };
    let shape = config.shape(element, 4096).unwrap();
    let at = zeroed(group, &shape);
    let pool = RawMempool::new(PoolView::format(group, at, name("raw"), None, &shape).unwrap());
    let objects = pool.add_chunk(Offset::new(OBJECTS_AT), shape.object_bytes().unwrap());
    assert_eq!(objects, Ok(config.objects));
    pool
}

fn lcore(group: &Group, id: u16) -> Lcore {
    group.claim_lcore(id, &CpuSet::default(), 0, LcoreRole::Eal).unwrap()
}
