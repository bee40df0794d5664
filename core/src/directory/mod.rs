//! The directory: every named object of the group.
mod layout;
pub use layout::{Directory, ENTRIES_MAX, Entry};
