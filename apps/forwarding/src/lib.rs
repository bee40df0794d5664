//! What the forwarding programs share: `symmetric_mp`, where each process does all of the work for its
//! share of the packets, and `mp_server` with `mp_client`, where one receives and others do the rest.
//!
//! | file | concept |
//! |---|---|
//! | `program.rs` | from `main` to a started EAL |
//! | `options.rs` `mask.rs` | the words behind `--` |
//! | `ports.rs` `links.rs` | the ports of a mask, running; their links |
//! | `departures.rs` | ports that are detached meanwhile |
//! | `pass.rs` `outbox.rs` | from a queue to a queue; what waits to be sent |
//! | `faults.rs` | what is wrong with a queue |
//! | `voice.rs` | where it says how it gets on |
//! | `stop.rs` `rest.rs` | what ends a program; how it waits meanwhile |
//! | `client_server/` | what a server and its clients share |

pub mod client_server;
mod departures;
mod faults;
mod links;
mod mask;
mod options;
mod outbox;
mod pass;
mod ports;
mod program;
mod rest;
mod stop;
mod voice;

pub use client_server::CLIENTS_MAX;
pub use departures::{Departures, has_stayed, is_leaving, tell_leaving, tell_stayed};
pub use faults::FaultEar;
pub use links::{await_links, tell_of_links};
pub use mask::PortMask;
pub use options::{BadOption, Given, Known, decimal};
pub use outbox::Outbox;
pub use pass::{BURST, Burst, Passage, Passed};
pub use phalanx_core::port::PORTS_MAX;
pub use ports::{ChooseError, Chosen, Ready, choose, make_run, near};
pub use program::{Program, Run};
pub use rest::Rest;
pub use stop::Stop;
pub use voice::Voice;

/// How many queues a port may have, and so how many processes may share one.
pub const QUEUES_MAX: u16 = phalanx_core::port::QUEUES_MAX as u16;
