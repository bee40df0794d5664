//! The descriptors behind the queues of `net_af_packet` and `net_tap`: who opens them, who keeps them, and
//! how they travel.
//!
//! The **owner** of a port opens a queue's descriptor when the queue is opened for the first time, by
//! whomever, and keeps it until the port is closed. So what waits in the kernel for a claimant that died
//! is there for the next. Any other process asks the owner over the message service (`port.queue`), and
//! has the descriptor as long as it has the queue.
//!
//! If the owner dies, claimants go on. Who **adopts** the port asks them for what they have, so that it
//! is kept again; a claimant without a message service is not asked, and its queue's next claimant
//! begins with a new socket. No second socket is ever opened for a queue that somebody living has: the
//! kernel would share its packets between both.
//!
//! | file | concept |
//! |---|---|
//! | `keeper.rs` | the one keeper of this process |
//! | `kept.rs` | what this process has, and opening what it owns |
//! | `ask.rs` | the request and its answer |
//! | `link.rs` | whether the interfaces of own ports are up, by rtnetlink |
//! | `error.rs` | what can go wrong, in sentences |

mod ask;
mod error;
mod keeper;
mod kept;
mod link;

pub use ask::ACTION;
pub use error::DescriptorError;
pub(crate) use keeper::{
    Keeping, adopted, created, descriptor_of, ended, link_ear, look_at_links, reconfigured,
};
pub use kept::Lease;
pub(crate) use link::LinkEar;
