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
//! mbuf of the capture's pool, and puts it into the capture's ring, a burst at once. It waits for nobody: where
//! there is no mbuf, or no room, that is counted, and the packet goes its way unseen (PD-4). Where a process that is
//! stopped stands in the middle of the ring, a queue finds that out in some 50 us, and leaves the ring
//! alone for 10 ms; what passes meanwhile counts as without room.
//!
//! # Decisions
//!
//! - **One capture a port**: a second one is refused by name. One capture may look at many ports.
//! - **What goes is shown when it has gone**: of a Tx burst only what the driver took is put into the ring.
//! - **The filter runs where the packet passes**, so that what is not wanted costs neither buffer nor
//!   ring. It is [a list of tests](super::filter) that leads forward only: safe whatever its words are.
//! - **Nothing is freed.** A forwarder may be anywhere in the hook when a capture ends. So state, pool and
//!   ring stay, empty, for the next capture; there are at most [`CAPTURES_MAX`]. A burst reads the number of
//!   the capture's round before all else of it, and whether it is still the port's after that; what a late
//!   forwarder puts there bears an earlier round and is left out (of the next one's counts it may be one).
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | open: it is claimed | a state that belongs to the dead | next to open one takes it over | nothing |
//! | open: what was left in its ring is partly out | as above | as above | nothing |
//! | on: the port's word is set | copies are made, the ring fills up | the reaper: the word is cleared | nothing |
//! | off, leaving: some words are cleared | as above, for the others | the reaper | nothing |
//! | hook: copies are made, not put in | mbufs that bear the forwarder's tag | the reaper | these copies |
//! | hook: in the middle of the ring | its name stands in the ring's word | who puts in next, or the reaper | these copies |
//! | hook: they are put in, not counted | the counts lack up to 32 | nobody need | nothing |
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
