//! The environment abstraction layer: what happens between `main` and the first packet.
//!
//! [`Eal::init`] takes the argument list and gives back a member of a group: slot, lcores,
//! mapped memory. The order is fixed, and each step undoes itself if a later one fails:
//!
//! ```text
//!   arguments → role (role.rs) → create (create.rs) | join (join.rs) → memory (memory/)
//!             → lcores (lcores.rs) → messages (../message/) → pin the main thread → live, and for a
//!             creator: Ready
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `options/` | the command line, under DPDK's names |
//! | `role.rs` | who this process becomes, decided under the start lock |
//! | `standing.rs` | how a group stands: vacant, dead, living |
//! | `create.rs` `join.rs` | the two ways in |
//! | `session.rs` | a stay in a group; dropping it is leaving |
//! | `solo.rs` | a member of one thread, without a standard library: static workers |
//! | `process.rs` `identity.rs` | [`Eal`]; what a process says of itself |
//! | `window.rs` `memory/` `backing.rs` | the window, the lists in it, the files behind them |
//! | `platform.rs` | what the core asks of Linux |
//! | `lcores.rs` | claimed lcores and their threads |
//! | `watch/` | who dies is noticed, reaped, and told of |
//! | `promote/` | the role of primary moves |
//! | `observe.rs` `copy.rs` | looking at a group without being in it; a copy of a dead one |
//! | `clean.rs` | removing what a dead group has left |

#[cfg(feature = "std")]
mod arguments;
mod backing;
#[cfg(feature = "std")]
mod builder;
#[cfg(feature = "std")]
pub mod clean;
#[cfg(feature = "std")]
mod copy;
#[cfg(feature = "std")]
mod create;
mod error;
#[cfg(feature = "std")]
mod finish;
mod identity;
mod join;
#[cfg(feature = "std")]
mod lcores;
pub mod memory;
#[cfg(feature = "std")]
mod notice;
#[cfg(feature = "std")]
mod observe;
pub mod options;
mod platform;
#[cfg(feature = "std")]
mod plug;
#[cfg(feature = "std")]
mod process;
#[cfg(feature = "std")]
pub mod promote;
#[cfg(feature = "std")]
mod role;
mod session;
mod solo;
mod standing;
#[cfg(feature = "std")]
pub mod watch;
mod window;

#[cfg(feature = "std")]
pub use arguments::process_arguments;
#[cfg(feature = "std")]
pub use builder::{EalBuilder, Fallback, Logging, MessageService};
pub use error::EalError;
pub use identity::Identity;
#[cfg(feature = "std")]
pub use lcores::{LaunchError, Launched, Lcores, WorkerPanicked};
#[cfg(feature = "std")]
pub use notice::Notice;
#[cfg(feature = "std")]
pub use observe::{ObserveError, Observer};
#[cfg(feature = "defmt")]
pub(crate) use platform::PLATFORM;
#[cfg(feature = "std")]
pub(crate) use platform::watch_process;
#[cfg(feature = "std")]
pub use process::Eal;
pub use solo::{Solo, Stay};
pub use standing::GROUP_FILE;
