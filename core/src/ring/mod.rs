//! Rings: how processes pass elements to each other without a lock, a copy more or a system call.
mod attach;
mod claim;
mod config;
mod consumer;
#[cfg(not(loom))]
mod copy;
mod cursor;
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
#[cfg(not(loom))]
mod repair;
#[expect(clippy::module_inception, reason = "the handle is named like the concept")]
mod ring;
mod rts;
mod side;
mod single;
#[cfg(not(loom))]
mod slots;
#[cfg(not(loom))]
mod take_with;
mod unclaimed;
#[cfg(not(loom))]
mod visit;

pub use attach::{AttachError, FormatError};
pub use claim::{ClaimError, RingEnd};
pub use config::{ConfigError, RingConfig, SIZE_MAX, Shape, Sizing, Sync, flags};
pub use consumer::{Consumer, TakeError};
#[cfg(not(loom))]
pub(crate) use copy::copy;
pub use cursor::BATCH_MAX;
#[cfg(not(loom))]
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
#[cfg(not(loom))]
pub use repair::{Mended, repair};
pub use ring::{LeadError, Ring};
pub(crate) use unclaimed::Unclaimed;
#[cfg(not(loom))]
pub use visit::visit_published;

#[cfg(loom)]
pub use model::ModelCall;
#[cfg(loom)]
use model::Slots;
#[cfg(not(loom))]
use slots::Slots;

#[cfg(test)]
mod tests;
