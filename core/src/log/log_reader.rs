//! The log of any slot, for reading.

use super::layout::LogRing;
use super::log_writer::identity;
use super::reader::{Cursor, Heard};
use super::record::FRAME_MAX;
use super::tenant::Program;
use super::track::Track;
use crate::directory::{LookupError, glance_settled};
use crate::group::Group;

/// A reader of one slot's log. It writes nothing: observers may, also of a dead group.
#[derive(Debug)]
pub struct LogReader {
    ring: &'static LogRing,
    slot: u16,
    cursor: Cursor,
}

impl LogReader {
    /// The log of `slot`, from the oldest record on that stands; `None` if the slot has none yet, or a
    /// living group's tables stay in the middle of a change for a second: look again.
    ///
    /// Cost: a look at each entry of the directory. No lock: of a group that died in the middle of a
    /// change too.
    ///
    /// # Errors
    /// [`LookupError`]: another object has its name, or it is said to lie where there is no memory.
    pub fn of(group: &Group, slot: u16) -> Result<Option<Self>, LookupError> {
        let what = identity(slot);
        // A log stands as long as its group.
        let Some(found) = glance_settled(group, what.name) else { return Ok(None) };
        what.check(group, &found)?;
        let ring = group.window().resolve(found.at.cast());
        let ring = ring.ok_or(LookupError::Damaged { name: found.name, kind: found.kind })?;
        Ok(Some(Self { ring, slot, cursor: Cursor::default() }))
    }

    /// Whose log it is.
    pub const fn slot(&self) -> u16 {
        self.slot
    }

    /// The next record, copied into `buffer`; `None` if there is none yet, and later there may be.
    pub fn next<'b>(&mut self, buffer: &'b mut [u8; FRAME_MAX]) -> Option<Heard<'b>> {
        Track::of(self.ring).read(&mut self.cursor, buffer)
    }

    /// Who wrote the records of `generation`; `None` if the log does not know any more, and then
    /// it has no records of it either.
    pub fn program(&self, generation: u32) -> Option<Program> {
        self.ring.program(generation)
    }

    /// Each tenant that the log knows, in no order.
    pub fn programs(&self) -> impl Iterator<Item = Program> + '_ {
        let generations = self.ring.tenants.iter().map(|entry| entry.generation.observe());
        generations.filter_map(|generation| self.ring.program(generation))
    }
}
