//! Memzones: named memory that every process of the group finds.
//!
//! A zone is a block of the heap with a name in the [`directory`](crate::directory). It is
//! zeroed before it has a name, does not move, and stays until somebody frees it, whoever made
//! it. Plain zones are bytes; a typed zone ([`Zone::create_typed`]) is one structure that only
//! programs built with the same definition can open, and needs no `unsafe` of them.
//!
//! Creating, finding and freeing are the directory's operations, and so are their crash
//! points: a zone is there, whole, or it is not there.
//!
//! Answers MZ-1 to MZ-9. What differs from there: one namespace holds all kinds, so a zone
//! and a ring cannot share a name; a free of what is gone is told from a free of what never
//! was; and the limit of 2560 (MZ-5) is the group's, fixed by its layout.

mod dump;
mod error;
mod flags;
mod options;
mod reserve;
#[cfg(test)]
mod tests;
mod typed;
mod zone;

pub use dump::{DumpError, dump, walk};
pub use error::ZoneError;
pub use flags::ZoneFlags;
pub use options::ZoneOptions;
pub use reserve::Origin;
pub use typed::TypedZone;
pub use zone::Zone;
