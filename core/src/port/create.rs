//! Creating a port.

use super::attention::STOPPED;
use super::error::{Doing, PortError};
use super::kinds::{BurstMode, DriverKind, PortPhase};
use super::layout::{ARGS_MAX, PORT_MAGIC, PORTS_MAX, PortState, QUEUES_MAX};
use super::link::Link;
use super::mac::MacAddress;
use super::port::Port;
use super::ring::{RING_NAME_MAX, queues_of};
use super::rss::write_bytes;
use crate::directory::{
    CreateError, Found, Identity, Kind, create_in, find_in, finish, next_in, rename,
};
use crate::group::Group;
use crate::heap::{AllocRequest, Node};
use crate::lock::Transaction;
use crate::name::Name;
use crate::recovery::{About, EventKind, note_port};
use crate::shared::ElementLayout;

/// What a port shall be.
#[derive(Clone, Copy, Debug)]
pub struct PortConfig<'a> {
    /// Its driver.
    pub driver: DriverKind,
    /// The driver's arguments, at most 512 bytes: what follows the name in `--vdev`.
    pub args: &'a str,
    /// How many Rx queues it may have, 1..=64; of net_ring at most 16.
    pub rx_max: u16,
    /// How many Tx queues it may have, 1..=64; of net_ring at most 16.
    pub tx_max: u16,
    /// The NUMA node that its device is near; `None` if that is not known, or it has none. What the port
    /// has in memory lies there, if there is room.
    pub node: Option<u32>,
    /// Its MAC address; `None` for one made of its id.
    pub mac: Option<MacAddress>,
    /// The longest payload in bytes.
    pub mtu: u32,
}

impl PortConfig<'_> {
    /// A port of `driver` with no arguments and as many queues as can be.
    pub fn new(driver: DriverKind) -> Self {
        let most = QUEUES_MAX as u16;
        Self { driver, args: "", rx_max: most, tx_max: most, node: None, mac: None, mtu: 1500 }
    }

    fn check(&self, name: Name) -> Result<(), PortError> {
        use super::kinds::Direction::{Rx, Tx};
        if self.args.len() > ARGS_MAX {
            return Err(PortError::ArgsTooLong { name, len: self.args.len() });
        }
        if self.driver == DriverKind::Ring && name.as_str().len() > RING_NAME_MAX {
            return Err(PortError::RingName { name });
        }
        let max = QUEUES_MAX as u16;
        for (direction, asked) in [(Rx, self.rx_max), (Tx, self.tx_max)] {
            if asked == 0 || asked > max {
                return Err(PortError::Queues { name, direction, asked, max });
            }
        }
        Ok(())
    }
}

impl Port {
    /// Creates the port `name`, which this process owns. It has no queues and does not run. Its id is
    /// the lowest that no port has. What a closed port has left is used again, one of this name first.
    ///
    /// Cost: the group's lock, and a heap allocation. Answers DV-2, DV-9.
    #[doc(alias = "rte_eth_dev_allocate")]
    pub fn create(group: &Group, name: &str, config: &PortConfig<'_>) -> Result<Self, PortError> {
        let port = Self::made(group, name, config, PortPhase::Created)?;
        crash_point!("port: it is created");
        note_port(group, EventKind::PortAdded, About::port(&port));
        Ok(port)
    }

    /// Makes a port that has come so far.
    pub(super) fn made(
        group: &Group,
        name: &str,
        config: &PortConfig<'_>,
        phase: PortPhase,
    ) -> Result<Self, PortError> {
        let name = Name::new(name)?;
        config.check(name)?;
        if group.is_observer() {
            return Err(PortError::Observer { doing: Doing::Create });
        }
        let tx = group.begin()?;
        let made = make(&tx, name, config, phase);
        finish(tx, made)
    }
}

