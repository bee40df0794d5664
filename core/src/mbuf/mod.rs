//! Mbufs: packets in buffers of a pool, passed between processes without a copy.
//!
//! ```text
//!   MbufPool ── MbufHome ──► Mbuf ── chain, clone, copy ──► MbufRing ──► Mbuf, in another process
//!                  ▲                                                      │
//!                  └──────────────── drop: each segment to its pool ◄─────┘
//! ```
//!
//! What an mbuf is made of stands in `layout.rs`. An [`Mbuf`] is a packet held by one owner, as a
//! pool's [`Object`](crate::mempool::Object) is; several segments are one `Mbuf`.
//!
//! # Decisions
//!
//! - **Places instead of pointers** (MB-3), so no process needs another's addresses.
//! - **A packet is held whole.** Who takes a packet out of an [`MbufRing`] tags each of its
//!   segments before it is seen to leave; in the ring the ring answers for all of them.
//! - **A ring's word says what who passes a packet on has to know** (`waybill.rs`): its length, its port,
//!   and whether it is one segment that nobody shares. So packets go from ring to ring, and back to
//!   their pool, without a look at their headers ([`Bundle`]); a fresh one's is not even written before
//!   somebody looks. Who makes packets himself builds them in a bundle (`build.rs`), and who wants no more of them than
//!   their bytes sees these there (`sight.rs`).
//! - **Segments may be of several pools.** A header names its pool; who holds a segment needs not
//!   know that pool to free it.
//! - **Shared data are read-only.** A clone, and what has clones, gives no `&mut`. DPDK trusts the
//!   program there.
//! - **References survive their holders** (`refs/`): no death leaves a count too high or too low.
//! - **An external buffer is released by a number** (`external.rs`), which each process gives its own
//!   meaning; no function lies in shared memory (MB-4).
//! - **Fields and flags by name** (`dynamic.rs`) are one table for all pools, in a memzone.
//! - **Allocation writes one line**, the one that a driver writes anyway, and no atomic.
//!
//! # Crash points
//!
//! *Lost* is what is in use until the dead process is reaped; after that, nothing is. What is not in
//! here is as in [`mempool`](crate::mempool) and [`ring`](crate::ring). Mbufs of a pool that is
//! not recoverable stay lost, and what they refer to.
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | alloc: the header is half written | in the dead one's hand | the reaper; who allocates it next writes it | that one |
//! | free: some segments are back | the rest bear its tag | the reaper | the rest |
//! | fill: some headers are fresh, or none is, none is handed out | all in the dead one's hand | the reaper; who allocates them next writes them | these |
//! | fill: a blank packet is put in, its header says what an older one was | it lies in the ring, as a single segment, which every free mbuf is | who takes it out writes the header | nothing |
//! | build: packets are in a bundle, their bytes half written | in the dead one's hand, single segments | the reaper | these |
//! | open: a blank packet's header is half written | in the dead one's hand, still a single segment | the reaper; who allocates it next writes it | that one |
//! | free of a bundle: its words are forgotten, nothing is back | all bear its tag | the reaper | these |
//! | free: a cloned one is let go | its clones keep it | who frees the last clone | nothing |
//! | chain, split: counts are half written | all segments bear its tag | the reaper, which follows no link of what is held | the packet |
//! | dequeue: some segments are tagged | in the ring, which is believed | the next there, or the reaper, rolls it back | nothing |
//! | dequeue: published | every segment bears its tag | the reaper | the packet |
//! | attach: announced, not counted | the clone says so, its owner names another change | the reaper takes it back | the clone |
//! | attach: counted, not noted | the owner names it, or whoever changed it since has noted it | the reaper frees the bond | the clone |
//! | detach: announced, not counted | as above | the reaper makes it | the clone |
//! | detach: the last owner is claimed | it bears the dead one's tag; one clone, let go | the reaper makes the rest | both |
//! | detach: counted, not noted | as above; an owner with no clones bears the dead one's tag | the reaper puts it back | both |
//! | an external buffer is lent: its header is written, it is not counted | as before it was lent | its lender | nothing |
//! | detach: the last of an external buffer is counted, its release called or not | the mbuf says so | the reaper marks the buffer as kept | nothing: its lender asks for it |
//! | half a dynamic field is written | lock of the dead, journal open | next to lock undoes it | nothing |
//! | reap: a bond is settled, or free | so it is found | the next reaper | nothing |
//! | reap: an owner is let go | its clones keep it | nobody need | nothing |

mod audit;
mod build;
mod bundle;
mod chain;
mod check;
mod config;
mod consumer;
mod data;
mod device;
mod dump;
mod dynamic;
mod edit;
mod external;
mod fill;
pub mod flags;
mod foreign;
mod free;
mod fresh;
mod home;
mod item;
mod layout;
mod link;
#[expect(clippy::module_inception, reason = "the handle is named like the concept")]
mod mbuf;
mod origin;
mod plain;
mod pool;
mod posted;
mod read;
mod recover;
pub mod refs;
mod ring;
mod share;
mod sight;
mod span;
mod sum;
mod tally;
#[cfg(test)]
mod tests;
mod unseen;
mod waybill;

pub use build::BuildError;
pub use bundle::Bundle;
pub use chain::ChainError;
pub use check::MbufFault;
pub use config::{MbufConfig, MbufPoolError};
pub use consumer::MbufConsumer;
pub(crate) use consumer::{own_all, taken_out};
pub use data::SharedData;
pub(crate) use device::Piece;
pub use dump::MbufDump;
pub use dynamic::{DYNAMIC_ZONE, DynamicError, DynamicField, DynamicFlag};
pub use edit::EditError;
pub use external::{External, ExternalError, Release, ReleaseId};
pub(crate) use fresh::Fresh;
pub use home::MbufHome;
pub(crate) use item::Segment;
pub(crate) use layout::Waybill;
pub use layout::{
    DATA_ROOM, DynamicEntry, DynamicTable, ExternalHeader, HEADER_BYTES, HEADROOM, MbufHeader,
    MbufPoolFacts, PORT_NONE, PRIVATE_ALIGN, PRIVATE_MAX, SEGMENTS_MAX,
};
pub use mbuf::Mbuf;
pub(crate) use plain::Plain;
pub use pool::MbufPool;
pub(crate) use posted::{BlankRoom, Landed};
pub use read::CopyError;
pub use ring::{MbufProducer, MbufRing};
pub use share::CloneError;
pub use tally::Tally;
pub use unseen::{Drain, Unseen};
