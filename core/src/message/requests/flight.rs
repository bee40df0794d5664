//! One request in flight, and what comes of it.

use crate::group::{PROCESSES_MAX, ProcessId};
use crate::message::{ActionName, Payload, Reason};

/// Room for one request in flight: some 400 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    pub(super) request: u64,
    pub(super) deadline_ns: u64,
    pub(super) name: Option<ActionName>,
    /// Whose answer is still due, a bit a slot.
    pub(super) due: u64,
    /// The generation that was asked in each slot.
    pub(super) generations: [u32; PROCESSES_MAX],
    pub(super) is_sealed: bool,
    pub(super) nb_sent: u16,
    pub(super) nb_received: u16,
}

impl Flight {
    /// Room that no request is in.
    pub const FREE: Self = Self {
        request: 0,
        deadline_ns: 0,
        name: None,
        due: 0,
        generations: [0; PROCESSES_MAX],
        is_sealed: false,
        nb_sent: 0,
        nb_received: 0,
    };

    /// Who is asked in the lowest slot of `due` that `is_it` holds for; the answer is not due then.
    pub(super) fn settle(&mut self, mut is_it: impl FnMut(ProcessId) -> bool) -> Option<ProcessId> {
        let mut left = self.due;
        while left != 0 {
            let slot = left.trailing_zeros() as u16;
            left &= left - 1;
            let peer = ProcessId::new(slot, self.generations.get(usize::from(slot)).copied()?);
            if is_it(peer) {
                self.due &= !(1 << slot);
                return Some(peer);
            }
        }
        None
    }
}

impl Default for Flight {
    fn default() -> Self {
        Self::FREE
    }
}

/// What one peer had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nothing is allocated here")]
pub enum Outcome {
    /// It answered.
    Answered(Payload),
    /// It said that it will not; [`Reason::Ignored`] is not counted as sent (IPC-16).
    Refused(Reason),
    /// The deadline passed.
    TimedOut,
    /// It died, or left.
    Gone,
}

/// One peer's result; each peer that was asked gives one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which request.
    pub request: u64,
    /// Which peer.
    pub peer: ProcessId,
    /// What came of it.
    pub outcome: Outcome,
}

/// A request that is done; each one ends so, once.
#[doc(alias = "rte_mp_reply")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Which request.
    pub request: u64,
    /// How many peers were asked; those that are still starting are not counted.
    pub nb_sent: u16,
    /// How many of them answered.
    pub nb_received: u16,
}
