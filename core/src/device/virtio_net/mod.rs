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
//!   packet that is sent lies in its first descriptor, the header's; its data's are parts of it. All
//!   headers are one: 12 bytes of nothing.
//! - **A device that contradicts itself is not served any more**: its queue says so by its errors, and
//!   lets its owner set it up anew.
//!
//! Section numbers in here are of the virtio specification, version 1.1.

mod command;
mod control;
mod error;
mod interrupts;
mod registers;
mod ring;
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
