//! `net_af_packet`: an interface of the kernel's as a port, by packet sockets with mapped rings.
//!
//! ```text
//!   owner: opens a socket for each queue, and keeps it       claimant of a queue: maps its ring
//!   ┌───────────────┐                                         ┌──────────────────────────────┐
//!   │ Rx 0 · Rx 1 … │ ── descriptor, by message ────────────► │ status ► copy ► give back     │
//!   │ Tx 0 · Tx 1 … │                                         │ copy ► status ► sendto a burst│
//!   └───────────────┘                                         └──────────────────────────────┘
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `options.rs` `geometry.rs` | what `--vdev` says; how a ring is cut |
//! | `socket.rs` | sockets: made, bound, joined |
//! | `ring.rs` | the mapped ring: the only file that reads and writes there |
//! | `frame.rs` | what the kernel says of a packet, checked |
//! | `cursor.rs` | how far the claimant has come, for who follows it |
//! | `rx.rs` `checksum.rs` `crc32c.rs` `cut.rs` | receiving; what senders have left to a device that is not there |
//! | `tx.rs` | sending |
//!
//! # Decisions
//!
//! - **`TPACKET_V2` both ways.** In version 3 the kernel hands whole blocks over, when they are full or a
//!   timer fires: a ping waits for the timer, and who follows a dead claimant would have to know how
//!   far that one had come inside of a block. In version 2 each frame has a status of its own, a packet is
//!   there as soon as the kernel has copied it, and one load finds out.
//! - **Rx and Tx are two sockets.** Each queue can be another process's, and a Tx socket takes nothing
//!   in. Rx sockets of a port are one `PACKET_FANOUT` group: by hash all of a flow, both ways, goes to
//!   one queue. Neither rollover (flows would change their process as soon as one is slow) nor
//!   reassembly of fragments (they would not fit into frames, nor through the next link), which the
//!   reference asks for.
//! - **`PACKET_VNET_HDR` both ways.** On Rx it says where a checksum is missing: on `veth` pairs senders leave
//!   it, and the cutting of long TCP segments, to a device that is not there. Checksums are
//!   completed; long segments are cut where a frame has room for them (`framesz=65536`, `cut.rs`),
//!   else they are counted as errors. On Tx it makes the kernel copy the packet: otherwise it sends
//!   pointers into the ring and calls the frame free when the receiving side of this machine has
//!   only queued the packet, so that the next burst would write over a stream's data that nobody has read.
//! - **What is in the ring outlives its claimant**: the owner keeps the sockets, the place in the ring
//!   lies in the queue's line, and who follows goes on there.
//!
//! # Crash points
//!
//! | killed after | state left | who goes on | lost |
//! |---|---|---|---|
//! | Rx: a packet is copied | "at n", frame n is the process's | the next claimant, at n | nothing |
//! | Rx: "giving back n" is written | as that says, frame n is the process's | the next claimant, at n | nothing |
//! | Rx: a part is taken of a packet that is cut | "at n", frame n is the process's | the next claimant, at n and its first part | nothing: parts come twice, as segments on a network may |
//! | Rx: frame n is given back | as that says, frame n is the kernel's | the next claimant, at n + 1 | the packet, which was in the dead one's hand |
//! | Tx: a packet is copied | "at n", frame n is free | the next claimant, at n | the packet, which was in the dead one's hand |
//! | Tx: "handing over n" is written | as that says, frame n is free | the next claimant, at n | as above |
//! | Tx: frame n is handed over | as that says, frame n is to be sent | the next claimant, at n + 1, tells the kernel as it opens the queue | nothing |
//! | Tx: frame n is taken back | "handing over n", frame n is free | the next claimant, at n | nothing: it is counted as dropped, or not yet |
//!
//! Whether frame n had been given back, where it is the process's again, is told by the time stamps of n and
//! n + 1. If both came in one nanosecond, or the clock was set back between, it is taken for not given back: then one
//! packet comes before those that came before it.

mod checksum;
mod crc32c;
mod cursor;
mod cut;
mod frame;
mod geometry;
mod options;
mod ring;
mod rx;
mod socket;
mod tx;

pub use geometry::{Geometry, GeometryError};
pub use options::{AfPacketArgs, ArgsError, QPAIRS_MAX};
pub use rx::AfPacketRx;
pub use socket::{
    Fanout, Interface, Side, SocketError, bring_up, check_socket, fanout_of, give_mac, give_mtu,
    look_at, open_rx, open_tx,
};
pub use tx::AfPacketTx;
