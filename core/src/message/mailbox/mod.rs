//! The mailbox: one a process, into which anybody of the group puts frames without a system call.
//!
//! 64 cells of one frame, a word for each that says who is in the middle, and one *bell*: a bit
//! for each cell that has become ready. No sender waits for another and none for the owner: who
//! finds no free cell is told so.
//!
//! Sending: claim a cell by one swap `FREE -> WRITING{ticket, sender}`, write the frame, publish
//! `READY`, raise the cell's bit in the bell, and, if the owner sleeps, call it. Receiving: one load
//! of the bell if there is nothing; otherwise take all its bits, sort the cells by ticket, copy each
//! frame once, free its cell by one swap, and check the copy. One sender's frames come in the
//! order in which they were sent, and each once.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | sender: a ticket is taken | a number that no frame has | nobody need | nothing |
//! | sender: the cell is claimed | one cell `WRITING`, by the dead | next sender who finds no room, the owner's look-through, the reaper | the frame, not sent yet |
//! | sender: the frame is written | as above | as above | as above |
//! | sender: the cell is `READY` | a frame whose bell is not rung | the owner's look-through, which menders ask for by `attention` | nothing |
//! | sender: the bell is rung | the owner may sleep beside a rung bell | next sender; the reaper ([`attend`](super::attend)); the owner's bounded sleep | nothing |
//! | sender: the sleep word is changed | as above, until it is woken | as above | nothing |
//! | owner: the bell's bits are taken | ready cells of a dead owner | the slot's next tenant frees them: they are for another generation | what was sent to the dead |
//! | owner: the frame is copied | as above | as above | as above |
//! | owner: the cell is freed | done | – | the frame, in the dead one's hand |
//! | owner: `asleep` says that it sleeps | senders call nobody | the next tenant gets up when it opens | nothing |
//! | mender: any step | each cell is freed by one swap | next mender | nothing |
//!
//! A stopped sender takes up one cell and no more. A stopped owner's box fills, and its senders are
//! told so. A hostile process can spoil the frames of a box, and no more: every word is checked
//! when it is used, and every loop is bounded.
//!
//! Answers W-20, W-24.

mod counters;
mod layout;
mod mend;
#[cfg(loom)]
pub mod model;
mod put;
mod sleep;
mod state;
mod take;
#[cfg(all(test, not(loom)))]
mod tests;

pub use counters::{Dropped, MailboxFacts};
pub use layout::{CELL_WORDS, CELLS, Cell, Mailbox};
pub use put::Class;
pub use sleep::{ASLEEP, Bed, CALL};
pub(super) use take::{Image, Queue};
