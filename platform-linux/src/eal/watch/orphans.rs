//! Ports whose owner is gone, when the group has a primary: its watcher makes them the primary's.
//!
//! An owner that leaves is said to be gone while it stands in the table still, and nobody adopts from
//! the living. So who is said to be gone is remembered until it is, which rings the bell.

use phalanx_core::group::{Group, ProcessId, Role};
use phalanx_core::recovery::{Event, EventKind};

use crate::port;

/// Whose ports are to be looked for.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    /// Those who are said to be gone, and may not be yet.
    going: Vec<ProcessId>,
    /// Whether there may be ports of somebody who is gone.
    is_due: bool,
}

/// Whether all was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adoption {
    /// It was, or is not this process's business.
    Done,
    /// The group's lock was not had: try again in a while.
    PutOff,
}

impl Orphans {
    /// Takes note of what happened.
    pub(super) fn heed(&mut self, group: &Group, event: &Event) {
        match event.kind {
            EventKind::Left | EventKind::Reaped | EventKind::PortOrphaned => {
                self.await_end(event.who)
            }
            EventKind::RoleChanged => self.is_due |= event.who == group.me(),
            _ => {}
        }
    }

    /// Takes note that something happened which nobody knows.
    pub(super) fn heed_missed(&mut self, group: &Group) {
        self.is_due = true;
        group.processes().for_each(|facts| self.await_end(facts.id));
    }

    fn await_end(&mut self, who: ProcessId) {
        if !self.going.contains(&who) {
            self.going.push(who);
        }
    }

    /// Adopts what somebody left, if this process is the primary.
    pub(super) fn adopt(&mut self, group: &Group) -> Adoption {
        let before = self.going.len();
        self.going.retain(|who| *who != group.me() && group.is_alive(*who));
        self.is_due |= self.going.len() < before;
        if !self.is_due || !is_primary(group) {
            // Who becomes primary later looks for all of them then.
            self.is_due = false;
            return Adoption::Done;
        }
        self.is_due = port::adopt_orphans(group).is_put_off;
        if self.is_due { Adoption::PutOff } else { Adoption::Done }
    }
}

fn is_primary(group: &Group) -> bool {
    group.processes().any(|facts| facts.id == group.me() && facts.role == Role::Primary)
}
