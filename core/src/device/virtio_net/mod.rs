//! virtio_net: the network card of virtual machines (virtio 1, PCI, split rings).
//!
//! # Decisions
//!
//! - **Only modern devices**: a legacy one has its registers in ports, and its rings where it likes.
//! - **Few features**: the address, the link, the MTU, several queues and the control queue, which the
//!   owner alone uses. No offloads, no merged buffers: a packet comes in one mbuf, which must have room for
//!   the port's MTU.
//! - **Queues are polled, and interrupt while a claimant has armed them** to sleep on: a word in the queue's memory
//!   says whether they may. A link that changes interrupts the owner too.
//! - **An entry of the slots is a descriptor by its number**, for the device may complete in any order. A
//!   packet that is sent takes one descriptor, with its header, 12 bytes of nothing, in its headroom. Where that has no
//!   room or the packet is not one segment of the sender's own, a header that all share has the first descriptor, in
//!   which the packet lies; its data's are parts of it.
//! - **A device that contradicts itself is not served any more**: its queue says so by its errors, and
//!   lets its owner set it up anew.
//!
//! # No packet twice, none stale
//!
//! What is available to the device is what its index says, and that moves last: behind the entry, the
//! descriptor, its place in the ring, and the cursor. What the device has used is taken in the order in
//! which it says so, and a descriptor is laid anew only behind the cursor's move over its last use. So of
//! whoever is killed, where:
//!
//! | killed behind | the device | who comes next | the packet |
//! |---|---|---|---|
//! | an entry, a descriptor or a place in the ring of what was not handed over | was told of none of it | takes the entry back, and lays the descriptor anew before it offers it | received: none yet; to be sent: is not |
//! | the cursor | was not told | moves the index up to the cursor | received or sent once |
//! | the index | was perhaps not woken | wakes it | received or sent once |
//! | the device's use of it | has said so | finds it where the cursor ends | once |
//! | its tag | | finds its entry still, and takes it | once: the dead one had not passed it on |
//! | its entry is struck out | | passes its place over, which nobody has laid anew | not again: gone with the dead one's hand |
//! | the cursor's move over it | | | not again |
//! | the owner's turning bus mastering off, the reset, some entries are emptied | is stopped, and knows no descriptor | owns: empties what is left, and begins anew | gone, as what lay in either queue |
//! | the new owner's finding the device as it was set up | runs on | owns: finds it so again, and gives the same commands | as if nobody had died |
//!
//! `tests/deaths.rs` has claimants die at any of these points, one after the other, and says so of each packet.
//!
//! Section numbers in here are of the virtio specification, version 1.1.

mod command;
mod control;
mod error;
mod failure;
mod interrupts;
mod queue;
mod registers;
mod ring;
mod row;
mod rx;
mod setup;
#[cfg(test)]
mod tests;
mod tx;

pub use control::{VirtioNet, VirtioRegions};
pub use error::VirtioError;
pub use rx::VirtioRx;
pub use setup::VirtioSetup;
pub use tx::VirtioTx;
