//! Reach: which of the group's memory devices see, and at which bus addresses.
//!
//! Memory grows and shrinks at any time, by any process ([`crate::memseg`]). A device reaches what was
//! mapped for it, and must not reach what has been given back. So one process, the *mapper*, follows: it
//! looks when the change word moves, maps what is new, takes away what is gone, and writes down, for each
//! grain, its bus address. Everybody reads that: whether, and where, a device sees a packet is one load, in
//! whichever process. Nobody waits for the mapper: what it has not mapped yet has no bus address, and
//! memory that it has not taken away yet is given back later, by it.
//!
//! All devices behind an IOMMU share what the mapper has mapped (on Linux, one container), whichever process has opened them;
//! who opens the first while there is such a mapping has it of who does. So the mapper may go: if others have
//! devices still, one of them is the next, and if nobody has, what was kept for devices goes back.
//!
//! Bus addresses are of one mode in the whole group ([`IovaMode`]): places of the window, where every
//! device stands behind an IOMMU that translates them; else physical ones. The first device decides, unless the command line has.
//!
//! # Crash points
//!
//! *Held* is a bit of the memseg list; the word is the grain's in the table.
//!
//! | the mapper is killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | a grain is held | held, not mapped, no word | the next mapper maps it | nothing |
//! | the gate has admitted it | mapped, no word: nobody gives it to a device | the next mapper admits it once more | nothing |
//! | the word is written | as it should be | nobody need | nothing |
//! | the word of one that is not backed is cleared | held, mapped, no word | the next mapper expels it, or, if it is backed again, admits it once more | nothing |
//! | the gate has expelled it | held, not mapped, no word | as above | nothing |
//! | it is held no more | loose | the next give-back | nothing |
//!
//! | file | concept |
//! |---|---|
//! | `mode.rs` | virtual or physical addresses |
//! | `table.rs` | the words, and reading them: [`Reach`] |
//! | `follow.rs` | the mapper's part |

mod follow;
mod mode;
mod table;
#[cfg(test)]
mod tests;

pub use follow::{FollowError, Followed, Gate};
pub use mode::IovaMode;
pub use table::{Reach, ReachError};
