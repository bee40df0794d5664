//! What the demo's processes share: the primary in `phalanx demo`, and its workers, which are
//! static programs where those are built and `phalanx` itself where not.
//!
//! | file | concept |
//! |---|---|
//! | `packet.rs` | what travels, and what a worker does to it |
//! | `control.rs` | what the processes share beside ports and pool |
//! | `hands.rs` | a worker's work |
#![cfg_attr(not(test), no_std)]

mod control;
mod hands;
mod packet;

pub use control::{BURST, CONTROL, Control, Lane, POOL, WORKERS, WorkerLine};
pub use hands::{Hands, HandsError, ROUNDS_A_LOOK, pool};
pub use packet::{DATA_BYTES, NOTE_BYTES, Note, fill, is_turned};
