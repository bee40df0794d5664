//! Memseg lists: the memory a group has.
//!
//! A list is one range of the window: one page size, one NUMA node, one sparse file that every
//! process maps whole when it joins. So memory grows and shrinks without a message (design,
//! decision 3): whoever holds the group's lock asks the platform to back a run of *grains* and
//! notes it in the list's bitmap, and every other process has the pages already. Nobody is
//! asked, so nobody can be waited for (ME-14, ME-15: the reference waits 5 s for each process
//! that does not answer, with its locks held).
//!
//! # Two bitmaps that tell the truth about different things
//!
//! `backed` is what the heap owns. It changes through the journal, together with the heap's
//! elements, so an undone growth is undone there too. `touched` is what the *system* may have
//! given, and the system has no journal: a bit is set before the system is asked, and cleared
//! after it took the memory back. What is touched and not backed is loose, and
//! [`Group::give_back_memory`](crate::group::Group::give_back_memory) gives it back. It does so
//! in a transaction of its own, after the one that cleared `backed` has been committed: memory
//! whose loss could still be undone is never given away. Nor is what devices may still reach (`held`):
//! whoever maps memory for them takes it away first ([`crate::reach`]).
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | `touched` bits are set (growth) | grains loose, not backed | next give-back | nothing |
//! | the platform has backed them | loose and backed by the system | next give-back releases them | nothing |
//! | `backed` bits are set, not committed | lock held by the dead | next to lock clears them; then as above | nothing |
//! | `backed` bits are cleared, not committed (shrink) | as above | next to lock sets them; memory still there | nothing |
//! | the shrink is committed | grains loose | next give-back | nothing |
//! | the platform has released them | `touched` without memory | next give-back releases them again, which changes nothing | nothing |

mod backing;
pub mod bitmap;
mod layout;
mod list;
mod lists;
#[cfg(test)]
mod tests;
mod walk;

pub use backing::BackError;
pub(crate) use backing::{Keep, back, unback};
pub use bitmap::{Bit, Bitmap, FindError, MarkError};
pub use layout::{BITMAP_WORDS, GRAINS_MAX, LISTS_MAX, MemsegList};
pub use list::{List, PATH_BYTES, Path, list_flags};
pub use lists::{AddListError, LIST_ALIGN, ListConfig, MemsegLists, Totals};
pub use walk::Run;
