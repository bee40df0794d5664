//! `PortFacts`: all that a port says of itself, at one moment.

use super::error::Somebody;
use super::kinds::{BurstMode, DriverKind, PortPhase};
use super::layout::QUEUES_MAX;
use super::link::Link;
use super::mac::MacAddress;
use super::port::Port;
use crate::group::ProcessId;
use crate::name::Name;

/// What a port is. A copy.
#[doc(alias = "rte_eth_dev_info")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortFacts {
    /// Its name.
    pub name: Name,
    /// Its id, 0..32.
    pub id: u16,
    /// Its driver.
    pub driver: DriverKind,
    /// How many Rx queues it may have.
    pub rx_max: u16,
    /// How many Tx queues it may have.
    pub tx_max: u16,
    /// The NUMA node that its device is near; `None` if that is not known, or it has none.
    pub node: Option<u32>,
    /// Who owns it.
    pub owner: Somebody,
    /// Whether that process is gone: then a new primary adopts it.
    pub is_orphaned: bool,
    /// How far it has come.
    pub phase: PortPhase,
    /// How packets come and go.
    pub burst: BurstMode,
    /// Its link.
    pub link: Link,
    /// Its MAC address.
    pub mac: MacAddress,
    /// The longest payload in bytes.
    pub mtu: u32,
    /// Whether it takes frames for others.
    pub is_promiscuous: bool,
    /// How many Rx queues it has.
    pub rx_queues: u16,
    /// How many Tx queues it has.
    pub tx_queues: u16,
    /// The id of the port that it is joined with (net_ring).
    pub peer: Option<u16>,
}

impl Port {
    /// All of it at once. A system call, for its owner.
    #[doc(alias = "rte_eth_dev_info_get")]
    pub fn facts(&self) -> PortFacts {
        let state = self.state;
        let small = |word: u32| word.min(QUEUES_MAX as u32) as u16;
        PortFacts {
            name: self.name(),
            id: self.id(),
            driver: self.driver,
            rx_max: small(state.rx_max.get()),
            tx_max: small(state.tx_max.get()),
            node: self.node(),
            owner: Somebody::of(&self.group, self.owner().unwrap_or(ProcessId::OBSERVER)),
            is_orphaned: self.is_orphaned(),
            phase: self.phase(),
            burst: self.burst_mode(),
            link: self.link(),
            mac: MacAddress::from_word(state.mac.get()),
            mtu: state.mtu.get(),
            is_promiscuous: state.promiscuous.get() != 0,
            rx_queues: self.rx_queues(),
            tx_queues: self.tx_queues(),
            peer: self.peer(),
        }
    }
}
