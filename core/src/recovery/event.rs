//! Events: what happened to processes, for everyone who asks, whenever he asks.
//!
//! A bounded log in shared memory. Each reader has a cursor of its own and takes nothing away
//! from others; one that fell behind is told how many it missed. A writer takes the log by
//! swap, writes the record, and counts it last: a writer that dies in the middle leaves a record
//! that is not counted, and the next one writes over it (`note.rs`).

use core::fmt;

use super::layout::{EVENTS_MAX, EventRecord};
use super::port_news::PortNews;
use crate::group::{Group, ProcessId};
use crate::name::Name;
use crate::sync::Published64;

/// What happened.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A process is up.
    Joined,
    /// A process left in good order; what it still held went back.
    Left,
    /// A process was found dead; somebody begins to reap it. Noted at least once for each.
    Died,
    /// All that a dead process held is in order again, and its slot is free. Noted at least once.
    Reaped,
    /// A process has another role now.
    RoleChanged,
    /// There is a new port.
    PortAdded,
    /// A port was closed.
    PortRemoved,
    /// A port's link is another (W-45).
    LinkChanged,
    /// A port's owner is gone. Noted at least once.
    PortOrphaned,
    /// A port has another owner.
    PortAdopted,
    /// A port is about to be removed: who has queues of it is to let them go.
    PortGoing,
    /// A port that was about to be removed stays.
    PortStays,
    /// A number that this version does not know.
    Unknown(u32),
}

impl EventKind {
    const fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Joined,
            2 => Self::Left,
            3 => Self::Died,
            4 => Self::Reaped,
            5 => Self::RoleChanged,
            6 => Self::PortAdded,
            7 => Self::PortRemoved,
            8 => Self::LinkChanged,
            9 => Self::PortOrphaned,
            10 => Self::PortAdopted,
            11 => Self::PortGoing,
            12 => Self::PortStays,
            other => Self::Unknown(other),
        }
    }

    const fn to_word(self) -> u32 {
        match self {
            Self::Joined => 1,
            Self::Left => 2,
            Self::Died => 3,
            Self::Reaped => 4,
            Self::RoleChanged => 5,
            Self::PortAdded => 6,
            Self::PortRemoved => 7,
            Self::LinkChanged => 8,
            Self::PortOrphaned => 9,
            Self::PortAdopted => 10,
            Self::PortGoing => 11,
            Self::PortStays => 12,
            Self::Unknown(word) => word,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined => f.pad("joined"),
            Self::Left => f.pad("left"),
            Self::Died => f.pad("died"),
            Self::Reaped => f.pad("was reaped"),
            Self::RoleChanged => f.pad("changed its role"),
            Self::PortAdded => f.pad("was added"),
            Self::PortRemoved => f.pad("was closed"),
            Self::LinkChanged => f.pad("has another link"),
            Self::PortOrphaned => f.pad("has lost its owner"),
            Self::PortAdopted => f.pad("was adopted"),
            Self::PortGoing => f.pad("is going"),
            Self::PortStays => f.pad("stays"),
            Self::Unknown(word) => write!(f, "did something this version does not know ({word})"),
        }
    }
}

/// What of a process was put in order. If a reaper died meanwhile, what it had done is counted
/// too, but for the step that it died in.
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Objects that went back to their pools.
    pub objects: u32,
    /// Lcores that were released.
    pub lcores: u32,
    /// Ends of rings that were mended or released.
    pub ends: u32,
    /// Other belongings that were dropped: claims, messages on their way.
    pub others: u32,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number, from 0, in the order of the log.
    pub number: u64,
    /// What happened.
    pub kind: EventKind,
    /// To whom.
    pub who: ProcessId,
    /// That process's id.
    pub pid: u32,
    /// Its program's name.
    pub name: Name,
    /// Who noted it; `None` if the word is none that a member writes.
    pub by: Option<ProcessId>,
    /// The platform's clock when it was noted, in nanoseconds.
    pub when_ns: u64,
    /// What was recovered ([`EventKind::Left`], [`EventKind::Reaped`]; else zeros).
    pub recovered: Recovered,
    /// The port that it is about, if it is about one: then `who` is that one's owner.
    pub port: Option<PortNews>,
}

