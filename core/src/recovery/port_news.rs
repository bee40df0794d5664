//! What an event says of a port, and noting one.

use super::event::{EventKind, Recovered};
use super::layout::EventRecord;
use super::note::{note_if, note_or_miss};
use super::reap::facts_of;
use crate::group::{Group, ProcessFacts, ProcessId};
use crate::name::Name;
use crate::port::{Link, Port};
use crate::sync::Published64;

/// The port that an event is about, as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortNews {
    /// Its id.
    pub id: u16,
    /// Its name.
    pub name: Name,
    /// Its link; how often that has changed is not kept.
    pub link: Link,
}

impl PortNews {
    fn of(port: &Port) -> Self {
        Self { id: port.id(), name: port.name(), link: Link { changes: 0, ..port.link() } }
    }

    /// What the record says; `None` if it is about no port.
    pub(super) fn read(record: &EventRecord) -> Option<Self> {
        let word = record.port.observe();
        let id = (word as u16).checked_sub(1)?;
        let name = Name::from_words(record.port_name.each_ref().map(Published64::observe));
        let link = u64::from(word >> 16) << 32 | u64::from(record.speed.observe());
        Some(Self { id, name, link: Link::from_word(link) })
    }

    pub(super) fn write(news: Option<Self>, record: &EventRecord) {
        let name = news.map_or([0; 4], |news| news.name.to_words());
        for (to, word) in record.port_name.iter().zip(name) {
            to.publish(word);
        }
        let link = news.map_or(0, |news| news.link.to_word());
        let id = news.map_or(0, |news| u32::from(news.id) + 1);
        record.speed.publish(link as u32);
        record.port.publish(((link >> 32) as u32) << 16 | id);
    }
}

/// A port as it is now, and its owner: what an event will say of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    port: PortNews,
    /// The owner, if he is in the table still; else this process.
    who: Option<ProcessFacts>,
}

impl About {
    pub(crate) fn port(port: &Port) -> Self {
        let group = port.group();
        let owner = port.owner().and_then(|owner| facts_of(group, owner));
        let who = owner.or_else(|| facts_of(group, group.me()));
        Self { port: PortNews::of(port), who }
    }
}

/// Notes what happened to a port, and wakes who sleeps until something does. Never with the lock held:
/// the log may be a stopped process's. Cost: a system call.
pub(crate) fn note_port(group: &Group, kind: EventKind, about: About) {
    if let Some(who) = about.who {
        note_or_miss(group, kind, &who, Recovered::default(), Some(about.port));
        wake(group);
    }
}

/// Notes that `who`, who owned `port`, is gone; nothing, if somebody has adopted it. Who adopts it later
/// notes that later.
///
/// Errors: the process that is in the middle of an event; nothing was noted.
pub(super) fn note_orphan(group: &Group, who: &ProcessFacts, port: &Port) -> Result<(), ProcessId> {
    crash_point!("port: that it is orphaned is not noted");
    let news = PortNews::of(port);
    note_if(group, EventKind::PortOrphaned, who, Some(news), &|| port.is_still_of(who.id))?;
    wake(group);
    Ok(())
}

/// Ends the sleep of who waits for a change: it is counted already.
fn wake(group: &Group) {
    group.platform().wake(group.region().change_word());
}
