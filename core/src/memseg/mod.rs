//! Memseg lists: the memory a group has.
mod layout;
pub use layout::{BITMAP_WORDS, GRAINS_MAX, LISTS_MAX, MemsegList};
