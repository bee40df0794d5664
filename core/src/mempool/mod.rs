//! Mempools: objects of one size, taken and given back by any process at any time.
//!
//! ```text
//!   PoolCache (an lcore's)      PoolCache (another lcore's)     Mempool (no lcore), UserCache
//!   get/put: copy 8 bytes       get/put                            |
//!        | half a cache at a time    |                             |
//!        v                           v                             v
//!   handler: a ring or a stack of the places of all free objects
//!        .
//!   objects: in one chunk of memory or some; a tag for each, in a table beside them
//! ```
//!
//! An [`Object`] is held by one owner and goes back when it is dropped. An [`ObjectRing`] carries it
//! to another process; or its place travels otherwise ([`Object::into_offset`]) to one that
//! [`adopt`](Mempool::adopt)s it. Bulk calls move places and need a promise
//! ([`PoolCache::put_bulk`]).
//!
//! # Decisions
//!
//! - **Objects have no header.** The 32-bit tag that says who answers for an object (design,
//!   "Buffers carry one tag"), and whether it is on its way, lies in a table of its own:
//!   sixteen objects a line. So objects are dense, putting one back does not touch its line, and
//!   whoever looks at all tags reads four bytes an object. From place to number costs one
//!   multiplication, paid where batches move, not where one object is got.
//! - **A pool is recoverable if it is asked to be** ([`PoolConfig::recoverable`]). Others write no
//!   tag but for what is on its way or owed, and pay nothing. A taker tags, before it publishes; a putter
//!   does not: `tag.rs` says why that is enough, and [`recovery`](crate::recovery) why it is exact.
//!   Stacks change hands in one swap, with no moment to tag in, and are refused.
//! - **Caches hold places, eight bytes each,** not numbers: getting and putting is copying.
//! - **A cache hangs on a claimed lcore** and on nothing else, so no two processes and no two
//!   threads can share one (MP-7, W-12).
//! - **Handlers are a closed set with stable numbers** ([`HandlerId`]); there is no function
//!   pointer and no link order (MP-10, W-38, W-39).
//! - **What the reference tells its own process** (the events READY and DESTROY, MP-15) is not
//!   here: it is a list of callbacks in one process, and belongs to whoever has such.
//!
//! # Crash points
//!
//! *Lost* is what is in use until the dead process is reaped; after that, nothing is. Of a pool that
//! is not recoverable, what a dead process had in hand stays lost, and what it was moving.
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | any step of creating or destroying | lock of the dead, journal open | next to lock undoes it | nothing |
//! | a chunk is written, not counted | it is not looked at | next to populate writes over it | nothing |
//! | a chunk is counted | objects with a place, not put in | next to populate goes on | nothing |
//! | a batch of them is counted, not put in | they are nowhere, tagged with the dead | the reaper | at most 64 |
//! | get: the cache's length is less | the objects are in the dead one's hand | the reaper | these |
//! | put: slots are written, the length is not | the objects are in its hand, as before | the reaper | these |
//! | `moving` is 1 | the cache's slots say nothing; what was in it is nowhere or in the handler | the reaper empties the cache | what was in it |
//! | take: a ring's position is reserved | as the [`ring`](crate::ring) says: the objects are in it | as there | nothing |
//! | take: some are tagged | in the ring, with the dead one's tag or another's: the ring is believed | as above | nothing |
//! | take: published | in the dead one's hand or cache, with its tag | the reaper | these |
//! | give: a ring's position is reserved | in its hand, with its tag | the ring is rolled back; the reaper | these |
//! | give: published | in the ring, with its tag: the ring is believed | – | nothing |
//! | an object ring's consumer or producer | as take and give | as there | as there |
//! | a stack's links are written | nothing has changed | – | the batch, in its hand |
//! | a stack's top is swapped | done | – | nothing |
//! | a cache's last holder's objects are tagged in part | the cache is believed as long as it names that one | the reaper tags the rest; or the next holder | nothing |
//! | the cache names the new holder | all in it bears its tag | the reaper | what is in it |
//! | an object is tagged as on its way | nobody adopts it | the reaper calls it back | that one |
//! | it is adopted by one swap | it is in the dead one's hand | the reaper | that one |
//! | some objects are tagged as owed | the rest bear its tag, or (not recoverable) nobody's; the pool may not say that any is owed | the reaper puts in all that is owed | nothing; of a pool that is not recoverable, the rest |
//! | what was owed is taken | it is in the dead one's hand | the reaper | nothing; of a pool that is not recoverable, these |
//! | `auditing` names the dead | bits of half an audit | next audit begins anew; the reaper | nothing |
//!
//! An object is never in two places that anybody believes: what moves is taken out of one
//! before it is put into the other.

mod audit;
mod cache;
mod claim;
mod config;
mod config_error;
mod create;
mod dump;
mod error;
mod flags;
mod footprint;
mod format;
mod geometry;
mod handler;
mod handler_id;
mod hands;
mod item;
mod layout;
mod named;
mod numbers;
mod object;
mod object_consumer;
mod object_ring;
mod owed;
mod pool;
mod pool_cache;
mod populate;
mod raw;
mod recover;
mod slots;
mod stack;
mod stats;
mod tag;
mod user_cache;
mod view;
mod walk;

pub use audit::{Audit, AuditError, Where};
pub use config::{CACHE_MAX, ConfigError, ELEMENT_MAX, OBJECTS_MAX, PoolConfig, Shape};
pub(crate) use create::IfThere;
pub use dump::PoolDump;
pub use error::PoolError;
pub use flags::PoolFlags;
pub use format::AttachError;
pub use geometry::Spread;
pub use handler_id::HandlerId;
pub use item::PoolItem;
pub use layout::{CHUNKS_MAX, CacheHeader, POOL_MAGIC, PoolChunk, PoolHeader, StackHeader};
pub use named::walk;
pub(crate) use numbers::Numbers;
pub(crate) use object::Home;
pub use object::{AdoptError, Object};
pub use object_consumer::ObjectConsumer;
pub use object_ring::{ObjectHome, ObjectProducer, ObjectRing};
pub use pool::{Mempool, PoolEmpty, RawMempool};
pub use pool_cache::{CacheError, PoolCache};
pub use populate::PopulateError;
pub use stats::CacheStats;
pub(crate) use tag::{Tag, Tagger};
pub use user_cache::UserCache;
pub use view::PoolView;
pub use walk::{ChunkFacts, Gaps, MemRange};

#[cfg(test)]
mod tests;
