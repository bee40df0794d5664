//! The descriptors behind the queues of `net_af_packet` and `net_tap`: who opens them, who keeps them, and
//! how they travel.
//!
//! The **owner** of a port opens the descriptors of all its queues when it configures the port (a tap's
//! first as it makes the port: with it comes the interface), and keeps them until the port is configured
//! anew or closed. So the port has a link from then on, flows are spread over all its queues from the
//! first packet, and what waits in the kernel for a claimant that died is there for the next. Any other
//! process asks the owner over the message service (`port.queue`), and has the descriptor as long as it
//! has the queue.
//!
//! If the owner dies, claimants go on. Who **adopts** the port asks them for what they have, so that it
//! is kept again, and opens what nobody has. A claimant that does not answer, or has no message service,
//! keeps its own; its queue's next claimant begins with a new socket. No second socket is ever opened for
//! a queue that somebody living has: the kernel would share its packets between both.
//!
//! A tap's descriptor serves an Rx queue and the Tx queues whose numbers lead to it: the kernel spreads what
//! this host sends over all descriptors that there are, so there are as many as Rx queues, however many
//! Tx queues there are.
//!
//! | file | concept |
//! |---|---|
//! | `keeper.rs` | the one keeper of this process |
//! | `kept.rs` | which descriptor serves which queue; leases |
//! | `owned.rs` | what this process has: opened, kept, asked for, handed on |
//! | `open.rs` | opening, by what the port's shared state says |
//! | `ask.rs` | the request and its answer |
//! | `link.rs` | whether the interfaces of own ports are up, by rtnetlink |
//! | `error.rs` | what can go wrong, in sentences |

mod ask;
mod error;
mod keeper;
mod kept;
mod link;
mod open;
mod owned;

pub use ask::ACTION;
pub use error::DescriptorError;
pub(crate) use keeper::{
    Keeping, adopted, created, descriptor_of, ended, link_ear, look_at_links, reconfigured,
};
pub use kept::Lease;
pub(crate) use link::LinkEar;
pub(crate) use open::{give_mac, mtu_of};
