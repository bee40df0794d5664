//! What an event says of a port, and noting one.

use super::event::{EventKind, Recovered, note_or_miss};
use super::layout::EventRecord;
use super::reap::facts_of;
use crate::group::Group;
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

/// Notes what happened to `port`: about its owner, if he is in the table still, or about this process.
pub(crate) fn note_port(group: &Group, kind: EventKind, port: &Port) {
    let owner = port.owner().and_then(|owner| facts_of(group, owner));
    if let Some(who) = owner.or_else(|| facts_of(group, group.me())) {
        note_or_miss(group, kind, &who, Recovered::default(), Some(PortNews::of(port)));
    }
}
