//! What a look has found, not decoded yet, and its order.
//!
//! Each log is read for itself, one behind the other, so what a look brings is put in order by time; and
//! what was said while the look went on may stand in it of one slot and be missing of another that was read
//! before. So that is kept until the next look, which has it of all.

use core::mem;
use core::time::Duration;

use phalanx_core::log::Program;

use super::line::{Line, Said, hex};

/// How long a process may take from reading the clock to a record that counts. One that is kept off its
/// CPU in between for longer says its line late, and so it stands.
const SETTLES: Duration = Duration::from_millis(10);

/// A line, and the frame from which what it says is still to be decoded.
#[derive(Debug)]
pub(super) struct Found {
    pub line: Line,
    pub frame: Option<Frame>,
}

/// What a process wrote.
#[derive(Debug)]
pub(super) struct Frame {
    /// Whose it is, if the log knows.
    pub program: Option<Program>,
    pub bytes: Vec<u8>,
}

impl Frame {
    /// That it was not decoded, and why.
    pub(super) fn undecoded(&self, why: impl Into<String>) -> Said {
        Said::Undecoded { why: why.into(), frame: hex(&self.bytes) }
    }
}

impl From<Line> for Found {
    fn from(line: Line) -> Self {
        Self { line, frame: None }
    }
}

/// Puts in order what looks find.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Too young for the last look.
    young: Vec<Found>,
}

impl Order {
    /// What to show of what a look has found that began at `begun_ns`, by time. The rest waits for the
    /// next one, but no longer, whatever time it claims.
    pub(super) fn so_far(&mut self, found: Vec<Found>, begun_ns: u64) -> Vec<Found> {
        let settled = begun_ns.saturating_sub(SETTLES.as_nanos() as u64);
        let (old, young) = found.into_iter().partition(|found| found.line.ns <= settled);
        let before = mem::replace(&mut self.young, young);
        sorted(before, old)
    }

    /// What to show of the last look: everything.
    pub(super) fn at_last(&mut self, found: Vec<Found>) -> Vec<Found> {
        sorted(mem::take(&mut self.young), found)
    }
}

/// Both by time. Lines of one slot and one moment stay in their order.
fn sorted(mut found: Vec<Found>, more: Vec<Found>) -> Vec<Found> {
    found.extend(more);
    found.sort_by_key(|found| found.line.ns);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: u64 = 100_000_000;

    fn said(slot: u16, ns: u64) -> Found {
        Found::from(Line::of_slot(slot, ns, Said::Damaged))
    }

    fn times(found: &[Found]) -> Vec<(u16, u64)> {
        found.iter().map(|found| (found.line.slot, found.line.ns)).collect()
    }

    #[test]
    fn a_line_that_is_read_a_look_later_stands_before_younger_ones_of_slots_read_after_it() {
        let mut order = Order::default();
        // Slot 0 says something after it was read; slot 1, which is read then, has said more later.
        let first = order.so_far(vec![said(0, LOOK - 50_000_000), said(1, LOOK + 2)], LOOK);
        let second = order.so_far(vec![said(0, LOOK + 1), said(1, LOOK + 3)], 2 * LOOK);
        assert_eq!(times(&first), [(0, LOOK - 50_000_000)]);
        assert_eq!(times(&second), [(0, LOOK + 1), (1, LOOK + 2), (1, LOOK + 3)]);
    }

    #[test]
    fn the_last_look_keeps_nothing_back() {
        let mut order = Order::default();
        order.so_far(vec![said(1, LOOK + 2)], LOOK);
        let last = order.at_last(vec![said(0, LOOK + 1), said(0, 3 * LOOK)]);
        assert_eq!(times(&last), [(0, LOOK + 1), (1, LOOK + 2), (0, 3 * LOOK)]);
    }

    #[test]
    fn a_line_that_claims_to_be_of_the_future_is_shown_by_the_next_look() {
        let mut order = Order::default();
        assert!(order.so_far(vec![said(0, u64::MAX)], LOOK).is_empty());
        assert_eq!(times(&order.so_far(Vec::new(), 2 * LOOK)), [(0, u64::MAX)]);
    }
}
