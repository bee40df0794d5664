//! What a dead group has left.

use phalanx_core::recovery::{EventKind, Heard};
use phalanx_linux::eal::Observer;
use serde::Serialize;

use crate::Failure;
use crate::{audit, info, ps};

/// A dead group.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    /// Always true: for programs that read `info` too.
    pub dead: bool,
    /// Processes that died when nobody was left to reap them: who died last is among them.
    pub died_last: Vec<ps::Process>,
    /// What the group's log says, oldest first.
    pub events: Vec<Event>,
    /// What an audit of a copy found; none if it is too big to be copied.
    pub audit: Option<audit::Report>,
    /// Why there is none.
    pub not_audited: Option<String>,
    /// All that `info` shows of a living group.
    pub group: info::Facts,
}

/// What the log says of one process.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    pub number: u64,
    pub seconds_ago: f64,
    pub what: &'static str,
    pub slot: u16,
    pub pid: u32,
    pub name: String,
    pub by_slot: Option<u16>,
    pub objects: u32,
    pub lcores: u32,
    pub ring_ends: u32,
    pub others: u32,
}

/// Looks at everything.
pub(super) fn gather(observer: &Observer, prefix: &str) -> Result<Facts, Failure> {
    let now = observer.group().platform().now_ns();
    let (audit, not_audited) = match audit::of_dead(observer) {
        Ok(report) => (Some(report), None),
        Err(why) => (None, Some(why.to_string())),
    };
    Ok(Facts {
        dead: true,
        died_last: ps::gather(observer)?,
        events: observer.group().events_so_far().filter_map(|heard| event(heard, now)).collect(),
        audit,
        not_audited,
        group: info::gather(observer, prefix)?,
    })
}

/// Of a dead group nothing is overwritten while it is read; a record that its writer died in is
/// left out.
fn event(heard: Heard, now: u64) -> Option<Event> {
    let Heard::Event(event) = heard else { return None };
    Some(Event {
        number: event.number,
        seconds_ago: now.saturating_sub(event.when_ns) as f64 / 1e9,
        what: match event.kind {
            EventKind::Joined => "joined",
            EventKind::Left => "left",
            EventKind::Died => "died",
            EventKind::Reaped => "was reaped",
            EventKind::RoleChanged => "changed its role",
            EventKind::PortAdded => "port was added",
            EventKind::PortRemoved => "port was closed",
            EventKind::LinkChanged => "port has another link",
            EventKind::PortOrphaned => "port has lost its owner",
            EventKind::PortAdopted => "port was adopted",
            EventKind::PortGoing => "port is going",
            EventKind::PortStays => "port stays",
            EventKind::Unknown(_) => "unknown",
        },
        slot: event.who.slot(),
        pid: event.pid,
        name: event.name.to_string(),
        by_slot: event.by.map(|by| by.slot()),
        objects: event.recovered.objects,
        lcores: event.recovered.lcores,
        ring_ends: event.recovered.ends,
        others: event.recovered.others,
    })
}
