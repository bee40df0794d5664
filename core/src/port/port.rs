//! `Port`: a handle on a port, and what anybody may ask of it.

use core::fmt;

use super::args::Args;
use super::error::{PortError, PortFault, Somebody};
use super::kinds::{BurstMode, DriverKind, PortPhase};
use super::layout::{ARGS_MAX, PORT_MAGIC, PORTS_MAX, PortState, QUEUES_MAX, RxLine, TxLine};
use super::link::Link;
use super::rss::Rss;
use crate::directory::{self, Found, Identity, Kind, next_in};
use crate::group::{Group, ProcessId};
use crate::lock::Transaction;
use crate::name::Name;
use crate::shared::ElementLayout;

/// A generation that no port has.
const NEVER: u64 = 0;

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
    name: Name,
    id: u16,
    pub(super) driver: DriverKind,
    generation: u64,
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
    fn phase(&self) -> PortPhase {
        PortPhase::from_word(u32::try_from(self.phase.get()).unwrap_or(u32::MAX))
    }

    /// Whether it is closed, or not there yet.
    fn is_removed(&self) -> bool {
        self.phase() == PortPhase::Removed
    }
}

impl Port {
    /// The port called `name`. Takes the lock (members).
    #[doc(alias = "rte_eth_dev_get_by_name")]
    #[doc(alias = "rte_eth_dev_attach_secondary")]
    pub fn lookup(group: &Group, name: &str) -> Result<Self, PortError> {
        let name = Name::new(name)?;
        let element = const { ElementLayout::of::<PortState>() };
        let found = directory::lookup(group, &Identity { name, kind: Kind::Port, element })?;
        let port = Self::attach(group, &found)?;
        match port.owner().filter(|owner| port.is_coming() && group.is_alive(*owner)) {
            Some(by) => Err(PortError::Coming { name, by: Somebody::of(group, by) }),
            None if port.is_there() => Ok(port),
            None => Err(PortError::Gone { name }),
        }
    }

    /// The port with the id `id`. Takes the lock once an object of the group (members).
    pub fn by_id(group: &Group, id: u16) -> Result<Self, PortError> {
        Self::all(group)?.find(|port| port.id() == id).ok_or(PortError::NoSuchId { id })
    }

    /// Every port, the lowest id first; one that something has written over is left out. Cost as of
    /// [`by_id`](Self::by_id).
    #[doc(alias = "RTE_ETH_FOREACH_DEV")]
    pub fn all(group: &Group) -> Result<impl Iterator<Item = Self> + use<>, PortError> {
        Self::all_that(group, Self::is_there)
    }

    /// As [`all`](Self::all), with those that are being attached, which nobody has yet.
    pub fn all_and_coming(group: &Group) -> Result<impl Iterator<Item = Self> + use<>, PortError> {
        Self::all_that(group, Self::is_current)
    }

    fn all_that(
        group: &Group,
        is_meant: fn(&Self) -> bool,
    ) -> Result<impl Iterator<Item = Self> + use<>, PortError> {
        let mut ports = [None; PORTS_MAX];
        directory::walk(group, |found| {
            if found.kind == Kind::Port
                && let Ok(port) = Self::attach(group, found)
                && is_meant(&port)
                && let Some(slot) = ports.get_mut(usize::from(port.id))
            {
                *slot = Some(port);
            }
        })?;
        Ok(ports.into_iter().flatten())
    }

    /// A handle on what the directory has, checked. It may be removed.
    pub(crate) fn attach(group: &Group, found: &Found) -> Result<Self, PortError> {
        let (name, group) = (found.name, *group);
        let state = checked(&group, found).map_err(|fault| PortError::Damaged { name, fault })?;
        let generation = match state.generation.observe() {
            // If it is made anew now, what follows is of the old one still.
            _ if state.is_removed() => NEVER,
            generation => generation,
        };
        let driver = DriverKind::from_word(state.driver.get());
        // Below 32: `checked` has seen to it. A port that is made anew has the same state, but no handle.
        let id = state.id.get() as u16 % PORTS_MAX as u16;
        Ok(Self { group, state, name, id, driver, generation })
    }

    /// Every port that is no removed one, seen by whoever holds the lock.
    pub(super) fn all_in(tx: &Transaction) -> impl Iterator<Item = Self> + '_ {
        let mut from = 0;
        core::iter::from_fn(move || {
            loop {
                let found = next_in(tx, from)?;
                from = found.index + 1;
                if found.kind == Kind::Port
                    && let Ok(port) = Self::attach(tx.group(), &found)
                    && port.is_current()
                {
                    return Some(port);
                }
            }
        })
    }

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

/// The state that `found` says lies there, if it is one of a port.
pub(super) fn checked(group: &Group, found: &Found) -> Result<&'static PortState, PortFault> {
    let at = found.at.get();
    let state: &PortState =
        group.window().resolve(found.at.cast()).ok_or(PortFault::Place { at })?;
    // Pairs with the `publish` in `create`: who sees the magic sees the rest.
    let magic = state.magic.observe();
    if magic != PORT_MAGIC {
        return Err(PortFault::Magic { found: magic });
    }
    let id = state.id.get();
    if id >= PORTS_MAX as u32 {
        return Err(PortFault::Id { found: id });
    }
    let (rx_max, tx_max) = (state.rx_max.get(), state.tx_max.get());
    let (rx, tx) = (state.rx_queues.get(), state.tx_queues.get());
    if rx_max.max(tx_max) > QUEUES_MAX as u32 || rx > rx_max || tx > tx_max {
        return Err(PortFault::Queues { rx_max, tx_max, rx, tx });
    }
    let len = state.args_len.get();
    if len > ARGS_MAX as u32 {
        return Err(PortFault::Args { len });
    }
    let phase = u32::try_from(state.phase.get()).unwrap_or(u32::MAX);
    if PortPhase::from_word(phase) == PortPhase::Unknown {
        return Err(PortFault::Phase);
    }
    Ok(state)
}
