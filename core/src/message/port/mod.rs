//! `Port`: the whole message service of a worker that polls.
//!
//! No thread and no allocator: its tables are arrays, and everything happens in [`Port::next`],
//! which the worker calls from its loop. What comes is handed out, not called back, so the worker
//! may send, ask and answer in between as it likes: a request inside the handling of another is
//! nothing special (W-25).

mod actions;
mod incoming;
#[expect(clippy::module_inception, reason = "the handle is named like the concept")]
mod port;
#[cfg(all(test, not(loom)))]
mod tests;
mod wait;

pub use actions::{Allowed, RegisterError};
pub use incoming::Incoming;
pub use port::{Port, RequestError};
