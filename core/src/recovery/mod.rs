//! Recovery: what becomes of a process's belongings when it dies, or leaves.
//!
//! ```text
//!   who died?     the platform's word, for each entry of the process table    reap
//!   what had it?  the lock · ends of rings · caches and objects · claims · lcores
//!   who mends?    one process, named in a word; anyone, after it              Reaper
//!   who hears?    everyone, from a log                                        Events
//!   is it so?     an audit walks everything and reports what is wrong         audit
//! ```
//!
//! # Why it is exact while others run
//!
//! Nobody stops for the reaper. It touches what the dead one alone could touch, and four kinds
//! of words that others touch too:
//!
//! - *Ring words* name whoever is in the middle, and only the dead one's are swapped back.
//! - *Tags* ([`mempool`](crate::mempool), "Buffers"): an object that leaves a ring gets its taker's
//!   tag before the ring says so, and nobody but the dead one gives the dead one's tag. So
//!   an object that bears it after all rings were looked through was in the same place all the
//!   time: in a ring, where it was seen, or in none, and then it is the dead one's.
//! - *References to mbufs*, in which each change names its maker, so that it can be told whether the
//!   dead one's was made.
//! - *The pool's ring*, into which what is left is put as by any putter.
//!
//! Nothing of this depends on how far a reaper came: each step finds what was done already
//! done, and the dead one's slot, by which it is found, is freed last. The slot gets no new tenant
//! before ([`GroupRegion::enter`](crate::group::GroupRegion::enter) refuses), so that no tag means
//! two processes.
//!
//! # Crash points
//!
//! *Lost* is what nobody will ever find. Whoever reaps next begins anew with the same process.
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | the reaper's name is in the word | a dead reaper's name | next to reap takes it over | nothing |
//! | the death is noted, not marked as told | `Died` may be noted twice | next to reap | nothing |
//! | the lock is settled, or half | lock of the dead reaper, journal as far as undone | next to lock | nothing |
//! | some rings are rolled back | the rest are not | next to reap; whoever waits there | nothing |
//! | a left object got the dead one's tag | it lies in the cache still | next to reap | nothing |
//! | a cache's length is 0 | its objects bear the dead one's tag and lie nowhere | next to reap frees them | nothing |
//! | an lcore is borrowed to empty its cache | the lcore is the dead reaper's | who reaps the reaper | nothing |
//! | some clones are parted from whom they refer to ([`mbuf`](crate::mbuf)) | so they are found; whose last clone that was bears the dead one's tag | next to reap | nothing |
//! | some bits are struck out | bits of half a look | next to reap begins with none | nothing |
//! | a batch is half-way into the pool's ring | that end names the dead reaper | next there; the objects are freed anew | nothing |
//! | a batch is back, not counted | its objects lie in the ring, where they are seen | next to reap | its number in the report |
//! | some lcores are released | the rest are not | next to reap | nothing |
//! | some orphaned ports are noted | the rest are not | next to reap, who notes all anew that nobody has adopted | nothing |
//! | the end is noted | the slot is still taken; `Reaped` may be noted twice | next to reap | nothing |
//! | the slot is free | done; the reaper's name is in the word | next to reap | nothing |
//! | an event's record is half written | it is not counted | next to note writes over it; who reaps notes a death anew | that event, if it was not about a death |
//!
//! A process that is *stopped* in the middle of an event keeps the log. All else goes on; the dead are
//! put in order, and keep their slots until it goes on or dies ([`ReapError::Untold`]).
//!
//! Answers W-5, W-9 to W-14, W-17, W-58.

mod audit;
mod belongings;
mod event;
mod fence;
mod finding;
mod layout;
mod note;
mod objects;
mod port_news;
mod progress;
mod reap;
mod reaper;
mod report;
mod rings;
#[cfg(test)]
mod tests;
mod walk;

pub use audit::{AuditError, Audited, audit};
pub use event::{Event, EventKind, Events, Heard, Recovered};
pub use fence::Fenced;
pub(crate) use fence::is_tenant;
pub use finding::Finding;
pub use layout::{EVENTS_MAX, EventRecord, Recovery};
pub use port_news::PortNews;
pub(crate) use port_news::{About, note_port};
pub use reap::reap;
pub(crate) use reap::{leave, note_own, reap_this};
pub use report::{ReapError, Report};
