//! Finding ports: by name, by id, all of them; and what is checked of one that the directory has.

use super::error::{PortError, PortFault, Somebody};
use super::kinds::{DriverKind, PortPhase};
use super::layout::{ARGS_MAX, PORT_MAGIC, PORTS_MAX, PortState, QUEUES_MAX};
use super::port::Port;
use crate::directory::{self, Found, Identity, Kind, next_in};
use crate::group::Group;
use crate::lock::Transaction;
use crate::name::Name;
use crate::shared::ElementLayout;

/// A generation that no port has.
const NEVER: u64 = 0;

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
        Self::all_that(group, |port| port.is_current() && !port.is_none())
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
            _ if state.phase() == PortPhase::Removed => NEVER,
            // It was made anew, and is called otherwise.
            _ if state.name.each_ref().map(|word| word.get()) != name.to_words() => NEVER,
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
