//! What becomes of a killed worker: it is reaped, and its buffers go back to the pool.

use core::time::Duration;
use std::time::Instant;

use phalanx_core::recovery::EventKind;
use phalanx_linux::eal::Eal;
use phalanx_linux::eal::watch::{Events, Heard};

use crate::Failure;

/// What this process was told of dead workers.
pub(super) struct Deaths {
    events: Events,
    /// How many were reaped.
    reaped: u32,
    /// Buffers that went back to the pool.
    pub recovered: u64,
}

impl Deaths {
    /// Listens from now on.
    pub(super) fn hear(eal: &Eal) -> Result<Self, Failure> {
        Ok(Self { events: eal.events()?, reaped: 0, recovered: 0 })
    }

    /// Waits until `killed` workers are reaped; not for ever.
    pub(super) fn settle(&mut self, killed: u32, limit: Duration) {
        let begun = Instant::now();
        while self.reaped < killed && begun.elapsed() < limit {
            let Some(Heard::Event(told)) = self.events.wait(limit) else { continue };
            if told.event.kind == EventKind::Reaped {
                self.reaped += 1;
                self.recovered += u64::from(told.event.recovered.objects);
            }
        }
    }
}
