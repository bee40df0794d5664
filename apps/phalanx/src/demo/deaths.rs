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
    /// Processes that were reaped.
    reaped: Vec<u32>,
    /// Buffers that went back to the pool.
    pub recovered: u64,
}

impl Deaths {
    /// Listens from now on.
    pub(super) fn hear(eal: &Eal) -> Result<Self, Failure> {
        Ok(Self { events: eal.events()?, reaped: Vec::new(), recovered: 0 })
    }

    /// Waits until the workers that were killed are reaped, by their process ids; not for ever.
    pub(super) fn settle(&mut self, killed: &[u32], limit: Duration) {
        let begun = Instant::now();
        let is_reaped = |reaped: &[u32]| killed.iter().all(|pid| reaped.contains(pid));
        while !is_reaped(&self.reaped) && begun.elapsed() < limit {
            let Some(Heard::Event(told)) = self.events.wait(limit) else { continue };
            if told.event.kind == EventKind::Reaped {
                self.reaped.push(told.event.pid);
                self.recovered += u64::from(told.event.recovered.objects);
            }
        }
    }
}
