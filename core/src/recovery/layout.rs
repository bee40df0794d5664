//! The bytes of recovery: who reaps whom, and the log of what happened to processes.

use crate::layout;
use crate::shared::{Pad, shared_layout};
use crate::sync::{Contested64, Published32, Published64};

/// How many events the log keeps; each new one overwrites the oldest.
pub const EVENTS_MAX: usize = 128;

/// One event. Every field is published, so that a reader who sees a later event's field sees, in
/// its second look at `sequence`, that this one is going. Writer: who holds `Recovery::writer`.
/// Readers: all.
#[repr(C, align(128))]
#[derive(Debug, Default)]
pub struct EventRecord {
    /// Its number + 1; 0 while it is being written.
    pub(crate) sequence: Published64,
    /// [`EventKind`](super::EventKind) as a number.
    pub(crate) kind: Published32,
    /// The process id of whom it is about.
    pub(crate) pid: Published32,
    /// Whom it is about, packed.
    pub(crate) who: Published64,
    /// Who noted it, packed.
    pub(crate) by: Published64,
    /// The platform's clock when it was noted, in nanoseconds.
    pub(crate) when_ns: Published64,
    /// The name of the program it is about.
    pub(crate) name: [Published64; 4],
    /// Objects that went back to their pools.
    pub(crate) objects: Published32,
    /// Lcores that were released.
    pub(crate) lcores: Published32,
    /// Ends of rings that were mended or released.
    pub(crate) ends: Published32,
    /// Other belongings that were dropped.
    pub(crate) others: Published32,
    /// The name of the port it is about; zeros if it is about none.
    pub(crate) port_name: [Published64; 4],
    /// That port's id plus 1 in the low 16 bits, 0 for none; above, whether it has a
    /// [`Link`](crate::port::Link), as in that word's bits from 32 on.
    pub(crate) port: Published32,
    /// That link's speed in Mbit/s.
    pub(crate) speed: Published32,
}

layout!(EventRecord, size 128, align 128 {
    0 => sequence: Published64, 8 => kind: Published32, 12 => pid: Published32, 16 => who: Published64,
    24 => by: Published64, 32 => when_ns: Published64, 40 => name: [Published64; 4], 72 => objects: Published32,
    76 => lcores: Published32, 80 => ends: Published32, 84 => others: Published32, 88 => port_name: [Published64; 4],
    120 => port: Published32, 124 => speed: Published32,
});

/// Who reaps whom, and the events.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Recovery {
    /// Who reaps now, a packed [`ProcessId`](crate::group::ProcessId); 0 for nobody. Writers: by
    /// swap; a dead reaper is taken over. Readers: all.
    pub(crate) reaper: Contested64,
    /// Keeps the reaper's word off the log's.
    pub(crate) pad: Pad<120>,
    /// Who writes an event now, packed; 0 for nobody. Writers: by swap; a dead one is taken over.
    pub(crate) writer: Contested64,
    /// How many events were written, ever: the next one's number. Writer: who holds `writer`.
    /// Readers: all.
    pub(crate) next: Published64,
    /// How many events nobody wrote, because a stopped process was in the middle of one.
    /// None of these is about a death. Writers: all, by addition. Readers: all, who say that they
    /// missed something.
    pub(crate) unwritten: Contested64,
    /// Keeps the log's words off the records.
    pub(crate) pad_events: Pad<104>,
    /// The last events: number `n` lies at `n % 128`.
    pub(crate) events: [EventRecord; EVENTS_MAX],
}

layout!(Recovery, size 16640, align 128 {
    0 => reaper: Contested64, 8 => pad: Pad<120>, 128 => writer: Contested64,
    136 => next: Published64, 144 => unwritten: Contested64, 152 => pad_events: Pad<104>,
    256 => events: [EventRecord; EVENTS_MAX],
});

shared_layout! {
    EventRecord { Published64, Published32, [Published64; 4] },
    Recovery { Contested64, Published64, Pad<120>, Pad<104>, [EventRecord; EVENTS_MAX] },
}
