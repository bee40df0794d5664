//! Two ports of net_ring that are joined: what one sends the other receives.

use super::error::{Doing, PortError, Somebody};
use super::kinds::{BurstMode, DriverKind};
use super::port::Port;
use crate::directory::CreateError;
use crate::lock::Transaction;

impl Port {
    /// How packets come to a port with this peer and so many Rx queues.
    pub(super) fn burst_for(&self, peer: Option<u16>, rx_queues: u16) -> BurstMode {
        match (self.driver(), peer) {
            // What it sends by a queue it hears by that queue.
            (DriverKind::Ring, None) => BurstMode::Plain,
            (driver, _) => BurstMode::of(driver, rx_queues),
        }
    }

    /// Joins this port, which is this process's, with `other`: what one sends the other receives. Both
    /// are net_ring's; nobody has queues of them. Nothing, if they are joined. One that is coming is joined
    /// when it is [admitted](Self::admit_joined), for what comes to nothing must part nobody.
    pub fn join(&self, other: &Self) -> Result<(), PortError> {
        let tx = self.owned(Doing::Join)?;
        if self.is_coming() {
            let by = Somebody::of(&self.group, self.group.me());
            return Err(PortError::Coming { name: self.name(), by });
        }
        self.join_in(&tx, other)?;
        tx.commit();
        Ok(())
    }

    /// Joins both in a change that is committed later.
    pub(super) fn join_in(&self, tx: &Transaction, other: &Self) -> Result<(), PortError> {
        let (name, with) = (self.name(), other.name());
        if !other.is_there() {
            return Err(PortError::Gone { name: with });
        }
        for port in [self, other] {
            if port.driver() != DriverKind::Ring || name == with {
                return Err(PortError::CannotJoin { name, with, driver: port.driver() });
            }
        }
        if (self.peer(), other.peer()) == (Some(other.id()), Some(self.id())) {
            return Ok(());
        }
        for port in [self, other] {
            if let Some(to) = port.peer() {
                return Err(PortError::Joined { name, with, which: port.name(), to });
            }
            port.check_idle(tx, Doing::Join)?;
        }
        for (port, peer) in [(self, other), (other, self)] {
            let id = u64::from(peer.id()) + 1;
            tx.set(&port.state.peer, id).map_err(CreateError::Journal)?;
            port.state.burst.set(port.burst_for(Some(peer.id()), port.rx_queues()) as u32);
        }
        Ok(())
    }

    /// The port that it is joined with, seen by whoever holds the lock.
    pub(super) fn peer_in(&self, tx: &Transaction) -> Option<Self> {
        let id = self.peer()?;
        Self::all_in(tx).find(|port| port.id() == id)
    }
}
