//! The operations, a file a structure.
//!
//! To add one: a row in the `operations` of its structure's file, or a file like those here and
//! its line in [`all`].

mod af_packet;
mod buffers;
mod capture;
mod device;
mod directory;
mod heap;
mod lcore;
pub mod lock;
mod mbuf;
mod membership;
mod message;
mod pool;
mod port;
pub mod ring;
mod wait;
mod zone;

use super::operation::Operation;

/// The operations of a structure.
type Operations = fn() -> Vec<Box<dyn Operation>>;

/// Every operation there is.
pub fn all() -> Vec<Box<dyn Operation>> {
    let structures: [Operations; 16] = [
        ring::operations,
        pool::operations,
        buffers::operations,
        mbuf::operations,
        heap::operations,
        zone::operations,
        directory::operations,
        lcore::operations,
        lock::operations,
        membership::operations,
        message::operations,
        wait::operations,
        port::operations,
        capture::operations,
        af_packet::operations,
        device::operations,
    ];
    structures.into_iter().flat_map(|operations| operations()).collect()
}
