//! Slots: which packet lies in which descriptor of a device's queue, where everybody can see it.
//!
//! ```text
//!   MbufHome ──► lay ──► entry (shared) ──► hand over ──► the device
//!      ▲                                                    │
//!      └────────── take: tagged, then struck out ◄──────────┘
//! ```
//!
//! A device writes into buffers that it was given until it gives them back or is stopped, whoever dies
//! meanwhile. So what is posted to a device belongs to no process: it lies in the queue, as a packet lies
//! in a ring. A [`DeviceQueue`] is a named object: the device's descriptors, and beside them a word each
//! that says which packet lies there. [`Slots`] is the queue in the hand of the one who works on it.
//!
//! # Decisions
//!
//! - **The rule of rings holds.** Who lays a packet down writes no tag; who takes it out makes each of its
//!   segments his own first, and only then strikes the entry out. So recovery strikes out what lies in
//!   queues as it does what lies in rings, and every buffer is believed in one place.
//! - **One word an entry, one word of cursor.** An entry says what lies there and at which position; the
//!   cursor, how far the device was given. Nothing else is shared, so nothing can disagree.
//! - **A packet of several descriptors lies in one entry**: in the last of its descriptors where the device
//!   completes in order, in the first where it completes by number.
//! - **What an Rx queue holds is blank**: an mbuf as it came from its pool, whose header is written when the packet is
//!   taken. What was in it before means nothing.
//! - **What a Tx queue holds may be blank too**: a packet that was built, or came, and was not looked at. Its header says
//!   what its last holder left, and that is a single segment, as of every free mbuf.
//! - **What came back in one burst is worked on together** (`row.rs`): all of it is tagged, then all struck out, in its
//!   order, then the cursor moves over it. A death costs what one hand may hold of a ring, a burst at most.
//! - **Nobody but the user writes.** A queue's new user puts in order what a dead one left, before it
//!   touches anything. The reaper only looks.
//! - **Only a device that is stopped is emptied**, by who has all its queues, and only an empty queue gets another
//!   size.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | create: its words are written | lock of the dead, the directory's words in the journal | next to lock: there is no queue | nothing |
//! | open: its user is named | a dead user | next to open | nothing |
//! | lay: the entry is written | a packet that is ahead of the cursor | next user takes it back; until then it lies there | nothing |
//! | lay: some entries of parts are written | parts of no packet | next user strikes them out | nothing |
//! | hand over: the cursor is written, the device not told | the device has fewer than it was given | next user tells it | nothing |
//! | take: some segments are tagged | in the queue, which is believed | next user takes it | nothing |
//! | take: the entry is struck out, the cursor is not written | a hole behind the cursor; the packet bears the dead one's tag | the reaper frees it; next user passes the hole | the packet |
//! | empty: some entries are struck out | the rest lie there | next to empty, or next user | nothing |
//! | empty: all are struck out, the cursor is as it was | holes up to the cursor | next user passes them | nothing |
//! | resize: its size is another | an empty queue, with a dead user | next to open | nothing |
//! | resize: it is replaced, before the commit | lock of the dead, the name in the journal | next to lock: it is the old one | nothing |
//! | resize: it is replaced | an empty queue, with a dead user | next to open | nothing |
//!
//! Answers W-65 (a device is its owner's; a worker's queue is a worker's) and DV-12.

mod entry;
mod error;
mod layout;
mod queue;
mod resize;
mod row;
#[expect(clippy::module_inception, reason = "the handle is named like the concept")]
mod slots;
mod tell;
#[cfg(test)]
mod tests;
mod visit;

pub(crate) use entry::Entry;
pub use error::{DeviceQueueError, DeviceQueueFault};
pub(crate) use layout::memory_bytes;
pub use layout::{DESCRIPTORS_MAX, DEVICE_QUEUE_MAGIC, DeviceQueueHeader, MEMORY_ALIGN};
pub use queue::DeviceQueue;
pub(crate) use row::{ROW, Row};
pub use slots::Slots;
pub(crate) use visit::inspect_device_queue;
pub use visit::visit_posted;
