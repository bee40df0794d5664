//! `Port`: a handle on a port, and what anybody may ask of it.

use core::fmt;

use super::args::Args;
use super::kinds::{BurstMode, DriverKind, PortPhase};
use super::layout::{PORTS_MAX, PortState, QUEUES_MAX, RxLine, TxLine};
use super::link::Link;
use super::rss::Rss;
use crate::group::{Group, ProcessId};
use crate::name::Name;

/// A port of the group, in the hand of one process. Copies freely, and owns nothing: queues are had by
/// a claim ([`claim_rx`](Self::claim_rx)).
///
/// ```no_run
/// # use phalanx_core::{group::Group, port::{DriverKind, Port, PortConfig, PortSetup}};
/// # fn f(group: &Group) -> Result<(), Box<dyn std::error::Error>> {
/// let port = Port::create(group, "net_null0", &PortConfig::new(DriverKind::Null))?;
/// port.configure(&PortSetup::queues(1, 1))?;
/// port.start()?;
/// assert!(port.link().is_up());
/// let _claim = port.claim_rx(0)?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy)]
pub struct Port {
    pub(super) group: Group,
    pub(super) state: &'static PortState,
    pub(super) name: Name,
    pub(super) id: u16,
    pub(super) driver: DriverKind,
    pub(super) generation: u64,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Port({}, id {})", self.name, self.id)
    }
}

impl PartialEq for Port {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.state, other.state) && self.generation == other.generation
    }
}

impl PortState {
    pub(super) fn phase(&self) -> PortPhase {
        PortPhase::from_word(u32::try_from(self.phase.get()).unwrap_or(u32::MAX))
    }
}

impl Port {
    /// Whether it is still the port that was looked up.
    pub fn is_current(&self) -> bool {
        self.state.generation.observe() == self.generation && self.phase() != PortPhase::Removed
    }

    /// Its name.
    pub fn name(&self) -> Name {
        self.name
    }

    /// Its id, 0..32: what port masks count.
    #[inline]
    pub fn id(&self) -> u16 {
        self.id
    }

    /// Its driver.
    pub fn driver(&self) -> DriverKind {
        self.driver
    }

    /// The group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// How far it has come.
    pub fn phase(&self) -> PortPhase {
        self.state.phase()
    }

    /// Its link. One load.
    #[doc(alias = "rte_eth_link_get_nowait")]
    pub fn link(&self) -> Link {
        Link::from_word(self.state.link.observe())
    }

    /// How packets come and go: what each process's driver does (W-41).
    pub fn burst_mode(&self) -> BurstMode {
        BurstMode::from_word(self.state.burst.get())
    }

    /// How many Rx queues it has.
    pub fn rx_queues(&self) -> u16 {
        if !self.phase().has_queues() {
            return 0;
        }
        self.state.rx_queues.get().min(QUEUES_MAX as u32) as u16
    }

    /// How many Tx queues it has.
    pub fn tx_queues(&self) -> u16 {
        if !self.phase().has_queues() {
            return 0;
        }
        self.state.tx_queues.get().min(QUEUES_MAX as u32) as u16
    }

    /// How it spreads packets over its Rx queues.
    pub fn rss(&self) -> Rss {
        Rss::read(self.state, self.rx_queues().max(1))
    }

    /// Its driver's arguments, as they were given.
    pub fn args(&self) -> Args {
        Args::of(self.state)
    }

    /// A word that the owner's driver keeps for all; 0 if it keeps none there.
    pub fn driver_word(&self, which: usize) -> u64 {
        self.state.driver_words.get(which).map_or(0, |word| word.get())
    }

    /// Who owns it; he may be gone.
    pub fn owner(&self) -> Option<ProcessId> {
        ProcessId::unpack(self.state.owner.observe())
    }

    /// Whether this process owns it.
    pub fn is_mine(&self) -> bool {
        self.owner() == Some(self.group.me())
    }

    /// Whether its owner is gone. A system call.
    pub fn is_orphaned(&self) -> bool {
        !self.owner().is_some_and(|owner| self.group.is_alive(owner))
    }

    /// The id of the port that its packets go to; `None` for itself (net_ring).
    pub fn peer(&self) -> Option<u16> {
        u16::try_from(self.state.peer.get())
            .ok()?
            .checked_sub(1)
            .filter(|id| *id < PORTS_MAX as u16)
    }

    /// The NUMA node that its device is near; `None` if that is not known, or it has none.
    #[doc(alias = "rte_eth_dev_socket_id")]
    pub fn node(&self) -> Option<u32> {
        Some(self.state.node.get()).filter(|node| *node != u32::MAX)
    }

    pub(super) fn rx_line(&self, queue: u16) -> Option<&'static RxLine> {
        self.state.rx.get(usize::from(queue))
    }

    /// The line of Tx queue `queue`, 0..64. For drivers: who has no claim of it only looks.
    pub fn tx_line(&self, queue: u16) -> Option<&'static TxLine> {
        self.state.tx.get(usize::from(queue))
    }
}
