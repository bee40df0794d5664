//! Messages: send, ask and answer, between any two processes of the group.
//!
//! The convenient way to exchange short things, 256 bytes at a time. A [`Frame`] is one message;
//! it travels through the target's [`Mailbox`] in shared memory, without a system call, or, with
//! descriptors beside it, through the platform's sockets. [`Post`] puts frames in, [`Inbox`] takes
//! them out, [`Requests`] knows which answers are due, a [`ReplyToken`] is the duty to give one, and
//! [`Port`] is all of it for a worker that polls: no thread, no allocator.
//!
//! ```text
//!    Port::request ──► Requests::begin        Port::next ──► Incoming::Request(.., ReplyToken)
//!         │                 expect, seal            ▲                          │ answer, or drop
//!         ▼                                         │                          ▼
//!    Post::send ──► Mailbox of the target ──► Inbox::next      Post::send ──► Mailbox of the asker
//!                     └─ asleep? ──► Wake (the platform's)
//! ```
//!
//! # What holds
//!
//! - Nothing waits: who finds a box full, a process gone or not listening is told so.
//! - One sender's frames to one target come in order, each at most once. A frame that was sent is
//!   delivered, although its sender dies right after, unless its target does.
//! - A request finishes exactly once, whatever happens, and gives one result a peer.
//! - A frame is copied once and then checked; whatever a peer wrote, it is a frame or is counted
//!   and dropped, and the next one is looked at.
//!
//! Crash points: those of the [`mailbox`](self::Mailbox), in its folder. A [`Port`] and all that
//! it knows of requests is its process's own and dies with it; whoever waits for an answer from
//! it learns so from the process table.
//!
//! Answers W-19 to W-34, W-36; IPC-3 to IPC-20 but for the sockets.

mod frame;
mod frame_error;
mod inbox;
mod kind;
mod layout;
mod mailbox;
mod name;
mod payload;
mod port;
mod post;
mod requests;
mod sleep;
#[cfg(all(test, not(loom)))]
mod tests;
mod token;
mod wake;

pub use frame::{DESCRIPTORS_MAX, Frame};
pub use frame_error::FrameError;
pub use inbox::{Inbox, InboxError};
pub use kind::{Kind, Reason};
pub use layout::{FRAME_BYTES, FRAME_MAGIC, FRAME_VERSION, RawFrame};
#[cfg(loom)]
pub use mailbox::model;
pub use mailbox::{
    ASLEEP, Bed, CALL, CELL_WORDS, CELLS, Cell, Class, Dropped, Mailbox, MailboxFacts,
};
pub use name::{ACTION_NAME_BYTES, ActionName, ActionNameError, PING};
pub use payload::{PAYLOAD_MAX, Payload, PayloadTooLong};
pub use port::{Allowed, Incoming, Port, RegisterError, RequestError};
pub use post::{Post, SendError};
pub use requests::{Answer, Finished, Flight, Outcome, Requests, TooManyRequests};
pub use sleep::{NotEmpty, Sleep};
pub use token::{ReplyToken, Unsent};
pub use wake::{Call, NobodySleeps, PlatformWakes, Wake, attend, call_everybody};
