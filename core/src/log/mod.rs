//! Logs: what each process says, in a ring of bytes that outlives it.
//!
//! A record is a frame of bytes whose meaning only its writer's program knows (defmt's, on Linux):
//! nothing is formatted here, or by who writes. What the core itself has to say, it tells the
//! platform ([`Told`]), which puts it among the rest. Each slot of the process table has one log, an
//! object of the heap that is made when the slot is about to be used first ([`prepare`]), and that all
//! tenants go on with. Records carry the
//! generation of who wrote them, and the log keeps who that was for the last eight tenants; so the
//! words of a dead process are there until others need the room.
//!
//! ```text
//!   head  where the next record goes   ─┐ words ever written; both only grow
//!   tail  the oldest record that stands ┘
//!   data  … | record | record | free … | record | …
//! ```
//!
//! One process writes: the slot's tenant. Whoever maps the group may read, also an observer whose
//! memory is read-only, and also when all are dead: readers write nothing, so nobody waits for
//! them, and no log fills for lack of one.
//!
//! # What is dropped, and what is overwritten
//!
//! A record stands for a while at least ([`KEEP_MS`]): so who looks more often than that misses
//! nothing. What does not fit beside records so young is dropped, the newest and not the oldest,
//! and counted; the next record that fits says how many there were. Last words
//! ([`Weight::Last`]) are never dropped: they take the room of the oldest, whatever its age.
//!
//! A record that has stood so long is written over when its room is needed, the oldest first: readers
//! write nothing, so nobody knows what was read, and a log without a reader would be full for ever
//! otherwise, of its oldest words. Records have numbers, so a reader that comes later is told how many it
//! missed ([`Heard::Missed`]); it is not told of those from before a time in which no record stood.
//!
//! # How a reader knows that what it read is whole
//!
//! A writer moves the tail past what it will write over before it does, and the head past a record
//! after all of it is there. All words are published: who has read one of a later record's words
//! sees, in a second look at the tail, that the earlier one is gone.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | the tail is moved | room that is not used | nobody need | the oldest records, as without the death |
//! | some words of a record are there | bytes beyond the head, which nobody reads | next to write | that record |
//! | the head is moved | the record stands | nobody need | nothing |
//! | drops are counted | the next record says so, or the tenant's entry does | nobody need | nothing |
//! | a tenant's entry is begun | generation 0: no records are this tenant's yet | next tenant | nothing |

mod error;
mod layout;
mod log_reader;
mod log_writer;
mod prepare;
mod reader;
mod record;
mod tenant;
#[cfg(test)]
mod tests;
mod told;
mod track;
mod writer;

pub use error::{Dropped, LogError};
pub use layout::{BUILD_ID_MAX, DATA_WORDS, LogRing, LogTenant, PATH_MAX, TENANTS_MAX};
pub use log_reader::LogReader;
pub use log_writer::LogWriter;
pub use prepare::{prepare, prepare_spares};
pub use reader::{Cursor, Heard, Record};
pub use record::FRAME_MAX;
pub use tenant::{Program, Tenant};
pub use told::Told;
pub use track::Track;
pub use writer::{KEEP_MS, Weight, Writer};
