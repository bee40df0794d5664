//! What a dead process had of ports: queues, and ports themselves.

use super::capture;
use super::error::{PortError, PortFault};
use super::kinds::{BurstMode, PortPhase};
use super::layout::RSS_TABLE;
use super::port::Port;
use super::rss::bytes_of;
use crate::directory::Found;
use crate::group::{Group, ProcessId};
use crate::lock::Transaction;

/// Drops what `who`, who is gone, held of the port that `found` is: its queues are free, its capture is
/// off, and one that it was attaching is none. Returns how many things those were.
///
/// The owner's word stays: by it a new primary knows what to adopt. What something has written over is
/// left alone: an audit names it.
pub(crate) fn drop_queues(tx: &Transaction, found: &Found, who: ProcessId) -> u32 {
    let group = tx.group();
    let port = Port::attach(group, found).ok().filter(Port::is_current);
    let is_coming = |port: &Port| port.phase() == PortPhase::Coming;
    if let Some(port) = port.filter(|port| is_coming(port) && port.owner() == Some(who)) {
        // It never was there. A journal that has no room is told of by whoever makes it anew.
        return u32::from(port.take_away(tx).is_ok());
    }
    let queues = port.map_or(0, |port| port.release_queues_of(who));
    crash_point!("port: queues of a dead process are free");
    let captures = port.map_or(0, |port| u32::from(capture::turn_off_of(group, &port, who)));
    crash_point!("port: captures of a dead process are off");
    queues + captures
}

/// The port that `found` is, if `who` owns it.
pub(crate) fn port_of(group: &Group, found: &Found, who: ProcessId) -> Option<Port> {
    Port::attach(group, found).ok().filter(|port| port.is_there() && port.is_still_of(who))
}

/// The port that `found` is, checked; `None` of one that is closed.
pub(crate) fn inspect_port(group: &Group, found: &Found) -> Result<Option<Port>, PortFault> {
    match Port::attach(group, found) {
        Ok(port) => Ok(Some(port).filter(Port::is_current)),
        Err(PortError::Damaged { fault, .. }) => Err(fault),
        Err(_) => Ok(None),
    }
}

impl Port {
    /// What is wrong with what it was given since it was made, seen by whoever holds the lock.
    pub(crate) fn fault_in(&self, tx: &Transaction) -> Option<PortFault> {
        if let Some(peer) = self.peer()
            && self.peer_in(tx).is_none_or(|other| other.peer() != Some(self.id()))
        {
            return Some(PortFault::Peer { peer });
        }
        // Before it is configured the rest may be half written.
        if !self.phase().has_queues() {
            return None;
        }
        if self.burst_mode() == BurstMode::Unknown {
            return Some(PortFault::Burst);
        }
        let (table, queues) = (bytes_of::<RSS_TABLE>(&self.state.rss_table), self.rx_queues());
        let wrong = (0..).zip(table).find(|(_, queue)| u16::from(*queue) >= queues);
        wrong.map(|(entry, queue)| PortFault::RssTable { entry, queue, queues })
    }

    /// Whether it is there still, and `who` owns it.
    pub(crate) fn is_still_of(&self, who: ProcessId) -> bool {
        self.is_current() && self.owner() == Some(who)
    }
}
