//! What all processes have counted: a line each in a shared zone, which outlives who wrote it.

use forwarding::{PORTS_MAX, PortMask, QUEUES_MAX};
use phalanx_core::group::Group;
use phalanx_core::memzone::{TypedZone, Zone, ZoneError, ZoneOptions};
use phalanx_core::shared_words;
use phalanx_core::sync::Word64;

/// The zone's name.
pub(crate) const ZONE: &str = "SMP_counters";

shared_words! {
    /// Packets of one port, as one process has seen them over all its lives. Writer: the lcore of
    /// that process that has the port. Readers: all.
    pub struct PortCounters {
        /// Received.
        pub rx: Word64,
        /// Sent.
        pub tx: Word64,
        /// Not taken by the port that they should leave by, and freed.
        pub drop: Word64,
        /// Keeps the ports of two lcores apart.
        pub pad: [Word64; 13],
    }
}

shared_words! {
    /// The zone.
    pub struct Counters {
        /// How many processes there are, 1..=64. Writer: who makes the zone. Readers: all.
        pub processes: Word64,
        /// Which ports they use. Writer and readers as above.
        pub mask: Word64,
        /// Keeps the facts off the counters' lines.
        pub pad: [Word64; 14],
        /// By process id and port id.
        pub lines: [[PortCounters; PORTS_MAX]; QUEUES_MAX as usize],
    }
}

/// Three counters, taken at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Received.
    pub rx: u64,
    /// Sent.
    pub tx: u64,
    /// Dropped.
    pub drop: u64,
}

impl Totals {
    fn of(line: &PortCounters) -> Self {
        Self { rx: line.rx.get(), tx: line.tx.get(), drop: line.drop.get() }
    }

    /// What has come since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            rx: self.rx.wrapping_sub(before.rx),
            tx: self.tx.wrapping_sub(before.tx),
            drop: self.drop.wrapping_sub(before.drop),
        }
    }

    /// The same, where so many of those sent were taken by the port's driver and lost.
    pub(crate) fn less_lost(self, lost: u64) -> Self {
        Self { tx: self.tx.saturating_sub(lost), drop: self.drop.wrapping_add(lost), ..self }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            rx: self.rx.wrapping_add(other.rx),
            tx: self.tx.wrapping_add(other.tx),
            drop: self.drop.wrapping_add(other.drop),
        }
    }
}

impl Counters {
    /// Finds the zone of `group`, or makes it for `processes` that use `mask`.
    pub(crate) fn find_or_make(
        group: &Group,
        processes: u16,
        mask: PortMask,
    ) -> Result<TypedZone<Self>, ZoneError> {
        let options = ZoneOptions { align: 128, ..ZoneOptions::default() };
        let made = Zone::create_typed_or_find::<Self>(group, ZONE, &options, |it| {
            it.processes.set(u64::from(processes));
            it.mask.set(mask.bits());
        })?;
        Ok(made.0)
    }

    /// The line of port `port` of process `id`.
    pub(crate) fn line(&self, id: u16, port: u16) -> Option<&PortCounters> {
        self.lines.get(usize::from(id))?.get(usize::from(port))
    }

    /// What process `id` has counted at `port`, over all its lives.
    pub(crate) fn of(&self, id: u16, port: u16) -> Totals {
        self.line(id, port).map(Totals::of).unwrap_or_default()
    }

    /// What all processes have counted at `port`.
    pub(crate) fn all(&self, port: u16) -> Totals {
        (0..QUEUES_MAX).map(|id| self.of(id, port)).fold(Totals::default(), Totals::plus)
    }
}
