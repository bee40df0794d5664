//! `PortFault`: what is wrong with a port's state.

use core::fmt;

use crate::name::Name;
use crate::port::layout::{ARGS_MAX, PORTS_MAX, QUEUES_MAX};

/// What is wrong with a port's state: something has written over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortFault {
    /// It does not lie in the window, aligned to 128 bytes.
    Place {
        /// Bytes from the window's start.
        at: u64,
    },
    /// It has no port's magic.
    Magic {
        /// What stands there.
        found: u64,
    },
    /// Its id is none.
    Id {
        /// The id.
        found: u32,
    },
    /// It says that it has, or may have, more queues than any port.
    Queues {
        /// Rx queues, at most.
        rx_max: u32,
        /// Tx queues, at most.
        tx_max: u32,
        /// Rx queues.
        rx: u32,
        /// Tx queues.
        tx: u32,
    },
    /// It says that its arguments are longer than they can be.
    Args {
        /// Their length.
        len: u32,
    },
    /// Its phase is none.
    Phase,
    /// Its RSS table names a queue that it does not have.
    RssTable {
        /// The entry, 0..128.
        entry: usize,
        /// The queue it names.
        queue: u8,
        /// How many Rx queues the port has.
        queues: u16,
    },
    /// The way in which it does bursts is none.
    Burst,
    /// It is joined with a port that is not joined with it, or that there is not.
    Peer {
        /// That port's id.
        peer: u16,
    },
    /// Another port has its id.
    IdTwice {
        /// The id.
        id: u16,
        /// That port.
        other: Name,
    },
}

impl fmt::Display for PortFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { at } => write!(f, "it does not lie at +{at:#x}"),
            Self::Magic { found } => {
                write!(f, "{found:#018x} stands where a port's magic should")
            }
            Self::Id { found } => write!(f, "its id is {found}, and ids are below {PORTS_MAX}"),
            Self::Queues { rx_max, tx_max, rx, tx } => write!(
                f,
                "it has {rx} Rx queues of {rx_max} and {tx} Tx queues of {tx_max}, and {QUEUES_MAX} are the most"
            ),
            Self::Args { len } => {
                write!(f, "its arguments have {len} bytes, and {ARGS_MAX} are the most")
            }
            Self::Phase => f.write_str("its phase is none"),
            Self::RssTable { entry, queue, queues } => write!(
                f,
                "entry {entry} of its RSS table names queue {queue}, and it has {queues} Rx queues"
            ),
            Self::Burst => f.write_str("the way in which it does bursts is none"),
            Self::Peer { peer } => {
                write!(f, "it is joined with port {peer}, which is not joined with it")
            }
            Self::IdTwice { id, other } => write!(f, "its id {id} is also that of {other}"),
        }
    }
}
