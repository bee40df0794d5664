//! What this process has open: which descriptor serves which queue.

use std::sync::{Arc, Weak};

use phalanx_core::name::Name;
use phalanx_core::port::{Direction, DriverKind, Port};
use rustix::fd::OwnedFd;

use super::owned::Descriptors;

/// Which descriptor of a port serves a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) port: Name,
    pub(super) direction: Direction,
    pub(super) queue: u16,
}

impl Key {
    /// That of a queue of `port`.
    ///
    /// A tap's descriptor serves both ways, and there are as many as Rx queues: what this host sends the
    /// kernel spreads over all that there are, so each must be somebody's to read. Tx queues beyond
    /// that share them; what one writes is a whole frame.
    pub(super) fn of(port: &Port, direction: Direction, queue: u16) -> Self {
        let name = port.name();
        match port.driver() {
            DriverKind::Tap => {
                let queue = queue % port.rx_queues().max(1);
                Self { port: name, direction: Direction::Rx, queue }
            }
            _ => Self { port: name, direction, queue },
        }
    }

    /// All that a port has as it is configured now.
    pub(super) fn all(port: &Port) -> Vec<Self> {
        let has_queues = port.phase().has_queues();
        let (rx, tx) = match port.driver() {
            // Its interface is there from the beginning.
            DriverKind::Tap if has_queues => (port.rx_queues().max(1), 0),
            DriverKind::Tap => (1, 0),
            DriverKind::AfPacket if has_queues => (port.rx_queues(), port.tx_queues()),
            _ => (0, 0),
        };
        let rx = (0..rx).map(|queue| (Direction::Rx, queue));
        let tx = (0..tx).map(|queue| (Direction::Tx, queue));
        rx.chain(tx)
            .map(|(direction, queue)| Self { port: port.name(), direction, queue })
            .collect()
    }
}

/// Whose a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// The port's, which is this process's: it stays until the port is closed.
    Ports,
    /// A queue's of another's port: it goes when the queue does.
    Queues,
}

/// The descriptors.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<(Key, Whose, Arc<OwnedFd>)>);

impl Table {
    pub(super) fn find(&self, key: Key) -> Option<Arc<OwnedFd>> {
        let found = self.0.iter().find(|(kept, ..)| *kept == key)?;
        Some(Arc::clone(&found.2))
    }

    /// Whether there is an own one of `port` in this direction.
    pub(super) fn has_own(&self, port: Name, direction: Direction) -> bool {
        let is_it = |key: &Key| key.port == port && key.direction == direction;
        self.0.iter().any(|(key, whose, _)| is_it(key) && *whose == Whose::Ports)
    }

    /// Keeps one of an own port, unless there is one.
    pub(super) fn keep(&mut self, key: Key, descriptor: Arc<OwnedFd>) {
        if self.find(key).is_none() {
            self.0.push((key, Whose::Ports, descriptor));
        }
    }

    /// Keeps one as long as the queue is open.
    pub(super) fn borrow(&mut self, key: Key, descriptor: Arc<OwnedFd>) {
        self.0.push((key, Whose::Queues, descriptor));
    }

    /// Lets one go that was kept for a queue: another queue may have the same.
    fn give_back(&mut self, key: Key) {
        let is_it = |(kept, whose, _): &(Key, Whose, _)| *kept == key && *whose == Whose::Queues;
        if let Some(at) = self.0.iter().position(is_it) {
            self.0.swap_remove(at);
        }
    }

    /// The port has become this process's: what was kept for its queues is kept for it.
    pub(super) fn become_own(&mut self, port: Name) {
        for (key, whose, _) in &mut self.0 {
            if key.port == port {
                *whose = Whose::Ports;
            }
        }
    }

    /// Lets all of an own port go that `is_kept` does not name.
    pub(super) fn retain_own(&mut self, port: Name, is_kept: impl Fn(Key) -> bool) {
        self.0
            .retain(|(key, whose, _)| key.port != port || *whose == Whose::Queues || is_kept(*key));
    }

    /// Lets all of a port go: it is closed.
    pub(super) fn end(&mut self, port: Name) {
        self.0.retain(|(key, ..)| key.port != port);
    }
}

/// A queue's descriptor in the hand of a claimant that does not own the port: on drop this process gives
/// it to nobody any more.
#[derive(Debug)]
pub struct Lease {
    pub(super) of: Weak<Descriptors>,
    pub(super) key: Key,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(descriptors) = self.of.upgrade() {
            descriptors.lock().table.give_back(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};

    fn descriptor() -> Arc<OwnedFd> {
        Arc::new(eventfd(0, EventfdFlags::CLOEXEC).unwrap())
    }

    fn key(port: &str, queue: u16) -> Key {
        Key { port: Name::new(port).unwrap(), direction: Direction::Rx, queue }
    }

    #[test]
    fn a_descriptor_that_two_queues_have_stays_until_both_are_closed() {
        let (mut table, key) = (Table::default(), key("net_tap0", 0));
        table.borrow(key, descriptor());
        table.borrow(key, descriptor());
        table.give_back(key);
        assert!(table.find(key).is_some());
        table.give_back(key);
        assert!(table.find(key).is_none());
    }

    #[test]
    fn what_was_kept_for_a_queue_stays_with_who_adopts_the_port() {
        let (mut table, key) = (Table::default(), key("net_tap0", 0));
        table.borrow(key, descriptor());
        table.become_own(key.port);
        table.give_back(key);
        assert!(table.has_own(key.port, Direction::Rx));
    }

    #[test]
    fn fewer_queues_keep_fewer_descriptors_and_no_other_ports() {
        let mut table = Table::default();
        for key in [key("net_tap0", 0), key("net_tap0", 1), key("net_tap1", 1)] {
            table.keep(key, descriptor());
        }
        table.retain_own(Name::new("net_tap0").unwrap(), |key| key.queue < 1);
        let has = |port, queue| table.find(key(port, queue)).is_some();
        assert_eq!(
            [has("net_tap0", 0), has("net_tap0", 1), has("net_tap1", 1)],
            [true, false, true]
        );
    }
}
