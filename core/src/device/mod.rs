//! Devices: drivers' logic, over registers and memory that a device reaches. No OS in it.
//!
//! ```text
//!   platform: maps a BAR, knows bus addresses     Registers · Dma
//!   owner:    resets, configures, starts          e1000e::E1000e · virtio_net::VirtioNet
//!   claimant: one queue, one doorbell             RxDriver · TxDriver
//!   shared:   descriptors, and what lies there    slots::DeviceQueue
//! ```
//!
//! A driver is two halves. The *owner's* touches control registers and nothing else does: so it alone can
//! reset a device (W-65). A *claimant's* serves one queue: it reads and writes the queue's memory, and the
//! one register that tells the device of it. Any process of the group may be a claimant; it needs the
//! device's registers mapped, and the bus addresses, both of which a platform gives as small traits.
//!
//! A claimant that sleeps has its queue *armed* (`RxDriver::arm`): by the queue's memory, or by the one bit of
//! an e1000e's mask that is its queue's, where a written 1 sets (or clears) that bit and a 0 nothing, so that nobody's
//! change undoes another's. The interrupt is the owner's to hear ([`Hearing`]), who wakes the claimant.
//!
//! # Who may have a buffer
//!
//! What is posted lies in the queue's [`slots`], whoever posted it, and nobody frees it there but by two
//! ways: the device has given it back; or the device was reset by somebody who works on *all* its queues,
//! which nobody can while another living process does. Of a device that is gone, or that its owner has kept from memory for
//! good, each queue is emptied when nobody works on it ([`take_back`]). The death of a claimant leaves the device and its
//! buffers as they are. So does the death of the owner: the device runs on, and a new owner either goes on
//! with it as it is, or waits until all queues are to be had and resets it. When the group's last process
//! dies, the platform closes the device, which stops its DMA before the memory is anybody else's.

mod dma;
pub mod e1000e;
#[cfg(test)]
mod fake_bus;
mod hearing;
#[cfg(test)]
mod ledger;
mod refill;
mod registers;
mod sending;
pub mod slots;
mod take_back;
pub mod virtio_net;

pub use dma::{Dma, Stretch};
pub use hearing::{Heard, Hearing};
pub use registers::Registers;
pub use take_back::take_back;
