//! Messages: short ones, with descriptors, between any two processes of a group.
//!
//! What needs no system call is in the core: the frame, and a mailbox a process in shared memory. A
//! message without descriptors travels there. What the kernel must carry or vouch for, descriptors
//! and senders, goes by a datagram socket. Here are the threads around both, and the API.
//!
//! ```text
//!   send, request ──► mailbox of the peer ──(asleep? a futex call)──► service threads ─► handlers
//!        │   ▲                                                        │
//!        │   └── answers: taken in by the thread that has asked ◄─────┘ reply, or why not
//!        └─ descriptors, proofs ──► socket of the peer ──► reactor ──► service threads
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `messages.rs` `outgoing.rs` `incoming.rs` `replies.rs` `error.rs` | what programs use |
//! | `start.rs` `service.rs` | the service: its beginning, its end, what becomes of a frame |
//! | `receiver.rs` | the mailbox: who looks into it, and when it says "asleep" |
//! | `workers.rs` `waiting.rs` | the threads that run handlers; the thread that waits for answers |
//! | `futex.rs` | sleeping on a word, each kind of sleeper on bits of its own |
//! | `reactor.rs` `socket/` | datagrams, descriptors; deaths, as the watcher tells of them |
//! | `flights.rs` `callbacks.rs` | requests that have not ended; the thread of callbacks |
//! | `actions.rs` `runs.rs` | names and their handlers; who runs which, and waits for its end |
//! | `drops.rs` | what was dropped, and who is told |
//!
//! # What is promised
//!
//! - Nothing waits but who asks, and that has a deadline. Sending never does: a full queue is an error.
//! - No lock is held while a handler or a callback runs, nor while anything waits.
//! - A request ends once, with one result for each peer; a dead peer is known at once.
//! - Memory of the group may be allocated and freed in handlers, and messages sent around it: the
//!   group's lock is never held over a message, and no message is ever waited for under it (W-67).
//! - Whatever comes that is malformed, stale or not its sender's is counted and dropped, and its
//!   descriptors closed.
//!
//! # Why a futex and not a datagram wakes a sleeper
//!
//! Round trips between two sleepers are bounded by two wake-ups. A thread that waits for an answer
//! and one that waits for requests are of one process; with a socket the kernel wakes the one that
//! came first, which then has to wake the other. The futex wakes exactly the right one, on a word
//! that is in the mailbox anyway, and costs no copy.

mod actions;
mod callbacks;
pub(crate) mod descriptor;
mod drops;
mod error;
mod flights;
mod futex;
mod incoming;
mod messages;
mod outgoing;
mod reactor;
mod receiver;
mod replies;
mod runs;
mod service;
pub(crate) mod socket;
mod start;
mod waiting;
mod workers;

pub use drops::{DropNotice, DropReason};
pub use error::{
    NoMessages, NoPeer, RegisterError, ReplyError, RequestError, SendError, Undelivered,
    UnregisterError,
};
pub(crate) use futex::Everybody;
pub use incoming::{Incoming, ReplyToken};
pub use messages::{Messages, Sent};
pub use outgoing::{Outgoing, OutgoingError, To};
pub use phalanx_core::message::Allowed;
pub use phalanx_core::message::PING;
pub(crate) use reactor::{Deaths, Mourner};
pub use replies::{Outcome, PeerResult, Replies, Reply};
pub use socket::SocketError;
pub(crate) use start::Running;
pub use start::{MessageOptions, SPIN, ServiceError};
