//! Whether anybody passes packets by the ports that are looked at, and whether the group has ended but for
//! those who look on: a capture is a member of the group, and so keeps it from ending by itself.

use core::time::Duration;
use std::time::Instant;

use phalanx_core::group::{Group, ProcessId, Role};
use phalanx_core::port::{Direction, Port};
use phalanx_linux::console::complain;

use crate::Failure;

/// How long a group may be without anybody who could forward before it has ended: who starts anew what has
/// died may take a moment.
const LAST: Duration = Duration::from_secs(1);

/// The others of the group, as a capture sees them.
pub(super) struct Others {
    is_quiet: bool,
    /// Whether somebody forwarded when it was looked at last.
    forwarded: bool,
    /// Since when there is nobody who could forward.
    none_since: Option<Instant>,
}

impl Others {
    /// As they are now.
    pub(super) fn of(group: &Group, ports: &[Port], is_quiet: bool) -> Self {
        let living = living(group);
        let forwarded = ports.iter().any(|port| has_queue(port, &living));
        Self { is_quiet, forwarded, none_since: None }
    }

    /// Looks at them, and says once if nobody forwards any more. `false` if the group has ended: no primary
    /// lives, and nobody who lives owns a port or has a queue.
    pub(super) fn look(&mut self, group: &Group, ports: &[Port]) -> Result<bool, Failure> {
        let living = living(group);
        let forwards = ports.iter().any(|port| has_queue(port, &living));
        if self.forwarded && !forwards && !self.is_quiet {
            complain("nobody forwards by these ports any more; waiting for who does");
        }
        self.forwarded = forwards;
        if forwards || could_forward(group, &living)? {
            self.none_since = None;
            return Ok(true);
        }
        Ok(self.none_since.get_or_insert_with(Instant::now).elapsed() < LAST)
    }
}

/// The others who live.
fn living(group: &Group) -> Vec<ProcessId> {
    let others = group.processes().map(|process| process.id).filter(|who| *who != group.me());
    others.filter(|who| group.is_alive(*who)).collect()
}

fn has_queue(port: &Port, living: &[ProcessId]) -> bool {
    let claims = port.claims(Direction::Rx).chain(port.claims(Direction::Tx));
    claims.into_iter().any(|(_, who)| living.contains(&who))
}

fn could_forward(group: &Group, living: &[ProcessId]) -> Result<bool, Failure> {
    let mut processes = group.processes();
    if processes.any(|it| it.role == Role::Primary && living.contains(&it.id)) {
        return Ok(true);
    }
    let has_part = |port: Port| {
        port.owner().is_some_and(|owner| living.contains(&owner)) || has_queue(&port, living)
    };
    Ok(Port::all(group)?.any(has_part))
}
