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
mod hts;
pub mod kind;
mod layout;
mod member;
#[cfg(loom)]
mod model;
mod multi;
mod named;
mod news;
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
#[cfg(not(loom))]
mod take_with;
mod unclaimed;

pub use attach::{AttachError, FormatError};
pub use claim::{ClaimError, RingEnd};
pub use config::{ConfigError, RingConfig, SIZE_MAX, Shape, Sizing, Sync, flags};
pub use consumer::{Consumer, TooFew};
#[cfg(not(loom))]
pub(crate) use copy::copy;
pub use cursor::BATCH_MAX;
#[cfg(not(loom))]
pub(crate) use cursor::Want;
pub use facts::{EndFacts, RingFacts, inspect};
pub use layout::{End, HEADER_BYTES, NEWS, RING_MAGIC, RingHeader, footprint};
pub use named::RingError;
#[cfg(not(loom))]
pub use peek::{PeekError, PutStart, TakeStart};
pub use producer::{Full, NoRoom, Producer};
pub(crate) use repair::{repair, visit_published};
pub use ring::{LeadError, Ring};
pub(crate) use unclaimed::Unclaimed;

#[cfg(loom)]
use model::Slots;
#[cfg(not(loom))]
use slots::Slots;

#[cfg(test)]
mod tests;
