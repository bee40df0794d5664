//! Whether somebody has queues of a port: what may not be done to it then.

use super::error::{Doing, PortError, Somebody};
use super::kinds::Direction;
use super::port::Port;
use crate::group::ProcessId;
use crate::lock::Transaction;

impl Port {
    /// Refuses while somebody who lives has a queue that leads from it or to it.
    pub(super) fn check_idle(&self, tx: &Transaction, doing: Doing) -> Result<(), PortError> {
        let both = [Direction::Rx, Direction::Tx];
        let own = self.held_queue(&both).map(|held| (self.name(), held));
        let leading = || {
            let peer = self.peer_in(tx)?;
            // Who is parted from it hears it no more either.
            let parted = if matches!(doing, Doing::Close | Doing::Detach) {
                &both[..]
            } else {
                &[Direction::Tx]
            };
            Some((peer.name(), peer.held_queue(parted)?))
        };
        let Some((of, (direction, queue, who))) = own.or_else(leading) else { return Ok(()) };
        let by = Somebody::of(&self.group, who);
        Err(PortError::Busy { name: self.name(), doing, direction, queue, of, by })
    }

    /// Refuses while somebody who lives has one of its own queues.
    pub(super) fn check_unheld(&self, doing: Doing) -> Result<(), PortError> {
        let Some((direction, queue, who)) = self.held_queue(&[Direction::Rx, Direction::Tx]) else {
            return Ok(());
        };
        let (name, by) = (self.name(), Somebody::of(&self.group, who));
        Err(PortError::Busy { name, doing, direction, queue, of: name, by })
    }

    /// The first queue that somebody who lives has.
    fn held_queue(&self, of: &[Direction]) -> Option<(Direction, u16, ProcessId)> {
        let claimed = of.iter().flat_map(|direction| {
            self.claims(*direction).map(|(queue, who)| (*direction, queue, who))
        });
        claimed.into_iter().find(|(_, _, who)| self.group.is_alive(*who))
    }
}
