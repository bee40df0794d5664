//! The log of this process's slot, for writing.

use super::error::{Dropped, LogError};
use super::layout::{LogRing, LogTenant};
use super::tenant::{Tenant, displaces};
use super::track::Track;
use super::writer::{KEEP_MS, Weight, Writer};
use crate::directory::{Found, Identity, Kind, LookupError, glance_calm, glance_settled};
use crate::group::Group;
use crate::name::Name;
use crate::shared::ElementLayout;

/// What a slot's log is called: `phx.log.` and the slot in two digits.
pub(super) fn identity(slot: u16) -> Identity {
    let mut text = *b"phx.log.00";
    let digits = [slot / 10 % 10, slot % 10].map(|digit| b'0' + digit as u8);
    text[8..].copy_from_slice(&digits);
    let name = Name::cut(core::str::from_utf8(&text).unwrap_or_default());
    Identity { name, kind: Kind::Log, element: const { ElementLayout::of::<LogRing>() } }
}

/// The log of this process's slot. A process has one, and whoever leaves the group drops it before.
#[derive(Debug)]
pub struct LogWriter {
    /// Whose member's it is: who has lost the slot writes there no more.
    group: Group,
    writer: Writer<'static>,
    /// This tenant's entry.
    entry: &'static LogTenant,
}

impl LogWriter {
    /// Goes on with the log of this member's slot; [`prepare`](super::prepare) makes one that is not
    /// there.
    ///
    /// Cost: a look at each entry of the directory, and at each record that stands. No lock.
    ///
    /// # Errors
    /// [`LogError`]; the process then has no log.
    pub fn open(group: &Group, tenant: &Tenant<'_>) -> Result<Self, LogError> {
        Self::open_found(group, tenant, glance_settled)
    }

    /// The same, for who does not wait: while somebody is in the middle of a change of the directory, or has died there,
    /// there is no log.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_if_calm(group: &Group, tenant: &Tenant<'_>) -> Result<Self, LogError> {
        Self::open_found(group, tenant, glance_calm)
    }

    fn open_found(
        group: &Group,
        tenant: &Tenant<'_>,
        look: fn(&Group, Name) -> Option<Found>,
    ) -> Result<Self, LogError> {
        if group.is_observer() {
            return Err(LogError::Observer);
        }
        group.check_member().map_err(LogError::Fenced)?;
        let slot = group.me().slot();
        let what = identity(slot);
        let found = look(group, what.name).ok_or(LogError::Absent { slot })?;
        what.check(group, &found)?;
        let ring = group.window().resolve::<LogRing>(found.at.cast());
        let damaged = LookupError::Damaged { name: found.name, kind: found.kind };
        let ring = ring.ok_or(damaged)?;
        Self::become_tenant(group, ring, tenant).ok_or(LogError::Lookup(damaged))
    }

    fn become_tenant(group: &Group, ring: &'static LogRing, tenant: &Tenant<'_>) -> Option<Self> {
        let generation = group.me().generation();
        let keep_ticks = tenant.ticks_hz / 1000 * KEEP_MS;
        let mut writer = Writer::resume(Track::of(ring), generation, keep_ticks);
        let entry = ring.entry(generation)?;
        // Of whom nothing will be known any more, there are no records either.
        writer.forget(|earlier| displaces(generation, earlier));
        entry.write(generation, tenant);
        Some(Self { group: *group, writer, entry })
    }

    /// Writes one frame, at `tick` of the clock that [`Tenant::ticks_hz`] speaks of.
    ///
    /// Cost: as [`Writer::write`], and one load.
    ///
    /// # Errors
    /// [`Dropped`]; it is counted.
    pub fn write(&mut self, frame: &[u8], tick: u64, weight: Weight) -> Result<(), Dropped> {
        if let Err(fenced) = self.group.check_member() {
            self.writer.count_dropped(1);
            return Err(Dropped::Fenced(fenced));
        }
        let written = self.writer.write(frame, tick, weight);
        if written.is_err() {
            self.show_dropped();
        }
        written
    }

    /// Counts frames that were dropped before they came here.
    pub fn count_dropped(&mut self, frames: u32) {
        self.writer.count_dropped(frames);
        self.show_dropped();
    }

    fn show_dropped(&self) {
        if !self.group.is_member() {
            return;
        }
        self.entry.dropped.publish(u64::from(self.writer.dropped()));
    }
}
