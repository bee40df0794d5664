//! The ports of a mask, and making them run.

use core::fmt;

use phalanx_core::group::Group;
use phalanx_core::heap::Node;
use phalanx_core::port::{Port, PortError, PortPhase, PortSetup};
use phalanx_linux::port::{Ports, SetUpError};

use crate::mask::PortMask;

/// The ports that a program uses.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Those of the mask, the lowest id first: an even number, at least two.
    pub ports: Vec<Port>,
    /// Bits of the mask that no port has.
    pub leftover: u64,
}

/// Why a program has no ports to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChooseError {
    /// The group has none.
    NoPorts,
    /// The mask names none of those there are.
    NoneOfThem {
        /// The mask.
        mask: u64,
        /// Ids of the ports that there are.
        there: Vec<u16>,
    },
    /// Packets pass from one of a pair to the other.
    Odd {
        /// How many the mask names.
        count: usize,
    },
    /// They could not be listed.
    Port(PortError),
}

impl fmt::Display for ChooseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPorts => f.write_str(
                "No Ethernet ports - bye (the primary makes them: --vdev net_ring0 --vdev net_ring1, for example)",
            ),
            Self::NoneOfThem { mask, there } => write!(
                f,
                "the mask {mask:#x} names no port that is there; the ports have the ids {there:?}"
            ),
            Self::Odd { count } => write!(
                f,
                "Application must use an even number of ports (the mask names {count} that are there)"
            ),
            Self::Port(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ChooseError {}

impl From<PortError> for ChooseError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// The ports of `group` that `mask` names.
///
/// # Errors
/// [`ChooseError`].
pub fn choose(group: &Group, mask: PortMask) -> Result<Chosen, ChooseError> {
    let there: Vec<Port> = Port::all(group)?.collect();
    if there.is_empty() {
        return Err(ChooseError::NoPorts);
    }
    let ids: Vec<u16> = there.iter().map(Port::id).collect();
    let ports: Vec<Port> = there.into_iter().filter(|port| mask.has(port.id())).collect();
    match ports.len() {
        0 => Err(ChooseError::NoneOfThem { mask: mask.bits(), there: ids }),
        count if count % 2 != 0 => Err(ChooseError::Odd { count }),
        _ => Ok(Chosen { ports, leftover: mask.leftover(ids) }),
    }
}

/// Where buffers for `ports` lie best: near the first whose device is near a node.
pub fn near(ports: &[Port]) -> Node {
    ports.iter().find_map(Port::node).map_or(Node::Any, Node::Prefer)
}

/// How a port was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It ran as wanted, and was left alone: others may be using it.
    AsItWas,
    /// It was configured and started.
    Anew,
}

/// Makes a port that is this process's run with so many queues; one that does is left alone.
///
/// # Errors
/// [`SetUpError`], for example of a port whose owner is another process, or whose queues are in use.
pub fn make_run(
    ports: Ports,
    port: &Port,
    rx_queues: u16,
    tx_queues: u16,
) -> Result<Ready, SetUpError> {
    let has_queues = (port.rx_queues(), port.tx_queues()) == (rx_queues, tx_queues);
    if has_queues && port.phase() == PortPhase::Started {
        return Ok(Ready::AsItWas);
    }
    ports.configure(port, &PortSetup::queues(rx_queues, tx_queues))?;
    ports.start(port)?;
    Ok(Ready::Anew)
}
