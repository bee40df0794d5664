//! Writing into the log of events, one writer at a time.
//!
//! A writer may also be stopped in the middle, and nobody may write over its shoulder. Others wait a
//! moment, and then an event is worth no more, unless it is about a death: the dead one stays in the
//! table until its death is written, whoever does it, and when. Any other event is counted as
//! unwritten, and readers are told that they missed it: nothing happens unheard.

use super::event::{Event, EventKind, Recovered};
use super::layout::{EVENTS_MAX, Recovery};
use super::port_news::PortNews;
use crate::group::{Group, ProcessFacts, ProcessId};
use crate::log::Told;
use crate::sync::{Contested64, relax};

/// How often a writer looks before it asks about the one before it.
const SPINS: u32 = 1000;

/// How long a writer waits for a living one, which may be stopped.
const PATIENCE_NS: u64 = 100_000_000;

/// Notes what happened to `facts`' process, or counts it as unwritten.
pub(crate) fn note_or_miss(
    group: &Group,
    kind: EventKind,
    facts: &ProcessFacts,
    recovered: Recovered,
    port: Option<PortNews>,
) {
    if note_of(group, kind, facts, (recovered, port), &|| true).is_err() {
        miss(group);
    }
}

/// Counts an event as unwritten.
pub(super) fn miss(group: &Group) {
    group.region().recovery.unwritten.add(1);
    // Whoever sleeps on the change word is told that it missed something.
    group.region().count_change();
}

/// Notes what happened to `facts`' process. Waits for a living writer 0.1 s at most.
///
/// Errors: the process that is in the middle of an event; nothing was noted.
pub(super) fn note(
    group: &Group,
    kind: EventKind,
    facts: &ProcessFacts,
    recovered: Recovered,
) -> Result<(), ProcessId> {
    note_of(group, kind, facts, (recovered, None), &|| true)
}

/// As [`note`], of a port, if `is_so` when it is this one's turn: what makes it untrue is noted after it.
pub(super) fn note_if(
    group: &Group,
    kind: EventKind,
    facts: &ProcessFacts,
    port: Option<PortNews>,
    is_so: &dyn Fn() -> bool,
) -> Result<(), ProcessId> {
    note_of(group, kind, facts, (Recovered::default(), port), is_so)
}

fn note_of(
    group: &Group,
    kind: EventKind,
    facts: &ProcessFacts,
    (recovered, port): (Recovered, Option<PortNews>),
    is_so: &dyn Fn() -> bool,
) -> Result<(), ProcessId> {
    if group.is_observer() {
        return Ok(());
    }
    let log = &group.region().recovery;
    take(group, &log.writer)?;
    crash_point!("event: the log is taken");
    if is_so() {
        note_now(group, kind, facts, (recovered, port));
    }
    // A failed swap means that this process was taken for dead, and its turn for over.
    let _ = log.writer.swap_if(group.me().pack(), 0);
    Ok(())
}

/// Notes it: the log is this process's.
fn note_now(
    group: &Group,
    kind: EventKind,
    facts: &ProcessFacts,
    (recovered, port): (Recovered, Option<PortNews>),
) {
    let log = &group.region().recovery;
    let event = Event {
        number: log.next.own(),
        kind,
        who: facts.id,
        pid: facts.pid,
        name: facts.name,
        by: Some(group.me()),
        when_ns: group.platform().now_ns(),
        recovered,
        port,
    };
    write(log, &event);
    crash_point!("event: it is counted");
    let (slot, pid) = (facts.id.slot(), facts.pid);
    group.platform().tell(match port {
        Some(PortNews { id, link, .. }) => Told::Port { what: kind, id, link, slot, pid },
        None => Told::Process { what: kind, slot, pid, recovered },
    });
    // Whoever sleeps on the change word reads the log again.
    group.region().count_change();
}

fn write(log: &Recovery, event: &Event) {
    if let Some(record) = log.events.get((event.number % EVENTS_MAX as u64) as usize) {
        record.write(event);
    }
    crash_point!("event: it is not counted");
    // Pairs with the `observe` in `next`.
    log.next.publish(event.number + 1);
}

/// Takes the log, from a dead writer too; or says which living one keeps it.
fn take(group: &Group, writer: &Contested64) -> Result<(), ProcessId> {
    let mut deadline = None;
    let mut held = writer.observe();
    loop {
        let keeper = ProcessId::unpack(held).filter(|by| group.is_alive(*by));
        if keeper.is_none() && writer.swap_if(held, group.me().pack()).is_ok() {
            return Ok(());
        }
        for _ in 0..SPINS {
            held = writer.observe();
            if held == 0 {
                break;
            }
            relax();
        }
        let now = group.platform().now_ns();
        if now > *deadline.get_or_insert(now.saturating_add(PATIENCE_NS))
            && let Some(by) = keeper
        {
            return Err(by);
        }
        if held != 0 {
            group.platform().give_way();
        }
    }
}
