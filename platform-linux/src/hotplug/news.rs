//! What becomes of the group's ports, for who asks to hear it: a filter of the group's events.

use core::fmt;
use core::time::Duration;

use phalanx_core::name::Name;
use phalanx_core::port::Link;
use phalanx_core::recovery::EventKind;

use crate::eal::watch::{Events, Heard};

/// What happened to a port.
#[doc(alias = "rte_dev_event_type")]
#[doc(alias = "rte_eth_event_type")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortEvent {
    /// It is there: attached, or made by a process that started with it.
    Added,
    /// It is about to be removed: let its queues go. What has one goes on until then.
    Going,
    /// It was about to be removed, and is not: its queues can be had again.
    Stays,
    /// It is gone. If it was pulled, queues that were not let go do nothing.
    Removed,
    /// Its link is another, or what it stands for is gone.
    Link,
    /// Its owner is gone.
    Orphaned,
    /// It has another owner.
    Adopted,
}

impl PortEvent {
    fn of(kind: EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::PortAdded => Self::Added,
            EventKind::PortGoing => Self::Going,
            EventKind::PortStays => Self::Stays,
            EventKind::PortRemoved => Self::Removed,
            EventKind::LinkChanged => Self::Link,
            EventKind::PortOrphaned => Self::Orphaned,
            EventKind::PortAdopted => Self::Adopted,
            _ => return None,
        })
    }
}

/// Something that happened to a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortHeard {
    /// What.
    pub what: PortEvent,
    /// The port's id. It may be another's by now.
    pub id: u16,
    /// Its name.
    pub name: Name,
    /// Its link, as it was then.
    pub link: Link,
}

impl fmt::Display for PortHeard {
    /// `port 1 (net_null1) is going`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, id, name, link } = self;
        write!(f, "port {id} ({name}) ")?;
        match what {
            PortEvent::Added => f.write_str("is there"),
            PortEvent::Going => f.write_str("is going"),
            PortEvent::Stays => f.write_str("stays"),
            PortEvent::Removed => f.write_str("is gone"),
            PortEvent::Link => write!(f, "is {link}"),
            PortEvent::Orphaned => f.write_str("has lost its owner"),
            PortEvent::Adopted => f.write_str("has another owner"),
        }
    }
}

impl PortHeard {
    /// What an event of the group says of a port; `None` if it is about none. `Some(None)` if events were
    /// missed: then look what ports there are.
    pub(crate) fn of(heard: &Heard) -> Option<Option<Self>> {
        match heard {
            Heard::Missed(_) => Some(None),
            Heard::Event(it) => {
                let (what, port) = (PortEvent::of(it.event.kind)?, it.event.port?);
                Some(Some(Self { what, id: port.id, name: port.name, link: port.link }))
            }
        }
    }
}

/// News of ports, to be read one by one. Dropping it ends the subscription.
#[derive(Debug)]
pub struct PortNews(pub(crate) Events);

impl PortNews {
    /// What comes next, waiting for it for `longest`: `Ok(None)` at the end of that time, or when this
    /// process has left the group.
    ///
    /// # Errors
    /// How many events of the group were missed, because this was not read for long.
    pub fn wait(&mut self, longest: Duration) -> Result<Option<PortHeard>, u64> {
        let until = crate::sys::deadline::Deadline::after(longest);
        loop {
            let Some(heard) = self.0.wait(until.remaining()) else { return Ok(None) };
            match (PortHeard::of(&heard), heard) {
                (_, Heard::Missed(count)) => return Err(count),
                (Some(Some(heard)), _) => return Ok(Some(heard)),
                _ if until.has_passed() => return Ok(None),
                _ => {}
            }
        }
    }
}
