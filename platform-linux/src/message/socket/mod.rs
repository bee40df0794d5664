//! The socket of a process: for descriptors, and for what must prove who sends it.
//!
//! One `AF_UNIX` datagram socket a process, in the group's directory, named by slot. Datagrams,
//! because a sender needs no connection that somebody must mend after a death: a dead receiver
//! is `ECONNREFUSED` at once, each datagram comes with its sender's credentials, and a process
//! that 63 others talk to has one descriptor, not 63.
//!
//! ```text
//!   address.rs   where a slot's socket is, whatever the length of the directory's path (W-62)
//!   send.rs      one datagram out: never waits
//!   receive.rs   one datagram in: what the kernel delivered, or why it is dropped
//!   file.rs      the files: bound, replaced, removed (W-15)
//! ```

mod address;
mod file;
mod receive;
mod send;
#[cfg(test)]
mod tests;

pub use file::SocketError;
pub(crate) use file::{MessageSocket, remove_all, sweep};
pub(crate) use receive::{DESCRIPTORS_MAX, Datagram, Malformed};
pub(crate) use send::SendFailed;