fn make(
    tx: &Transaction,
    name: Name,
    config: &PortConfig<'_>,
    phase: PortPhase,
) -> Result<Port, PortError> {
    let id = free_id(tx).ok_or(PortError::TooMany { name })?;
    let old = find_in(tx, name).or_else(|| closed(tx, config.node));
    if let Some(mut old) = old.filter(|old| old.kind == Kind::Port)
        && let Ok(port) = Port::attach(tx.group(), &old)
        && port.is_none()
    {
        // Of one that was removed by force somebody may have a queue still.
        port.check_unheld(Doing::Create)?;
        if port.is_current() {
            port.take_away(tx)?;
        }
        if old.name != name {
            old = rename(tx, &old, name).map_err(CreateError::Journal)?;
        }
        let generation = port.state.generation.observe().wrapping_add(1);
        format(tx, port.state, (id, generation), &old, (config, phase))?;
        return Port::attach(tx.group(), &old);
    }
    let what =
        Identity { name, kind: Kind::Port, element: const { ElementLayout::of::<PortState>() } };
    let memory = AllocRequest {
        node: config.node.map_or(Node::Any, Node::Prefer),
        align: 128,
        ..AllocRequest::new(size_of::<PortState>() as u64)
    };
    let (_, port) = create_in(tx, &what, &memory, |tx, found| {
        let damaged = PortError::Gone { name };
        let state = tx.group().window().resolve(found.at.cast()).ok_or(damaged)?;
        format(tx, state, (id, 1), found, (config, phase))?;
        Port::attach(tx.group(), found)
    })?;
    Ok(port)
}

/// The state of a port that there is no more, of whatever name, which nobody has a queue of: near `node`, if that
/// is said.
fn closed(tx: &Transaction, node: Option<u32>) -> Option<Found> {
    let mut from = 0;
    loop {
        let found = next_in(tx, from)?;
        from = found.index + 1;
        if found.kind == Kind::Port
            && node.is_none_or(|node| node == found.node)
            && let Ok(port) = Port::attach(tx.group(), &found)
            && port.is_none()
            && port.check_unheld(Doing::Create).is_ok()
        {
            return Some(found);
        }
    }
}

/// The lowest id that no port has.
fn free_id(tx: &Transaction) -> Option<u16> {
    // One that nobody will ever find has none.
    let there = Port::all_in(tx).filter(|port| !port.is_none());
    let taken = there.fold(0u32, |taken, port| taken | 1 << port.id());
    let id = taken.trailing_ones();
    (id < PORTS_MAX as u32).then_some(id as u16)
}

/// Writes every word of a port; its phase last, by which it is there.
fn format(
    tx: &Transaction,
    state: &PortState,
    (id, generation): (u16, u64),
    found: &Found,
    (config, phase): (&PortConfig<'_>, PortPhase),
) -> Result<(), PortError> {
    state.generation.publish(generation);
    crash_point!("port: its generation is written");
    for (to, from) in state.name.iter().zip(found.name.to_words()) {
        to.set(from);
    }
    state.id.set(u32::from(id));
    state.driver.set(config.driver as u32);
    state.rx_queues.set(0);
    state.tx_queues.set(0);
    state.rx_max.set(u32::from(queues_of(config.driver, config.rx_max)));
    state.tx_max.set(u32::from(queues_of(config.driver, config.tx_max)));
    state.node.set(config.node.unwrap_or(u32::MAX));
    write_bytes(&state.args, config.args.as_bytes());
    state.args_len.set(config.args.len() as u32);
    state.mac.set(config.mac.unwrap_or(MacAddress::of_id(id)).to_word());
    state.mtu.set(config.mtu);
    state.promiscuous.set(1);
    state.burst.set(BurstMode::Plain as u32);
    state.link.publish(Link::DOWN.to_word());
    state.attention.publish(STOPPED);
    state.driver_words.iter().for_each(|word| word.set(0));
    for word in [&state.missed, &state.missed_zero, &state.damaged, &state.damaged_zero] {
        word.set(0);
    }
    for line in &state.rx {
        line.claim.publish(0);
        line.cursor.publish(0);
        for word in [&line.packets, &line.bytes, &line.errors, &line.no_mbuf, &line.done] {
            word.set(0);
        }
        line.zero.iter().for_each(|word| word.set(0));
    }
    for line in &state.tx {
        line.claim.publish(0);
        line.cursor.publish(0);
        for word in [&line.packets, &line.bytes, &line.dropped] {
            word.set(0);
        }
        line.zero.iter().for_each(|word| word.set(0));
    }
    state.going.publish(0);
    state.owner.publish(tx.group().me().pack());
    crash_point!("port: its words are written");
    let set = |word, value| tx.set(word, value).map_err(CreateError::Journal);
    set(&state.peer, 0)?;
    set(&state.phase, phase as u64)?;
    // Pairs with the `observe` in `checked`.
    state.magic.publish(PORT_MAGIC);
    Ok(())
}
