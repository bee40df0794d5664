//! Which lcores there are, and on which CPUs each runs.
//!
//! An lcore is a thread of the EAL with an id of its own; a CPU is what the kernel schedules on. Mostly the
//! two have the same number, but an lcore may float over several CPUs, and a machine may have more CPUs
//! than there are lcore ids. So lists of both are kept apart here.
//!
//! | file | concept |
//! |---|---|
//! | `map.rs` | [`LcoreMap`]: lcore ids and their CPU sets |
//! | `list.rs` `list_fault.rs` | the grammar of `--lcores` (`LC-1`), and how a list may break it |
//! | `mask.rs` | the coremask (`OP-2`) |
//! | `select.rs` | from list, mask, affinity and renumbering to the map (`LC-2` to `LC-4`) |

mod list;
mod list_fault;
mod map;
mod mask;
mod select;

pub(super) use list::{Grammar, Item, List, Placement};
pub use list_fault::LcoreFault;
pub use map::{LCORE_MAX, Lcore, LcoreIdOutOfRange, LcoreMap};
pub(super) use mask::parse as parse_mask;
pub use phalanx_core::group::{CPU_MAX, CpuOutOfRange, CpuSet};
pub(super) use select::select;
