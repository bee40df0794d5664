//! Requests in flight: a pure state machine, without a clock, a socket or memory of its own.
//!
//! A request is *begun* with a deadline, *expects* an answer from each peer that it is sent to,
//! and is *sealed* when it has been sent to all. From then on each peer gives exactly one
//! [`Answer`]: it answered, it refused, the deadline passed, or it is gone; and when all have,
//! the request gives exactly one [`Finished`], whatever happened. All peers share one deadline,
//! and none waits for another (W-20).
//!
//! Numbers are 64 bits, the requester's generation in the upper half, and are not used again; so a
//! reply that comes late, or to the slot's last tenant, finds no request, and is never given to
//! another one (W-22). An answer counts only from a process that the request was sent to.
//!
//! The table lies where its owner wants it: an array for a static worker, a `Vec` elsewhere.

mod flight;
mod table;
#[cfg(all(test, not(loom)))]
mod tests;

pub use flight::{Answer, Finished, Flight, Outcome};
pub use table::{Requests, TooManyRequests};
