//! Rings: how processes pass elements to each other without a lock, a copy more or a system call.
//!
//! Each end synchronises in one of three ways ([`Sync`]): by a claim (`single`), by the name of who
//! is in the middle in the end's word (`owned`: Multi, and Hts, its DPDK name), or by a log of the
//! calls in the middle (`rts`). Elements come out in the order in which their runs were reserved.
//!
//! # Crash points
//!
//! A process may die at any instruction of any call; the tables stand in `single`, `owned`, `rts` and
//! `mend`. In short:
//!
//! | killed | state left | who repairs | lost |
//! |---|---|---|---|
//! | while the header is formatted | no magic: nobody attaches | who formats it next | nothing |
//! | with a single end claimed | a claim of a dead process | the next to ask for the end, or [`repair()`] | nothing |
//! | in the middle of a call, before its publishing store | as if the call had not been made, once undone | the next who waits there, or [`repair()`] | nothing: elements of a put stay the caller's, elements of a take are in the ring again, in their place |
//! | after that store | the call is made | nobody need (Rts: the tail is moved by the next, or by [`repair()`]) | nothing |
//! | in the middle of a repair | the end frozen (Rts), or as before | who waits there, or [`repair()`] again | nothing |
//!
//! While nobody meets what a dead process left, nobody undoes it: a consumer that finds nothing, or a
//! producer that finds the ring full, does not ask why. So whoever learns of a death calls
//! [`repair()`].
//!
//! A word names a process by sixteen bits ([`ProcessId::tag`](crate::group::ProcessId::tag)), which
//! tell a slot's next 511 tenants apart: a ring must be repaired before a slot has had 512.
//!
//! # Waits
//!
//! A call that finds another in the middle spins, asks every thousand turns whether that process
//! lives, undoes it if not, and gives up after [`PATIENCE_NS`] with [`Held`], having changed
//! nothing. A held end is one whose process is stopped: `kill -CONT`. No call waits to publish.
mod attach;
mod claim;
mod config;
mod config_error;
mod consumer;
#[cfg(not(loom))]
mod copy;
mod cursor;
mod ends;
mod facts;
mod handle;
mod held;
pub mod kind;
mod layout;
mod member;
mod mend;
#[cfg(loom)]
mod model;
mod named;
mod news;
mod owned;
#[cfg(not(loom))]
mod peek;
mod producer;
mod repair;
#[expect(clippy::module_inception, reason = "the handle is named like the concept")]
mod ring;
mod rts;
mod side;
mod single;
#[cfg(not(loom))]
mod slots;
mod take_with;
mod unclaimed;
mod visit;

pub use attach::{AttachError, FormatError};
pub use claim::{ClaimError, RingEnd};
pub use config::{ConfigError, RingConfig, SIZE_MAX, Shape, Sizing, Sync, flags};
pub use consumer::{Consumer, TakeError};
#[cfg(not(loom))]
pub(crate) use copy::copy;
pub use cursor::BATCH_MAX;
pub(crate) use cursor::Want;
pub use facts::{EndFacts, RingFacts, inspect};
pub use held::Held;
pub use layout::{CallLog, End, HEADER_BYTES, LOG_CALLS, NEWS, RING_MAGIC, RingHeader, footprint};
#[cfg(loom)]
pub use member::DEAD_IN_MODEL;
pub use member::PATIENCE_NS;
pub use named::RingError;
#[cfg(not(loom))]
pub use peek::{PeekError, PutStart, TakeStart};
pub use producer::{Producer, PutError};
pub use repair::{Mended, repair};
pub use ring::{LeadError, Ring};
pub(crate) use unclaimed::Unclaimed;
pub use visit::visit_published;

#[cfg(loom)]
pub use model::ModelCall;
#[cfg(loom)]
use model::Slots;
#[cfg(not(loom))]
use slots::Slots;

#[cfg(test)]
mod tests;
