//! What a dead process had of ports: queues, and ports themselves.

use super::capture;
use super::error::{PortError, PortFault};
use super::port::Port;
use crate::directory::{Found, Kind};
use crate::group::{Group, ProcessId};
use crate::recovery::{EventKind, note_port};

/// Drops what `who`, who is gone, held of the port that `found` is: its queues are free, its capture is
/// off, and if it owned the port, everybody hears that nobody does. Returns how many things those were.
///
/// The owner's word stays: by it a new primary knows what to adopt. What something has written over is
/// left alone: an audit names it.
pub(crate) fn drop_queues(
    group: &Group,
    found: &Found,
    who: ProcessId,
) -> Option<(u32, Option<Port>)> {
    if found.kind != Kind::Port {
        return None;
    }
    let port = Port::attach(group, found).ok().filter(Port::is_current)?;
    let queues = port.release_queues_of(who);
    crash_point!("port: queues of a dead process are free");
    let captures = u32::from(capture::turn_off_of(group, &port, who));
    crash_point!("port: captures of a dead process are off");
    Some((queues + captures, (port.owner() == Some(who)).then_some(port)))
}

/// The port that `found` is, checked; `None` of one that is closed.
pub(crate) fn inspect_port(group: &Group, found: &Found) -> Result<Option<Port>, PortFault> {
    match Port::attach(group, found) {
        Ok(port) => Ok(Some(port).filter(Port::is_current)),
        Err(PortError::Damaged { fault, .. }) => Err(fault),
        Err(_) => Ok(None),
    }
}

/// Says that a port's owner is gone.
pub(crate) fn note_orphan(group: &Group, port: &Port) {
    note_port(group, EventKind::PortOrphaned, port);
}
