//! What a server and its clients share, under the names that DPDK's samples give it.
//!
//! ```text
//!   ports ──Rx──► server ──MProc_Client_0_RX──► client 0 ──Tx queue 0──► ports
//!                        └─MProc_Client_1_RX──► client 1 ──Tx queue 1──►
//! ```
//!
//! Everything in here outlives server and clients, as long as one process of the group lives: so a
//! server may be replaced while clients run, and a client comes back to what is in its ring.
//!
//! | file | concept |
//! |---|---|
//! | `layout.rs` | the shared zone: who there is, and what each has counted |
//! | `figures.rs` | the zone's counters at a moment, for people and programs |
//! | `names.rs` | names of shared objects, and sizes |

mod figures;
mod layout;
mod names;

pub use figures::{ClientFigures, Figures, PortFigures};
pub use layout::{ClientSide, PortInfo, ServerSide};
pub use names::{CLIENTS_MAX, INFO, POOL, RING_SIZE, ring_name};
pub use names::{POOL_CACHE, pool_size};
