//! Capture: copies of the packets that pass, for whoever looks on.
//!
//! ```text
//!   RxQueue, TxQueue ── attention word ──► CaptureState ── filter, snap length
//!        │                                     │
//!        └─ hook.rs: copies into its pool ──► its ring ──► Capture: read, written to a file
//! ```
//!
//! A [`Capture`] belongs to the process that looks on. Turned [on](Capture::on) for a port, its place
//! stands in the word that each burst of that port looks at anyway: while it is off, it costs nothing.
//! While it is on, who forwards a packet runs the filter, copies what the snap length leaves into an
//! mbuf of the capture's pool, and puts it into the capture's ring. It waits for nobody: where there is no
//! mbuf, or no room, that is counted, and the packet goes its way unseen (PD-4).
//!
//! # Decisions
//!
//! - **One capture a port**: a second one is refused by name. One capture may look at many ports.
//! - **What goes is shown when it has gone**: of a Tx burst only what the driver took is put into the ring.
//! - **The filter runs where the packet passes**, so that what is not wanted costs neither buffer nor
//!   ring. It is [a list of tests](super::filter) that leads forward only: safe whatever its words are.
//! - **Nothing is freed.** A forwarder may be anywhere in the hook when a capture ends. So state, pool and
//!   ring stay, empty, for the next capture; there are at most [`CAPTURES_MAX`]. What a late
//!   forwarder puts there bears the number of its round and is left out.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | open: it is claimed | a state that belongs to the dead | next to open one takes it over | nothing |
//! | open: what was left in its ring is partly out | as above | as above | nothing |
//! | on: the port's word is set | copies are made, the ring fills up | the reaper: the word is cleared | nothing |
//! | off, leaving: some words are cleared | as above, for the others | the reaper | nothing |
//! | hook: a copy is made, not put in | an mbuf that bears the forwarder's tag | the reaper | that copy |
//! | hook: it is put in, not counted | the count lacks one | nobody need | nothing |
//! | the reader: packets are in its hand | they bear its tag | the reaper | these copies |
//!
//! What the ring of a dead capture holds stays there until the next capture takes it over: not more than the
//! ring holds, and of a pool that nobody else uses.

mod error;
mod hook;
mod layout;
mod look;
mod reader;
mod record;
#[cfg(test)]
mod tests;

pub use error::CaptureError;
pub(super) use hook::{Place as TapPlace, Tap};
pub use layout::{CAPTURE_MAGIC, CAPTURES_MAX, CaptureState, FILTER_WORDS};
pub(crate) use look::turn_off_of;
pub use look::{Capture, CaptureConfig, CaptureCounts, Directions};
pub use reader::{CaptureReader, Captured};
pub use record::Origin;
