//! The group's memory on Linux: which lists it has, the files behind them, their place in the
//! window.
//!
//! | file | concept |
//! |---|---|
//! | `plan.rs` | from what there is and what was asked for to the lists, pure |
//! | `sources.rs` | what there is: hugepages by size and node, or small pages |
//! | `create.rs` | making the lists and their files, pinning what was asked for |
//! | `map.rs` | every list into the window, every backed page prefaulted |
//! | `error.rs` | running out, in pages, and how to get more |

#[cfg(feature = "std")]
mod create;
mod error;
mod map;
#[cfg(feature = "std")]
pub mod plan;
#[cfg(feature = "std")]
mod sources;

#[cfg(feature = "std")]
pub(super) use create::{create_all, unlink_all};
pub use error::MemoryError;
pub(super) use map::map_all;
#[cfg(feature = "std")]
pub(super) use map::map_read_only;
