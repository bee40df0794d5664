//! Ports: where packets come in and go out, owned by one process and used by many.
//!
//! ```text
//!   PortState (shared)                              in each process
//!   facts · owner · phase · link · RSS · attention    Port: a handle, by name or id
//!   Rx line 0 · Rx line 1 · …   claim, counts  ──────  RxQueue<D>: a claim and a driver
//!   Tx line 0 · Tx line 1 · …   claim, counts  ──────  TxQueue<D>
//! ```
//!
//! A port is state that all see, and a driver in each process that uses it. Its **owner** (who created or
//! adopted it) configures, starts, stops and closes it; anybody takes a queue that nobody has. No death
//! and no leaving closes a port: it is *orphaned* then, workers go on, and a new primary
//! [adopts](Port::adopt) it (W-65).
//!
//! # Decisions
//!
//! - **The driver is a type**, chosen when a queue is opened, by what the shared state says
//!   ([`BurstMode`], W-41): no table of functions, per process or shared, and one way for all roles.
//! - **Each queue is claimed** by one process; a second claim is refused by name (DV-12).
//! - **Each statistic has one writer**, the claimant, and counts on whoever that is. Setting to zero is
//!   remembering where it stood.
//! - **A burst looks at one word** to learn whether the port runs and whether somebody captures.
//! - **A closed port's state is the next port's**, of whatever name: a handle on it, in whatever process, finds by
//!   a number that it is another, and never reads somebody else's memory.
//! - **Attached and detached in one write.** One that is [being attached](Port::begin) is found by nobody until its
//!   phase says that it is there ([`Port::admit`]); one that is [going](Port::announce_going) gives no queue
//!   to anybody, and is as it was if who removes it dies or thinks better of it.
//! - **Who has Rx queues of devices may sleep on them** ([`RxSleep`]): the owner hears the device, and rouses.
//! - **RSS is here** ([`Rss`]), for drivers whose device cannot: symmetric processes always share flows.
//!
//! # Crash points
//!
//! | killed after | state left | who repairs | lost |
//! |---|---|---|---|
//! | create: its words are written | lock of the dead, the directory's words (or the phase of a closed port) in the journal | next to lock: there is no port | nothing |
//! | create: it is there, not announced | a port of a dead owner | the reaper announces it as orphaned; who adopts it | the event |
//! | configure: it has no queues, its words are half written | a port that is created, and does not run | who adopts it configures it | what was configured before |
//! | start: the phase is written, the port runs or not | phase in the journal, or not | who adopts it lets it run as its phase says | nothing |
//! | stop: it does not run, its phase is not written | as above | as above | nothing |
//! | start, stop, configure: the link is turned, the phase is not | phase in the journal | next to lock; who adopts it turns the link back | nothing |
//! | the link is changed, not announced | the link is another | nobody need: who reads it sees it | the event |
//! | create: it is there, not joined with the peer that its arguments name | a port whose Tx queues are refused | who starts with its switch, or adopts it, joins it | nothing |
//! | join: one end is written | lock of the dead, both ends in the journal | next to lock: neither is joined | nothing |
//! | close: its phase is written | as above, or it is gone | next to lock | the event |
//! | begin: it is made, and not there | a port that nobody finds, of a dead owner | the reaper, or who makes one of its name: there is no port | nothing |
//! | admit: its phase is written | phase in the journal | next to lock: as above | nothing |
//! | admit: it is there, not announced | a port of a dead owner | as of create | the event |
//! | give up: the word is written | a port that nobody finds, of a dead owner | as of begin | nothing |
//! | going: the word is written, announced or not | the dead one's name in it, which says nothing | nobody need: the port is as it was; who adopts it clears the word | that it stays |
//! | unplug: it does not run, its phase is not written | phase in the journal | next to lock; who adopts it lets it run | nothing |
//! | unplug: it is removed, some have queues of it | bursts that do nothing; its name is not to be had | these let go, or die | nothing |
//! | adopt: the owner's word is swapped | a port of a dead owner | who adopts it next | the event |
//! | a queue is claimed | a claim of a dead process | next to claim it; the reaper | nothing |
//! | a burst: packets are in its hand, or half counted | their tags name it | the reaper; the count lacks a burst | nothing |
//! | reap: some queues are free, its ports announced or not | so they are found | the next reaper, who may announce them again, but none that is adopted | nothing |

mod adopt;
mod args;
mod attention;
pub mod capture;
mod claim;
mod create;
mod driver;
mod error;
mod facts;
pub mod filter;
mod find;
mod flow;
mod held;
mod join;
mod kinds;
mod layout;
mod link;
mod link_change;
mod mac;
mod null;
mod owner;
mod plug;
#[expect(clippy::module_inception, reason = "the handle is named like the concept")]
mod port;
mod queue;
mod recover;
mod ring;
mod ring_of;
pub mod rss;
mod setup;
mod sleep;
mod stats;
#[cfg(test)]
mod tests;
mod unseen;

pub use args::Args;
pub use claim::{RxClaim, TxClaim};
pub use create::PortConfig;
pub use driver::{RxDriver, TxDriver};
pub use error::{Doing, PortError, PortFault, QueueError, Somebody};
pub use facts::PortFacts;
pub use kinds::{BurstMode, Direction, DriverKind, PortPhase};
pub use layout::{
    ARGS_MAX, DRIVER_WORDS, PORT_MAGIC, PORTS_MAX, PortState, QUEUES_MAX, RSS_KEY, RSS_TABLE,
    RxLine, TxLine,
};
pub use link::{Duplex, Link, LinkState, SPEED_VIRTUAL};
pub use mac::MacAddress;
pub use null::{Copying, NULL_SIZE, NullArgs, NullRx, NullTx, Source};
pub use plug::Holder;
pub use port::Port;
pub use queue::{RxQueue, TxQueue};
pub(crate) use recover::{drop_queues, inspect_port, port_of};
pub use ring::{RING_NAME_MAX, RING_QUEUES_MAX, RING_SIZE, RingOpenError, RingRx, RingTx};
pub use rss::{Rss, RssSetup};
pub use setup::{PortSetup, Promiscuous};
pub use sleep::{NobodyRouses, RxSleep};
pub use stats::{PortStats, RxStats, TxStats};
