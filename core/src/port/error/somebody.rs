//! `Somebody`: a process that stands in the way.

use core::fmt;

use crate::group::{Group, ProcessId};
use crate::name::Name;

/// A process that stands in the way, as it is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Somebody {
    /// Who.
    pub who: ProcessId,
    /// Its process id; 0 if it is gone.
    pub pid: u32,
    /// Its program's name.
    pub program: Name,
}

impl Somebody {
    /// The process `who`, as the table has it now.
    pub fn of(group: &Group, who: ProcessId) -> Self {
        let facts = group.region().process(who.slot()).filter(|facts| facts.id == who);
        let program = facts.map_or_else(|| Name::cut("?"), |facts| facts.name);
        Self { who, pid: facts.map_or(0, |facts| facts.pid), program }
    }
}

impl fmt::Display for Somebody {
    /// `mp_server (pid 812, slot 3)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slot = self.who.slot();
        match self.pid {
            0 => write!(f, "a process that is gone (it had slot {slot})"),
            pid => write!(f, "{} (pid {pid}, slot {slot})", self.program),
        }
    }
}