impl fmt::Display for Event {
    /// `worker (pid 812, slot 3) was reaped: 31 objects, 1 lcores, 2 ring ends, 0 others`, or
    /// `port 0 (net_tap0) has another link: up at 10 Gbps FDX`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(PortNews { id, name, link }) = self.port {
            write!(f, "port {id} ({name}) {}", self.kind)?;
            return match self.kind {
                EventKind::LinkChanged => write!(f, ": {link}"),
                _ => write!(f, " (owner: {}, pid {})", self.name, self.pid),
            };
        }
        write!(f, "{} (pid {}, slot {}) {}", self.name, self.pid, self.who.slot(), self.kind)?;
        match self.kind {
            EventKind::Left | EventKind::Reaped => {
                let Recovered { objects, lcores, ends, others } = self.recovered;
                write!(f, ": {objects} objects, {lcores} lcores, {ends} ring ends, {others} others")
            }
            _ => Ok(()),
        }
    }
}

/// What a reader of the log hears next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event.
    Event(Event),
    /// So many events are lost: overwritten before this slow reader read them, or never written,
    /// because a stopped process was in the middle of one. No such one is about a death.
    Missed(u64),
}

/// A reader's place in the log. Iterating gives what is there; `None` means nothing new yet, and
/// later there may be more.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    group: Group,
    next: u64,
    /// Unwritten events that it was told of.
    unwritten: u64,
}

impl Group {
    /// What will happen to processes from now on. Costs nothing while nobody reads it; one load
    /// a look. Observers may.
    pub fn events(&self) -> Events {
        self.events_from(self.region().recovery.next.observe())
    }

    /// As [`events`](Self::events), from the oldest event on that the log still has (it keeps
    /// 128).
    pub fn events_so_far(&self) -> Events {
        let next = self.region().recovery.next.observe();
        self.events_from(next.saturating_sub(EVENTS_MAX as u64))
    }

    fn events_from(&self, next: u64) -> Events {
        Events { group: *self, next, unwritten: self.region().recovery.unwritten.observe() }
    }
}

impl Iterator for Events {
    type Item = Heard;

    fn next(&mut self) -> Option<Heard> {
        let log = &self.group.region().recovery;
        // Pairs with the last `publish` in `write`: who sees the count sees the record.
        let count = log.next.observe();
        if self.next >= count {
            let unwritten = log.unwritten.observe();
            let missed = unwritten.wrapping_sub(core::mem::replace(&mut self.unwritten, unwritten));
            return (missed > 0).then_some(Heard::Missed(missed));
        }
        let oldest = count.saturating_sub(EVENTS_MAX as u64);
        if self.next < oldest {
            let missed = oldest - self.next;
            self.next = oldest;
            return Some(Heard::Missed(missed));
        }
        let read = log.events.get((self.next % EVENTS_MAX as u64) as usize)?.read(self.next);
        self.next += 1;
        // One that a later event is being written over is missed.
        Some(read.map_or(Heard::Missed(1), Heard::Event))
    }
}

impl EventRecord {
    fn read(&self, number: u64) -> Option<Event> {
        if self.sequence.observe() != number + 1 {
            return None;
        }
        let event = Event {
            number,
            kind: EventKind::from_word(self.kind.observe()),
            who: ProcessId::unpack(self.who.observe()).unwrap_or(ProcessId::OBSERVER),
            pid: self.pid.observe(),
            name: Name::from_words(self.name.each_ref().map(Published64::observe)),
            by: ProcessId::unpack(self.by.observe()),
            when_ns: self.when_ns.observe(),
            recovered: Recovered {
                objects: self.objects.observe(),
                lcores: self.lcores.observe(),
                ends: self.ends.observe(),
                others: self.others.observe(),
            },
            port: PortNews::read(self),
        };
        (self.sequence.observe() == number + 1).then_some(event)
    }

    pub(super) fn write(&self, event: &Event) {
        // Pairs with the second look in `read`.
        self.sequence.publish(0);
        self.kind.publish(event.kind.to_word());
        self.who.publish(event.who.pack());
        self.pid.publish(event.pid);
        for (to, word) in self.name.iter().zip(event.name.to_words()) {
            to.publish(word);
        }
        self.by.publish(event.by.map_or(0, ProcessId::pack));
        self.when_ns.publish(event.when_ns);
        self.objects.publish(event.recovered.objects);
        self.lcores.publish(event.recovered.lcores);
        self.ends.publish(event.recovered.ends);
        self.others.publish(event.recovered.others);
        PortNews::write(event.port, self);
        crash_point!("event: the record is written");
        self.sequence.publish(event.number + 1);
    }
}
