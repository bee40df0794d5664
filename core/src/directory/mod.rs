//! The directory: every named object of the group.
//!
//! One namespace for all kinds. An entry says what the object is (kind, element layout), where
//! it lies, who made it, and which tenant of the entry it is. So a lookup as another kind or
//! with other elements is an error and not a corruption (decision 8); a kind needs no list of
//! its own that both sides must have linked in (W-40); and a name left over by a dead process
//! can be attached to or destroyed (W-17).
//!
//! Nothing is visible before it is whole: [`create`] allocates, formats and enters an object
//! in one transaction, and an error or a death anywhere in it leaves nothing (W-49).
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | the memory is allocated | lock of the dead, the heap's words in the journal | next to lock | nothing |
//! | the memory is zeroed or formatted | as above; the bytes lie in what is free again | next to lock | nothing |
//! | some words of the entry are written | as above, the entry's words in the journal too | next to lock | nothing |
//! | `kind` is written | as above: members wait for the lock, observers see an odd version | next to lock | nothing |
//! | the journal is emptied (commit) | the object stands, whole | next to lock | nothing |
//! | a destroyed entry's `kind` is 0, its memory not free | lock of the dead | next to lock: the object is back | nothing |

mod change;
mod create;
mod destroy;
mod entry;
mod kind;
mod layout;
mod lookup;
mod nearest;
mod read;
#[cfg(test)]
mod tests;

pub(crate) use change::check_vacant;
#[cfg(test)]
pub(crate) use change::insert;
pub use change::{CreateError, current_in};
pub(crate) use change::{remove, rename};
pub(crate) use create::finish;
pub use create::{Obtained, create, create_in, create_or_attach};
pub use destroy::{DestroyError, anyone_may, destroy, destroy_exactly};
pub use entry::{Found, Identity, NewEntry};
pub use kind::Kind;
pub use layout::{Directory, ENTRIES_MAX, Entry};
pub use lookup::{LookupError, lookup, lookup_kind};
pub use read::{ReadError, find, find_in, is_current, walk};
pub(crate) use read::{glance, glance_calm, glance_next, glance_settled, next_in};
